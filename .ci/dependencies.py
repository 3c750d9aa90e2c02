#!/usr/bin/env python3
"""Compares `chartwright dependency` with `helm dependency` on charts made from public ones.

    dependencies.py BINARY [HELM] [--registry HOST:PORT]

A repository is packed and indexed by Helm and served over HTTP by this program; with --registry, the same charts are pushed there
as well. Charts that depend on it, on charts beside them and on charts in charts/ are given to both programs: the files of charts/
and the lock must be the same. Without the public charts beside the project, charts of fixtures/ are packed.
"""
import filecmp
import functools
import hashlib
import http.server
import os
import random
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading

CORPUS = os.path.join("..", "shared", "conformance", "charts-corpus", "charts")
FIXTURES = "fixtures"
CHARTS = 60
# Of them, those that Helm accepts.
ACCEPTED = 40
PACKED = 14
LARGEST = 200_000
VERSIONS = ["0.1.0", "1.0.0", "1.2.0", "1.2.3", "1.3.0-rc.1", "1.10.0", "2.0.0+build.5", "2.1.0-alpha"]
RANGES = ["1.2.3", "^1.0.0", "~1.2", "1.x", "*", ">=1.0.0 <2.0.0", "1.0 - 1.2", ">=1.2.3-0", "^1 || ^2", ">1, !=1.10.0", "2.x.x", "v1.2.0",
          "1", "=1.2.0", "<1.0.0", ">=0.1.0"]
IN_REGISTRY = ["1.2.3", "^1.0.0", "~1.2", "1.x", ">=1.0.0-0", "2.0.0+build.5", ">=2"]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def run(program, *arguments, environment=None):
    return subprocess.run([*program, *arguments], capture_output=True, text=True, env=environment, check=False)


def chart_directories():
    """Small charts without dependencies of their own, by path."""
    root = CORPUS if os.path.isdir(CORPUS) else FIXTURES
    found = []
    for directory, names, files in os.walk(root):
        names.sort()
        if "Chart.yaml" not in files:
            continue
        names.clear()
        text = read(os.path.join(directory, "Chart.yaml"))
        size = sum(os.path.getsize(os.path.join(at, name)) for at, _, inner in os.walk(directory) for name in inner)
        names_dependencies = "dependencies:" in text or os.path.exists(os.path.join(directory, "requirements.yaml"))
        if size < LARGEST and not names_dependencies and not os.path.isdir(os.path.join(directory, "charts")):
            found.append(directory)
    return found


def make_repository(helm, directory, url, environment):
    """Packs charts in several versions and indexes them. Gives their names, each with the versions that were packed."""
    packed = {}
    for chart in chart_directories():
        name = re.search(r"^name:\s*[\"']?([^\s\"'#]+)", read(os.path.join(chart, "Chart.yaml")), re.M)
        if not name or name[1] in packed or len(packed) == PACKED:
            continue
        versions = VERSIONS[: 4 + len(packed) % 5]
        results = [run(helm, "package", chart, "--version", version, "-d", directory, environment=environment) for version in versions]
        if all(result.returncode == 0 for result in results):
            packed[name[1]] = versions
    result = run(helm, "repo", "index", directory, "--url", url, environment=environment)
    if result.returncode != 0 or not packed:
        sys.exit(f"no repository could be made: {result.stderr}")
    return packed


def declared(entry):
    lines = [f"- name: {entry['name']}"]
    for key in ("version", "repository", "alias", "condition"):
        if entry.get(key) is not None:
            lines.append(f"  {key}: {entry[key]!r}".replace("'", '"'))
    if entry.get("tags"):
        lines.append("  tags: [front, back]")
    if entry.get("import"):
        lines.append("  import-values: [data, {child: a.b, parent: c}]")
    return "\n".join(lines) + "\n"


