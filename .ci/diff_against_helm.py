#!/usr/bin/env python3
"""What `chartwright diff` finds between two versions of charts, and a comparison of Helm's own renderings by object.

    diff_against_helm.py BINARY HELM [PAIRS]

Each chart of the conformance data that Helm renders gets a second version, made by rules: numbers, switches and tags of its values change, a
template is left out, another is added, one is renamed, and a chart file has comments and white space only. Of both versions, the objects of
`helm template` are compared by group, kind, namespace and name, and by their values. The two results must be equal for each pair, read as
packages, as directories, and as commits. Needs PyYAML."""
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

BINARY, HELM = (os.path.abspath(path) for path in sys.argv[1:3])
PAIRS = int(sys.argv[3]) if len(sys.argv) > 3 else 30
CORPUS = os.path.abspath(os.path.join("..", "shared", "conformance", "charts-corpus", "charts"))
NAMESPACE = "default"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Loader(LOADER):
    """YAML as Kubernetes reads it: times are texts, and `=` is one."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value")]
    for first, resolvers in LOADER.yaml_implicit_resolvers.items()
}


def run(*command, **settings):
    return subprocess.run(command, capture_output=True, text=True, **settings)


def objects(chart):
    """The objects that Helm renders, by identity; nothing where it does not."""
    rendered = run(HELM, "template", chart, "--include-crds")
    if rendered.returncode:
        return None
    found = {}

    def add(value):
        if not isinstance(value, dict) or not value:
            return
        kind = value.get("kind") or ""
        if kind.endswith("List") and isinstance(value.get("items"), list):
            for item in value["items"]:
                add(item)
            return
        metadata = value.get("metadata") or {}
        group = (value.get("apiVersion") or "").rpartition("/")[0]
        namespace = metadata.get("namespace") or ""
        key = (group, kind, "" if namespace == NAMESPACE else namespace, metadata.get("name") or metadata.get("generateName") or "")
        found.setdefault(key, []).append(value)

    try:
        for document in yaml.load_all(rendered.stdout, Loader):
            add(document)
    except (yaml.YAMLError, ValueError):
        return None
    return found


def comparison(old, new):
    """Of each identity, how many objects are added, removed and changed."""
    found = {}
    for key in old.keys() | new.keys():
        before, after = old.get(key, []), new.get(key, [])
        changes = [
            "added" if was is None else "removed" if now is None else "changed"
            for was, now in zip(before + [None] * len(after), after + [None] * len(before))
            if not (was is None and now is None) and was != now
        ]
        if changes:
            found[key] = sorted(changes)
    return found


def ours(*arguments, **settings):
    shown = run(BINARY, "diff", *arguments, "--output", "json", **settings)
    try:
        document = json.loads(shown.stdout)
    except ValueError:
        return f"exit {shown.returncode}: {shown.stderr}{shown.stdout}"
    failures = [failure for chart in document["charts"] for failure in chart["failures"] if failure["rendering"] in ("", "default values")]
    if failures:
        return failures
    found = {}
    for chart in document["charts"]:
        for entry in chart["objects"]:
            if "default values" in entry["renderings"]:
                key = tuple(entry[name] for name in ("group", "kind", "namespace", "name"))
                found.setdefault(key, []).append(entry["change"])
    return {key: sorted(changes) for key, changes in found.items()}


def is_random(chart):
    """Whether templates have random numbers or the time in them: those of Helm differ each time."""
    for directory, _, files in os.walk(chart):
        for name in files:
            if name.endswith((".yaml", ".tpl", ".yml", ".txt")):
                with open(os.path.join(directory, name), errors="replace") as file:
                    if re.search(r"\b(rand[A-Z]|gen[A-Z]|uuidv4|now\b|htpasswd|bcrypt|encryptAES|derivePassword)", file.read()):
                        return True
            elif name.endswith(".tgz"):
                return True
    return False


def second_version(chart, seed):
    """Changes a chart in place."""
    choice = random.Random(seed)
    values = os.path.join(chart, "values.yaml")
    with open(values) as file:
        lines = file.read().split("\n")
    for index, line in enumerate(lines):
        if choice.random() < 0.6:
            continue
        number = re.fullmatch(r"(\s*[A-Za-z][\w.-]*: )(\d{1,3})(\s*(#.*)?)", line)
        switch = re.fullmatch(r"(\s*(?:enabled|create|automount): )(true|false)(\s*)", line)
        tag = re.fullmatch(r"(\s*tag: )(\S+)(\s*)", line)
        if number:
            lines[index] = f"{number[1]}{int(number[2]) + 1}{number[3]}"
        elif switch:
            lines[index] = f"{switch[1]}{'false' if switch[2] == 'true' else 'true'}{switch[3]}"
        elif tag:
            lines[index] = f'{tag[1]}"9.9.9"{tag[3]}'
    with open(values, "w") as file:
        file.write("\n".join(lines))
    templates = os.path.join(chart, "templates")
    names = sorted(name for name in os.listdir(templates) if name.endswith(".yaml") and not name.startswith("_"))
    for name in names:
        path = os.path.join(templates, name)
        way = choice.random()
        if way < 0.1:
            os.remove(path)
        elif way < 0.2:
            os.rename(path, os.path.join(templates, f"renamed-{name}"))
        elif way < 0.3:
            with open(path) as file:
                text = file.read()
            with open(path, "w") as file:
                # Comments and line feeds change nothing; the name does.
                file.write("# Another comment.\n" + text.replace("\nmetadata:\n", "\n\nmetadata:\n  # A name.\n"))
        elif way < 0.4:
            with open(path) as file:
                text = file.read()
            with open(path, "w") as file:
                file.write(re.sub(r"^(  name: .*[^|>\s-])$", r"\1-two", text, count=1, flags=re.M))
    with open(os.path.join(templates, "added-by-test.yaml"), "w") as file:
        file.write("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-added\ndata:\n  version: {{ .Chart.Version | quote }}\n")


def git(directory, *arguments):
    settings = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false", "-c", "core.autocrlf=false"]
    done = run("git", *settings, *arguments, cwd=directory)
    if done.returncode:
        sys.exit(f"git {arguments}: {done.stderr}")


def main():
    wrong, pairs, changes = [], 0, {"added": 0, "removed": 0, "changed": 0}
    names = sorted(os.listdir(CORPUS))
    random.Random(17).shuffle(names)
    with tempfile.TemporaryDirectory() as work:
        repository = os.path.join(work, "repository")
        os.mkdir(repository)
        git(repository, "init", "--quiet")
        for name in names:
            if pairs == PAIRS:
                break
            source = os.path.join(CORPUS, name)
            if not os.path.isdir(os.path.join(source, "templates")) or not os.path.isfile(os.path.join(source, "values.yaml")) or is_random(source):
                continue
            old, new = (os.path.join(work, side, name) for side in ("old", "new"))
            shutil.copytree(source, old)
            before = objects(old)
            if not before:
                continue
            for seed in range(10):
                shutil.rmtree(new, ignore_errors=True)
                shutil.copytree(source, new)
                second_version(new, seed)
                after = objects(new)
                if after:
                    break
            else:
                continue
            pairs += 1
            expected = comparison(before, after)
            for kinds in expected.values():
                for kind in kinds:
                    changes[kind] += 1
            place = os.path.join(repository, name)
            shutil.copytree(old, place)
            git(repository, "add", "--all", "--force")
            git(repository, "commit", "--quiet", "--message", f"Old {name}")
            shutil.rmtree(place)
            shutil.copytree(new, place)
            git(repository, "add", "--all", "--force")
            git(repository, "commit", "--quiet", "--message", f"New {name}")
            found = {
                "directories": ours(old, new),
                "commits": ours(name, "--from", "HEAD~1", "--to", "HEAD", cwd=repository),
                "work tree": ours(name, "--from", "HEAD~1", cwd=repository),
            }
            for way, result in found.items():
                if result != expected:
                    wrong.append(f"{name} as {way}:\n  Helm: {expected}\n  ours: {result}")
    print(f"{pairs} pairs of charts; objects that Helm's renderings show: {changes}; {len(wrong)} differences")
    for line in wrong:
        print(line)
    if pairs < PAIRS:
        print(f"only {pairs} of {PAIRS} pairs could be made")
    sys.exit(bool(wrong) or pairs < PAIRS)


main()
