#!/usr/bin/env python3
"""`ci` over a hundred charts into a file repository, which Helm then reads over HTTP.

    helm_reads_repository.py BINARY HELM

Takes the charts of the conformance data, or the bundled example where that is absent."""
import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

BINARY, HELM = (os.path.abspath(path) for path in sys.argv[1:3])
CORPUS = os.path.join("..", "shared", "conformance", "charts-corpus", "charts")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def charts(work):
    source = CORPUS if os.path.isdir(CORPUS) else os.path.join("fixtures", "shop")
    target = os.path.join(work, "charts")
    os.mkdir(target)
    names = sorted(name for name in os.listdir(source) if os.path.isfile(os.path.join(source, name, "Chart.yaml")))
    step = max(1, len(names) // 100)
    for name in names[::step][:100]:
        shutil.copytree(os.path.join(source, name), os.path.join(target, name), symlinks=True)
    subprocess.run(["chmod", "-R", "u+w", target], check=True)
    return target


def main():
    work = tempfile.mkdtemp()
    target, repository = charts(work), os.path.join(work, "repository")
    checked = subprocess.run([BINARY, "ci", target, "--repository", f"file://{repository}"], capture_output=True, text=True)
    if checked.returncode not in (0, 1):
        sys.exit(f"ci ended with {checked.returncode}: {checked.stderr}")
    place = re.compile(r"^(\S+):(\d+):(\d+): (error|warning|info): ")
    findings = [line for line in checked.stdout.splitlines() if place.match(line)]
    in_templates = [line for line in findings if "/templates/" in line.split(":")[0]]
    print(f"{len(findings)} findings with a place, {len(in_templates)} of them in templates")
    # Charts with findings are not published by `ci`; publish one by one what can be.
    published = 0
    for name in sorted(os.listdir(target)):
        packed = subprocess.run([BINARY, "package", os.path.join(target, name), "-d", os.path.join(work, "packages")], capture_output=True, text=True)
        if packed.returncode:
            continue
        archive = packed.stdout.strip().rsplit(": ", 1)[1]
        pushed = subprocess.run([BINARY, "push", archive, f"file://{repository}"], capture_output=True, text=True)
        published += pushed.returncode == 0
    handler = functools.partial(Quiet, directory=repository)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    home = {**os.environ, "HELM_CONFIG_HOME": work, "HELM_CACHE_HOME": work, "HELM_DATA_HOME": work}
    helm = functools.partial(subprocess.run, env=home, check=True, capture_output=True, text=True, cwd=work)
    helm([HELM, "repo", "add", "ours", url])
    listed = helm([HELM, "search", "repo", "ours", "-o", "json"]).stdout.count('"name"')
    pulled = 0
    for archive in sorted(name for name in os.listdir(repository) if name.endswith(".tgz")):
        name, version = re.match(r"(.+?)-(v?\d+\.\d+.*)\.tgz$", archive).groups()
        helm([HELM, "pull", f"ours/{name}", "--version", version])
        theirs = subprocess.run([HELM, "template", "x", archive], env=home, cwd=work, capture_output=True)
        ours = subprocess.run([BINARY, "template", "x", archive], cwd=work, capture_output=True)
        if (theirs.returncode == 0) != (ours.returncode == 0):
            sys.exit(f"{archive}: helm template ends with {theirs.returncode}, ours with {ours.returncode}\n{ours.stderr.decode()}")
        pulled += 1
    print(f"{published} published, {listed} listed by helm, {pulled} pulled and rendered by helm")
    shutil.rmtree(work)
    if not (published and listed and pulled):
        sys.exit("nothing was published")
    print(f"{pulled} passed, 0 failed")


main()