def make_chart(rng, root, number, packed, url, registry):
    """A chart with one to six dependencies, and what may be in its directory already."""
    path = os.path.join(root, f"app{number}")
    is_v1 = number % 7 == 3
    entries, used, kinds = [], set(), {}
    for index in range(rng.randint(1, 6)):
        kind = rng.choice(["http", "http", "http", "alias", "file", "unpacked"] + (["oci", "oci"] if registry else []))
        entry = {"condition": "x.enabled" if rng.random() < 0.3 else None, "tags": rng.random() < 0.2, "import": rng.random() < 0.2}
        if kind == "file":
            entry.update(name=f"near{rng.randint(0, 2)}", version=rng.choice(["1.x", "~1.4", "1.4.2", ">0", ">=1.4.0"]))
            entry["repository"] = f"file://../{entry['name']}"
        elif kind == "unpacked":
            entry.update(name=f"own{index}", version=rng.choice(["1.x", "1.0.7", ">=1.0.0"]), repository=None)
            write(os.path.join(path, "charts", entry["name"], "Chart.yaml"), f"apiVersion: v2\nname: {entry['name']}\nversion: 1.0.7\n")
        else:
            repository = {"http": url + rng.choice(["", "/"]), "alias": rng.choice(["@local", "alias:local"]), "oci": f"oci://{registry}/charts"}
            name = rng.choice(sorted(packed))
            # Helm mixes up the repositories of one chart that is declared from several.
            kind = kinds.setdefault(name, kind)
            ranges = IN_REGISTRY if kind == "oci" else RANGES
            entry.update(name=name, version=rng.choice(ranges), repository=repository[kind])
        if entry["name"] in used:
            entry["alias"] = f"second{index}"
        used.add(entry["name"])
        entries.append(entry)
    text = "dependencies:\n" + "".join(map(declared, entries))
    head = f"apiVersion: {'v1' if is_v1 else 'v2'}\nname: app{number}\nversion: 0.{number}.0\n"
    write(os.path.join(path, "Chart.yaml"), head + ("" if is_v1 else text))
    if is_v1:
        write(os.path.join(path, "requirements.yaml"), text)
    return path


def put_old_archives(rng, path, repository):
    """Archives that an earlier run may have left."""
    os.makedirs(os.path.join(path, "charts"), exist_ok=True)
    archives = sorted(name for name in os.listdir(repository) if name.endswith(".tgz"))
    for name in rng.sample(archives, 2):
        shutil.copy(os.path.join(repository, name), os.path.join(path, "charts", name))


def members(path):
    with tarfile.open(path) as archive:
        files = [member for member in archive.getmembers() if member.isfile()]
        return {member.name: archive.extractfile(member).read() for member in files}


def tree(path):
    return sorted(os.path.relpath(os.path.join(at, name), path) for at, _, names in os.walk(path) for name in names)


def compare_archives(one, other):
    if filecmp.cmp(one, other, shallow=False):
        return []
    if not os.path.basename(one).startswith("near"):
        return [f"{os.path.basename(one)}: other bytes"]
    # Packed by each program: Helm writes Chart.yaml anew.
    one, other = members(one), members(other)
    content = lambda files: {name: data for name, data in files.items() if not name.endswith("Chart.yaml")}
    return [] if one.keys() == other.keys() and content(one) == content(other) else ["a packed neighbour has other files"]


def compare(helms, ours):
    charts = [os.path.join(path, "charts") for path in (helms, ours)]
    if tree(charts[0]) != tree(charts[1]):
        return [f"charts/: helm {tree(charts[0])}, we {tree(charts[1])}"]
    faults = []
    for name in tree(charts[0]):
        faults += compare_archives(*(os.path.join(path, name) for path in charts))
    for lock in ("Chart.lock", "requirements.lock"):
        texts = [re.sub(r"generated: .*", "", read(os.path.join(path, lock))) if os.path.exists(os.path.join(path, lock)) else None
                 for path in (helms, ours)]
        if texts[0] != texts[1]:
            faults.append(f"{lock}: helm {texts[0]!r}, we {texts[1]!r}")
    return faults


