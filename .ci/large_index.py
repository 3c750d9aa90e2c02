#!/usr/bin/env python3
"""A push into an index of 30 MB with 100,000 entries: usage: large_index.py BINARY

In three shapes: many charts, one chart, many versions of many. Each push must use less than 200 MB and 2 s of CPU, and only the
lines of its entry and of `generated` may change."""
import os
import subprocess
import sys
import tempfile

BINARY = os.path.abspath(sys.argv[1])
MEGABYTES, SECONDS = 200, 2.0
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


def index(charts, versions):
    parts = ["apiVersion: v1\nentries:\n"]
    for chart in range(charts):
        parts.append(f"  chart-{chart:05d}:\n")
        parts += [ENTRY.format(chart=chart, version=version, digest=chart * 100000 + version) for version in range(versions, 0, -1)]
    parts.append('generated: "2024-01-02T03:04:05.123456789Z"\n')
    return "".join(parts)


def measured(command):
    """The process's peak memory in MB and its seconds of CPU; it is waited for alone."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed")
    return usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def main():
    failed = 0
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
            before = index(charts, versions)
            with open(path, "w") as file:
                file.write(before)
            push = [BINARY, "push", os.path.join(work, "chart-00000-1.50.5.tgz"), f"file://{repository}"]
            megabytes, seconds = measured(push)
            with open(path) as file:
                after = file.read().splitlines()
            at = next(number for number, line in enumerate(after) if line.endswith("version: 1.50.5"))
            start = max(number for number in range(at) if after[number].startswith("  - "))
            rest = after[:start] + after[at + 1 :]
            old = before.splitlines()
            is_same = rest[:-1] == old[:-1] and len(rest) == len(old)
            is_well = is_same and megabytes < MEGABYTES and seconds < SECONDS
            failed += not is_well
            shown = "the other lines are the same" if is_same else "OTHER LINES CHANGED"
            print(f"{charts} charts of {versions} versions, {len(before) >> 20} MB: {megabytes:.0f} MB, {seconds:.2f} s of CPU, {shown}")
    print(f"{3 - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
