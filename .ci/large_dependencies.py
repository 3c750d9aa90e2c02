#!/usr/bin/env python3
"""A chart with 40 dependencies of one repository whose index has 30 MB.

    large_dependencies.py BINARY [--helm HELM] [--megabytes N] [--dependencies N]

Makes the index and the archives, serves them over HTTP, and runs `dependency build` of a chart whose lock is complete, ours and, with --helm,
Helm's (which takes minutes). Prints the time, the peak of memory and their ratios, and compares charts/ and the lock. With --helm, ours must
need at most a fifth of the time and half of the memory."""
import argparse
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

import test_servers

ENTRY = """  - apiVersion: v2
    appVersion: 1.{version}.0
    created: "2024-01-02T03:04:05.123456789Z"
    description: 'A chart: for service number {chart}'
    digest: {digest}
    home: https://charts.example.com/chart-{chart:05d}
    keywords:
    - service
    - number-{chart}
    maintainers:
    - email: team-{chart}@example.com
      name: Team {chart}
    name: chart-{chart:05d}
    type: application
    urls:
    - chart-{chart:05d}-1.{version}.0.tgz
    version: 1.{version}.0
"""
VERSIONS = 50


def archive(name, version):
    """A chart's archive, the same bytes every time."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as tar:
        for path, text in (("Chart.yaml", f"apiVersion: v2\nname: {name}\nversion: {version}\n"), ("values.yaml", "size: 1\n")):
            member = tarfile.TarInfo(f"{name}/{path}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


def make_repository(directory, megabytes, dependencies):
    """Line by line: the memory of this process would count as that of the processes that it starts. Gives the number of charts."""
    path, chart = os.path.join(directory, "index.yaml"), 0
    with open(path, "w") as file:
        file.write("apiVersion: v1\nentries:\n")
        while file.tell() < megabytes << 20 or chart < dependencies:
            file.write(f"  chart-{chart:05d}:\n")
            for version in range(VERSIONS, 0, -1):
                digest = f"{chart * 1000 + version:064x}"
                if chart < dependencies and version == VERSIONS:
                    bytes_ = archive(f"chart-{chart:05d}", f"1.{version}.0")
                    digest = hashlib.sha256(bytes_).hexdigest()
                    with open(os.path.join(directory, f"chart-{chart:05d}-1.{version}.0.tgz"), "wb") as out:
                        out.write(bytes_)
                file.write(ENTRY.format(chart=chart, version=version, digest=digest))
            chart += 1
        file.write('generated: "2024-01-02T03:04:05.123456789Z"\n')
    return chart


def measured(command, environment):
    """Seconds, seconds of CPU and the peak of memory in MB."""
    started = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed")
    return time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def content(chart):
    charts = os.path.join(chart, "charts")
    files = {}
    for name in os.listdir(charts):
        with open(os.path.join(charts, name), "rb") as file:
            files[name] = hashlib.sha256(file.read()).hexdigest()
    with open(os.path.join(chart, "Chart.lock")) as lock:
        return files, re.sub(r"generated: .*", "", lock.read())


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("binary")
    parser.add_argument("--helm")
    parser.add_argument("--megabytes", type=int, default=30)
    parser.add_argument("--dependencies", type=int, default=40)
    options = parser.parse_args()
    programs = [("chartwright", os.path.abspath(options.binary))] + ([("helm", os.path.abspath(options.helm))] if options.helm else [])
    failed = 0
    with tempfile.TemporaryDirectory() as work:
        repository = os.path.join(work, "repository")
        os.mkdir(repository)
        charts = make_repository(repository, options.megabytes, options.dependencies)
        size = os.path.getsize(os.path.join(repository, "index.yaml")) / (1 << 20)
        print(f"an index of {size:.1f} MB, {charts} charts of {VERSIONS} versions; {options.dependencies} dependencies")
        with test_servers.files(repository) as url:
            source = os.path.join(work, "source")
            os.mkdir(source)
            with open(os.path.join(source, "Chart.yaml"), "w") as file:
                file.write("apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n")
                for chart in range(options.dependencies):
                    file.write(f"- {{name: chart-{chart:05d}, version: ^1.2.0, repository: '{url}'}}\n")
            home = dict(os.environ, HOME=f"{work}/first", XDG_CACHE_HOME=f"{work}/first", XDG_CONFIG_HOME=f"{work}/first", XDG_DATA_HOME=f"{work}/first")
            measured([programs[0][1], "dependency", "update", source], home)
            results, contents = {}, {}
            for name, program in programs:
                # A home of its own, so that the archives are fetched.
                place = os.path.join(work, name)
                environment = dict(os.environ, HOME=place, XDG_CACHE_HOME=place, XDG_CONFIG_HOME=place, XDG_DATA_HOME=place)
                chart = os.path.join(work, f"chart-of-{name}", "app")
                shutil.copytree(source, chart)
                shutil.rmtree(os.path.join(chart, "charts"))
                if name == "helm":
                    # Helm refuses a repository that it does not know.
                    subprocess.run([program, "repo", "add", "large", url], env=environment, check=True, stdout=subprocess.DEVNULL)
                results[name] = measured([program, "dependency", "build", chart], environment)
                contents[name] = content(chart)
                seconds, cpu, megabytes = results[name]
                print(f"{name:12} {seconds:8.2f} s {cpu:8.2f} s of CPU {megabytes:8.0f} MB, {len(contents[name][0])} archives")
        if len(contents["chartwright"][0]) != options.dependencies:
            failed += 1
            print("not all dependencies are in charts/")
        if options.helm:
            time_ratio, memory_ratio = (results["chartwright"][at] / results["helm"][at] for at in (0, 2))
            print(f"ours / helm's: {time_ratio:.3f} of the time, {memory_ratio:.3f} of the memory")
            if contents["helm"] != contents["chartwright"]:
                failed += 1
                print(f"charts/ or the lock differ: {contents}")
            failed += time_ratio > 1 / 5 or memory_ratio > 1 / 2
    print("0 failed" if not failed else f"{failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
