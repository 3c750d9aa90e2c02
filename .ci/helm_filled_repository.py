#!/usr/bin/env python3
"""A repository that Helm made, and our packages of the same charts: no push changes a byte of it.

    helm_filled_repository.py BINARY HELM

Takes the charts of the conformance data, or the bundled example where that is absent."""
import os
import subprocess
import sys
import tempfile

BINARY, HELM = (os.path.abspath(path) for path in sys.argv[1:3])
CORPUS = os.path.abspath(os.path.join("..", "shared", "conformance", "charts-corpus", "charts"))
CHARTS = 100


def package(command):
    return subprocess.run(command, capture_output=True, text=True).returncode == 0


def content(directory):
    files = {}
    for name in os.listdir(directory):
        with open(os.path.join(directory, name), "rb") as file:
            files[name] = file.read()
    return files


def main():
    source = CORPUS if os.path.isdir(CORPUS) else os.path.abspath(os.path.join("fixtures", "shop"))
    names = sorted(name for name in os.listdir(source) if os.path.isfile(os.path.join(source, name, "Chart.yaml")))
    step = max(1, len(names) // (CHARTS + CHARTS // 2))
    with tempfile.TemporaryDirectory() as work:
        repository = os.path.join(work, "repository")
        os.mkdir(repository)
        packaged = []
        for name in names[::step]:
            if len(packaged) == CHARTS:
                break
            chart, directory = os.path.join(source, name), os.path.join(work, "ours", name)
            if package([BINARY, "package", chart, "-d", directory]):
                archive = os.path.join(directory, os.listdir(directory)[0])
                taken = os.path.basename(archive) in os.listdir(repository)
                if not taken and package([HELM, "package", chart, "-d", repository]):
                    packaged.append(archive)
        subprocess.run([HELM, "repo", "index", repository], check=True)
        before, failed = content(repository), 0
        for archive in packaged:
            pushed = subprocess.run([BINARY, "push", archive, f"file://{repository}"], capture_output=True, text=True)
            if pushed.returncode or "already, with the same content" not in pushed.stdout:
                failed += 1
                print(f"{archive}: {pushed.stdout}{pushed.stderr}")
        changed = [name for name, data in content(repository).items() if before.get(name) != data]
        failed += len(changed)
        print(f"changed: {changed}" if changed else "no byte changed")
        print(f"{len(packaged) - failed} passed, {failed} failed")
        sys.exit(1 if failed or not packaged else 0)


main()
