#!/usr/bin/env python3
"""Compares `chartwright bump` with yq (mikefarah) on the same edits of the values files of public charts: how many results have
other values than those asked for, and how many have changes in lines that the edit is not about. Prints a table, and fails if one of
ours has either.

usage: edit_comparison.py CHARTWRIGHT YQ [EDITS]

The charts are those of ../shared/conformance; without them those of fixtures/. PyYAML (YAML 1.1) finds the places of the edits, and
yq's own reader (YAML 1.2's core schema) reads all results; what was written must be text to both."""

import difflib
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import yaml

CORPUS = pathlib.Path("../shared/conformance/charts-corpus/charts")
KINDS = ["set", "add", "append", "remove"]
# Texts that one reader or another takes for something else if they have no quotes.
TEXTS = ["v9.9.9", "1.10", "on", "1:30", "0o17", "2024-01-31", "null", "x # y", "1e999", "=", "0b1_1", "n", "a: b"]
SIMPLE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*$")


def nodes(node, path, found):
    """All nodes that a path of simple keys and indexes leads to, without those of anchors and merge keys."""
    found.append((path, node))
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value]
        if "<<" in keys or len(set(map(str, keys))) != len(keys):
            return
        for key, value in node.value:
            if SIMPLE.match(str(key.value)) and key.tag.endswith(":str"):
                nodes(value, path + [key.value], found)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            nodes(value, path + [index], found)


def our_path(path):
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".")


def yq_path(path):
    return "".join(f"[{step}]" if isinstance(step, int) else f'["{step}"]' for step in path) or "."


def choose(kind, found, source, pick):
    """A node for an edit of this kind, and the 0-based lines that the edit may change; none if the file has no such node."""

    def lines(node):
        return range(node.start_mark.line, max(node.end_mark.line, node.start_mark.line) + 1)

    texts = source.splitlines()
    candidates = []
    for path, node in found:
        if not path or source.count("\n---") or "&" in source:
            continue
        if kind == "set" and isinstance(node, yaml.ScalarNode) and node.style != "|" and node.tag.endswith(":str"):
            if node.start_mark.line == node.end_mark.line:
                candidates.append((path, {node.start_mark.line}))
        if kind == "add" and isinstance(node, yaml.MappingNode) and not node.flow_style:
            candidates.append((path, set()))
        if kind == "append" and isinstance(node, yaml.SequenceNode) and node.value and not node.flow_style:
            candidates.append((path, set()))
        if kind == "remove" and isinstance(path[-1], str) and node.start_mark.line == node.end_mark.line:
            line = node.start_mark.line
            parent = next(other for other_path, other in found if other_path == path[:-1])
            if len(parent.value) > 1 and not parent.flow_style and not texts[line].lstrip().startswith("-"):
                allowed = {line}
                # The comments above it, and a blank line that would be the second.
                above = line - 1
                while above >= 0 and texts[above].lstrip().startswith("#"):
                    allowed.add(above)
                    above -= 1
                while above >= 0 and not texts[above].strip():
                    allowed.add(above)
                    above -= 1
                below = line + 1
                while below < len(texts) and not texts[below].strip():
                    allowed.add(below)
                    below += 1
                candidates.append((path, allowed))
    return pick.choice(candidates) if candidates else None


def wanted(value, kind, path, text):
    """The values after an edit."""
    value = json.loads(json.dumps(value))
    at = value
    for step in path[:-1]:
        at = at[step]
    last = path[-1]
    if kind == "set":
        at[last] = text
    elif kind == "add":
        at[last]["addedKey"] = text
    elif kind == "append":
        at[last].append(text)
    else:
        del at[last]
    return value


def is_text_to_pyyaml(file, kind, path, text):
    """Whether a reader of YAML 1.1 finds the text where it was written."""
    try:
        at = yaml.safe_load(file.read_text())
    except (yaml.YAMLError, ValueError):
        return False
    for step in path if kind != "remove" else []:
        at = at[step]
    return {"set": lambda: at, "add": lambda: at["addedKey"], "append": lambda: at[-1], "remove": lambda: text}[kind]() == text


