#!/usr/bin/env python3
"""A push into an index of 30 MB with 100,000 entries: usage: large_index.py BINARY HELM

In three shapes: many charts, one chart, many versions of many. Each push must use less than 200 MB, and less than an eighth of
the CPU time that Helm takes to merge the entry into the index of the first shape (it would need hours for the second); and
only the lines of its entry and of `generated` may change."""
import os
import shutil
import subprocess
import sys
import tempfile

BINARY, HELM = (os.path.abspath(program) for program in sys.argv[1:])
MEGABYTES, SHARE = 200, 1 / 8
ENTRY = """  - apiVersion: v2
    appVersion: 1.{version}.0
    created: "2024-01-02T03:04:05.123456789Z"
    description: 'A chart: for service number {chart}'
    digest: {digest:064x}
    name: chart-{chart:05d}
    type: application
    urls:
    - chart-{chart:05d}-1.{version}.0.tgz
    version: 1.{version}.0
"""


def write_index(path, charts, versions):
    """Line by line: the memory of this process would count as that of the processes that it starts."""
    with open(path, "w") as file:
        file.write("apiVersion: v1\nentries:\n")
        for chart in range(charts):
            file.write(f"  chart-{chart:05d}:\n")
            for version in range(versions, 0, -1):
                file.write(ENTRY.format(chart=chart, version=version, digest=chart * 100000 + version))
        file.write('generated: "2024-01-02T03:04:05.123456789Z"\n')


def added_lines(old, new):
    """The lines of a file that another lacks; `None` if it lacks lines of the other, apart from `generated`."""
    added = []
    with open(old) as before, open(new) as after:
        for line in before:
            for candidate in after:
                if candidate == line or (line.startswith("generated:") and candidate.startswith("generated:")):
                    break
                added.append(candidate)
                if len(added) > 100:
                    return None
            else:
                return None
        return added + list(after)


def measured(command):
    """The process's peak memory in MB and its seconds of CPU; it is waited for alone."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed")
    return usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def main():
    failed, of_helm = 0, None
    with tempfile.TemporaryDirectory() as work:
        chart = os.path.join(work, "chart")
        os.mkdir(chart)
        with open(os.path.join(chart, "Chart.yaml"), "w") as file:
            file.write("apiVersion: v2\nname: chart-00000\nversion: 1.50.5\n")
        subprocess.run([BINARY, "package", chart, "-d", work], check=True, stdout=subprocess.DEVNULL)
        for charts, versions in ((1000, 100), (1, 100000), (100000, 1)):
            repository = os.path.join(work, f"{charts}")
            os.mkdir(repository)
            path = os.path.join(repository, "index.yaml")
            before = os.path.join(work, "before.yaml")
            write_index(before, charts, versions)
            shutil.copy(before, path)
            archive = os.path.join(work, "chart-00000-1.50.5.tgz")
            if of_helm is None:
                merged = os.path.join(work, "merged")
                os.mkdir(merged)
                shutil.copy(archive, merged)
                _, of_helm = measured([HELM, "repo", "index", merged, "--merge", before])
                print(f"Helm merges the entry in {of_helm:.2f} s of CPU")
            megabytes, seconds = measured([BINARY, "push", archive, f"file://{repository}"])
            added = added_lines(before, path)
            is_same = added is not None and sum("version: 1.50.5" in line for line in added) == 1
            is_well = is_same and megabytes < MEGABYTES and seconds < of_helm * SHARE
            failed += not is_well
            shown = "the other lines are the same" if is_same else "OTHER LINES CHANGED"
            print(
                f"{charts} charts of {versions} versions, {os.path.getsize(before) >> 20} MB: {megabytes:.0f} MB, "
                f"{seconds:.2f} s of CPU (1/{of_helm / seconds:.0f}), {shown}"
            )
    print(f"{3 - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
