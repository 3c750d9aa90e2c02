#!/usr/bin/env python3
"""Pushes at the same time, and pushes that are killed: usage: repository_race.py BINARY TOOLS HELM [KILLS]

Race: 16 processes push ten charts each into one repository at once, on the file backend, on moto (from PyPI, installed below
TOOLS), and on MinIO and fake-gcs-server where TOOLS has `minio` and `fake-gcs-server`. All 160 must be in the index, each with the digest of its archive, and every archive
must have its entry.
Kills: a push of two charts is killed (SIGKILL) at a random moment. The index must be readable at once, by Helm too, and the next
push of the same charts must complete: both are listed, and index and archives agree.
"""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

import test_servers

BINARY, TOOLS, HELM = (os.path.abspath(path) for path in sys.argv[1:4])
KILLS = int(sys.argv[4]) if len(sys.argv) > 4 else 200
PROCESSES, CHARTS = 16, 10


def run(arguments, **options):
    return subprocess.run(arguments, capture_output=True, text=True, **options)


def must(arguments, **options):
    done = run(arguments, **options)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def package(work, names, version="0.1.0"):
    """Archives of small charts, in the order of the names."""
    directories = []
    for name in names:
        directory = os.path.join(work, "charts", name)
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, "Chart.yaml"), "w") as file:
            file.write(f"apiVersion: v2\nname: {name}\nversion: {version}\ndescription: '{name}: a chart'\n")
        directories.append(directory)
    packages = os.path.join(work, "packages")
    must([BINARY, "package", *directories, "-d", packages])
    return [os.path.join(packages, f"{name}-{version}.tgz") for name in names]


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def listed(repository):
    report = json.loads(must([BINARY, "repo", "list", repository, "--output", "json"]))
    return {f"{chart['name']}-{chart['version']}.tgz": chart["digest"] for chart in report["charts"]}


def race(work, repository, what):
    """How many of the charts are not as they must be."""
    names = [f"race-{process}-{chart}" for process in range(PROCESSES) for chart in range(CHARTS)]
    archives = package(work, names)
    failures = []

    def push(process):
        for archive in archives[process * CHARTS : (process + 1) * CHARTS]:
            done = run([BINARY, "push", archive, repository])
            if done.returncode:
                failures.append(f"{archive}: {done.stderr}")

    started = time.monotonic()
    threads = [threading.Thread(target=push, args=(process,)) for process in range(PROCESSES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - started
    entries = listed(repository)
    wrong = [archive for archive in archives if entries.get(os.path.basename(archive)) != digest(archive)]
    checked = run([BINARY, "repo", "check", repository])
    if checked.returncode:
        failures.append(checked.stdout + checked.stderr)
    print("\n".join(failures + [f"not listed as it is: {archive}" for archive in wrong]), end="" if not failures + wrong else "\n")
    print(f"{what}: {len(archives) - len(wrong)} of {len(archives)} pushed at once are listed with their digests, in {took:.1f} s")
    return len(wrong) + len(failures)


def helm_reads(work, url):
    home = {**os.environ, "HELM_CONFIG_HOME": work, "HELM_CACHE_HOME": work, "HELM_DATA_HOME": work}
    done = run([HELM, "repo", "add", "--force-update", "ours", url], env=home)
    return done.stderr if done.returncode else ""


def kill(work, repository, kills, url=None):
    """How many kills left a repository that cannot be read, or that the next push does not complete."""
    failed, stages = 0, {"before the index": 0, "after the index": 0}
    first = package(work, ["first-a", "first-b"])
    started = time.monotonic()
    must([BINARY, "push", *first, repository])
    longest = 1.3 * (time.monotonic() - started)
    for number in range(kills):
        archives = package(work, ["kill-a", "kill-b"], f"1.0.{number}")
        process = subprocess.Popen([BINARY, "push", *archives, repository], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0, longest))
        process.send_signal(signal.SIGKILL)
        process.wait()
        problems = []
        names = [os.path.basename(archive) for archive in archives]
        found = run([BINARY, "repo", "list", repository, "--output", "json"])
        if found.returncode:
            problems.append(f"the index cannot be read: {found.stderr}")
        else:
            is_listed = [name in listed(repository) for name in names]
            if len(set(is_listed)) != 1:
                problems.append("one chart is listed without the other")
            stages["after the index" if all(is_listed) else "before the index"] += 1
        if url and (message := helm_reads(work, url)):
            problems.append(f"helm does not read the index: {message}")
        pushed = run([BINARY, "push", *archives, repository])
        if pushed.returncode:
            problems.append(f"the next push fails: {pushed.stderr}")
        entries = listed(repository)
        problems += [f"{name} is not listed as it is" for name, path in zip(names, archives) if entries.get(name) != digest(path)]
        if problems:
            failed += 1
            print(f"kill {number}: {problems}")
    checked = run([BINARY, "repo", "check", repository])
    if checked.returncode:
        failed += 1
        print(checked.stdout + checked.stderr)
    shown = ", ".join(f"{count} {stage}" for stage, count in stages.items())
    print(f"{repository.split(':')[0]}: {kills - failed} of {kills} killed pushes left a readable index, and the next completed them ({shown})")
    return failed


def on_server(work, name, scheme, server):
    """Race and kills on a server that is started for them, if it is installed."""
    with server as variables:
        if variables is None:
            print(f"{name} is not installed")
            return 0
        before = dict(os.environ)
        os.environ.update(variables)
        try:
            address = f"{scheme}://{test_servers.BUCKET}"
            return race(work, f"{address}/race", name) + kill(work, f"{address}/kills", KILLS // 4)
        finally:
            os.environ.clear()
            os.environ.update(before)


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as work:
        failed += race(work, f"file://{work}/race", "file")
        repository = os.path.join(work, "kills")
        os.mkdir(repository)
        with test_servers.files(repository) as url:
            failed += kill(work, f"file://{repository}", KILLS, url)
        for name in ("moto", "minio"):
            failed += on_server(work, name, "s3", test_servers.s3(name, TOOLS, work))
        failed += on_server(work, "fake-gcs-server", "gs", test_servers.google(TOOLS, work))
    print("0 failed" if not failed else f"{failed} failed")
    sys.exit(1 if failed else 0)


main()