def check(name, helm, binary, root, environment, outcomes):
    """Update, then build without charts/, then each program's build from the other's lock."""
    helms, ours = (os.path.join(root, side, name) for side in ("helm", "ours"))
    plain = ["--plain-http"] if outcomes["registry"] else []
    for command in ("update", "build"):
        results = [run(helm, "dependency", command, helms, *plain, environment=environment),
                   run(binary, "dependency", command, ours, *plain, environment=environment)]
        codes = [result.returncode == 0 for result in results]
        if codes[0] != codes[1]:
            return [f"{command}: helm {results[0].returncode}, we {results[1].returncode}: {results[0].stderr} {results[1].stderr}"]
        outcomes["accepted" if codes[0] else "refused"] += 1
        faults = compare(helms, ours)
        if faults or not codes[0]:
            return [f"{command}: {fault}" for fault in faults]
        for path in (helms, ours):
            for file in os.listdir(os.path.join(path, "charts")):
                if file.endswith(".tgz"):
                    os.remove(os.path.join(path, "charts", file))
    for lock in ("Chart.lock", "requirements.lock"):
        paths = [os.path.join(path, lock) for path in (helms, ours)]
        if os.path.exists(paths[0]):
            texts = [read(path) for path in paths]
            write(paths[0], texts[1])
            write(paths[1], texts[0])
    results = [run(helm, "dependency", "build", helms, *plain, environment=environment),
               run(binary, "dependency", "build", ours, *plain, environment=environment)]
    if any(result.returncode for result in results):
        return [f"from the other's lock: {results[0].stderr} {results[1].stderr}"]
    listed = [run(program, "dependency", "list", path, environment=environment).stdout.replace(path, "")
              for program, path in ((helm, helms), (binary, ours))]
    return compare(helms, ours) + ([] if listed[0] == listed[1] else [f"list: helm {listed[0]!r}, we {listed[1]!r}"])


def main():
    arguments = sys.argv[1:]
    registry = None
    if "--registry" in arguments:
        at = arguments.index("--registry")
        registry = arguments[at + 1]
        del arguments[at : at + 2]
    if not 1 <= len(arguments) <= 2:
        sys.exit(__doc__)
    binary = [os.path.abspath(arguments[0])]
    helm = [arguments[1] if len(arguments) == 2 else "helm"]
    rng = random.Random(16)
    with tempfile.TemporaryDirectory() as root:
        environment = dict(os.environ, HOME=root, XDG_CACHE_HOME=f"{root}/cache", XDG_CONFIG_HOME=f"{root}/config", XDG_DATA_HOME=f"{root}/data")
        repository = os.path.join(root, "repository")
        os.makedirs(repository)
        handler = functools.partial(Quiet, directory=repository)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        packed = make_repository(helm, repository, url, environment)
        for name in sorted(os.listdir(repository)) if registry else []:
            if name.endswith(".tgz"):
                pushed = run(helm, "push", os.path.join(repository, name), f"oci://{registry}/charts", "--plain-http", environment=environment)
                if pushed.returncode != 0:
                    sys.exit(pushed.stderr)
        added = run(helm, "repo", "add", "local", url, environment=environment)
        if added.returncode != 0:
            sys.exit(added.stderr)
        helms = os.path.join(root, "helm")
        for number in range(3):
            near = os.path.join(helms, f"near{number}")
            write(os.path.join(near, "Chart.yaml"), f"apiVersion: v2\nname: near{number}\nversion: 1.4.{number}\n")
            write(os.path.join(near, "values.yaml"), "a: 1\n")
            write(os.path.join(near, "templates", "c.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
            write(os.path.join(near, "notes", "é.txt"), "text\n")
        for number in range(CHARTS):
            path = make_chart(rng, helms, number, packed, url, registry)
            if number % 3 == 0:
                put_old_archives(rng, path, repository)
        shutil.copytree(helms, os.path.join(root, "ours"))
        outcomes = {"accepted": 0, "refused": 0, "registry": registry}
        passed = failed = 0
        for number in range(CHARTS):
            faults = check(f"app{number}", helm, binary, root, environment, outcomes)
            passed, failed = (passed, failed + 1) if faults else (passed + 1, failed)
            for fault in faults:
                print(f"app{number}: {fault}".replace(root, ""))
        server.shutdown()
        digest = hashlib.sha256("".join(sorted(packed)).encode()).hexdigest()[:8]
        print(f"{len(packed)} charts packed ({digest}); commands that both accepted: {outcomes['accepted']}, refused: {outcomes['refused']}")
        print(f"{passed} passed, {failed} failed")
        return 1 if failed or outcomes["accepted"] < 2 * ACCEPTED else 0


if __name__ == "__main__":
    sys.exit(main())