def has_other_changes(before, after, kind, allowed):
    """Whether a line changed, went or came that the edit is not about."""
    # Whether the last line ends is not looked at.
    old, new = (text.removesuffix("\n").split("\n") for text in (before, after))
    added = 0
    for tag, start, end, new_start, new_end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if any(line not in allowed for line in range(start, end)):
            return True
        added += new_end - new_start
    return added > {"set": 1, "add": 1, "append": 1, "remove": 0}[kind]


def values(yq, file):
    done = subprocess.run([yq, "-o", "json", "-I", "0", ".", file], capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 and done.stdout.count("\n") == 1 else None


def commands(program, yq, kind, path, file, text):
    ours, theirs = our_path(path), yq_path(path)
    return {
        "chartwright bump": {
            "set": [program, "bump", "-f", file, "--set-string", f"{ours}={text}"],
            "add": [program, "bump", "-f", file, "--create", "--set-string", f"{ours}.addedKey={text}"],
            "append": [program, "bump", "-f", file, "--append-json", f"{ours}={json.dumps(text)}"],
            "remove": [program, "bump", "-f", file, "--remove", ours],
        }[kind],
        "yq -i": {
            "set": [yq, "-i", f".{theirs} = strenv(NEW)", file],
            "add": [yq, "-i", f'.{theirs}["addedKey"] = strenv(NEW)', file],
            "append": [yq, "-i", f".{theirs} += [strenv(NEW)]", file],
            "remove": [yq, "-i", f"del(.{theirs})", file],
        }[kind],
    }


def main():
    program, yq = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    root = CORPUS if CORPUS.is_dir() else pathlib.Path("fixtures")
    files = sorted(root.rglob("values.yaml"))
    pick = random.Random(1)
    tools = ["chartwright bump", "yq -i"]
    table = {(tool, kind): [0, 0, 0, 0] for tool in tools for kind in KINDS}
    made, tries = 0, 0
    with tempfile.TemporaryDirectory() as directory:
        while made < count and tries < 50 * count:
            tries += 1
            kind = KINDS[made % len(KINDS)]
            source = pick.choice(files).read_bytes().decode()
            copy = pathlib.Path(directory, "values.yaml")
            copy.write_bytes(source.encode())
            before = values(yq, copy)
            found = []
            try:
                nodes(yaml.compose(source), [], found)
                yaml.safe_load(source)
            except (yaml.YAMLError, AttributeError, ValueError):
                continue
            chosen = choose(kind, found, source, pick)
            if not chosen or not isinstance(before, dict):
                continue
            path, allowed = chosen
            text = pick.choice(TEXTS)
            for tool, command in commands(program, yq, kind, path, str(copy), text).items():
                copy.write_bytes(source.encode())
                done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "NEW": text})
                after = copy.read_bytes().decode()
                row = table[tool, kind]
                row[0] += 1
                row[1] += done.returncode != 0
                if done.returncode == 0:
                    is_right = values(yq, copy) == wanted(before, kind, path, text) and is_text_to_pyyaml(copy, kind, path, text)
                    row[2] += not is_right
                    is_other = has_other_changes(source, after, kind, allowed)
                    row[3] += is_other
                    if tool == tools[0] and (is_other or not is_right):
                        print(f"{' '.join(command)}\n" + "".join(difflib.unified_diff(source.splitlines(True), after.splitlines(True))))
            made += 1
    print("| edit | tool | files | refused | other values | changes elsewhere |\n| --- | --- | --- | --- | --- | --- |")
    for kind in KINDS:
        for tool in tools:
            print(f"| {kind} | {tool} | " + " | ".join(map(str, table[tool, kind])) + " |")
    for tool in tools:
        total = [sum(table[tool, kind][at] for kind in KINDS) for at in range(4)]
        print(f"| all | {tool} | " + " | ".join(map(str, total)) + " |")
    ours = [sum(table[tools[0], kind][at] for kind in KINDS) for at in range(4)]
    sys.exit(f"{ours} of ours" if ours[1] or ours[2] or ours[3] or made < count else 0)


if __name__ == "__main__":
    main()
