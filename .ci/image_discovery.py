#!/usr/bin/env python3
"""Compares the images that `chartwright images` finds in public charts with those of Helm's output, and their places with the values.

    image_discovery.py BINARY [--charts N] [--only REGEX]

For each chart of ../shared/conformance/charts-corpus (all that have an image, or N of them) one case is run: `images` must list the references that
the `image` fields of Helm's own output have, no more and no fewer. Of the tags (or digests) that a values file or the appVersion of the chart
has as a value, at least 95 % must be traced to a line that has it. What differs must be a line of tests/known/images.tsv.
Without the data, or without PyYAML, this says so and passes.
"""
import argparse
import concurrent.futures
import gzip
import json
import os
import re
import subprocess
import sys

CORPUS = os.path.join("..", "shared", "conformance", "charts-corpus")
KNOWN = os.path.join("tests", "known", "images.tsv")
BAR = 95.0
CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
# The flags of `helm template` that `images` has as well, all with an argument.
FLAGS = {"-n", "--namespace", "--kube-version", "-f", "--values", "--set", "--set-string", "--set-json", "--set-file", "-a", "--api-versions"}
NAME = r"(?:[a-z0-9]+(?:[._-]+[a-z0-9]+)*)"
REFERENCE = re.compile(rf"(?:[A-Za-z0-9.\-\[\]:]+/)?{NAME}(?:/{NAME})*(?::[A-Za-z0-9_][A-Za-z0-9._-]{{0,127}})?(?:@[a-z0-9]+:[0-9a-fA-F]{{32,}})?")


def arguments_of(case):
    """The case's arguments for `images`; none where it has flags that `images` lacks."""
    rest, kept = list(case["args"]), []
    if case["exit"] or "docs" in case or len(rest) < 2 or rest[0].startswith("-") or rest[1].startswith("-"):
        return None
    chart, rest = rest[1], rest[2:]
    while rest:
        flag = rest.pop(0)
        name = flag.split("=", 1)[0]
        if name not in FLAGS:
            return None
        kept.append(flag)
        if "=" not in flag or not flag.startswith("--"):
            if not rest:
                return None
            kept.append(rest.pop(0))
    return [chart, *kept]


def is_versioned(text):
    name = text.split("@")[0]
    return "@" in text or ":" in name.rsplit("/", 1)[-1]


def images_of(node, found, in_container=False):
    """The references of all image fields below a value."""
    if isinstance(node, list):
        for item in node:
            images_of(item, found, in_container)
    elif isinstance(node, dict):
        if node.get("kind") == "CustomResourceDefinition":
            return
        for key, value in node.items():
            if isinstance(value, str) and isinstance(key, str) and value.strip():
                text = value.strip()
                fits = REFERENCE.fullmatch(text) is not None and not re.match(r"sha256:[0-9a-f]{32,}$", text)
                if key == "image":
                    if in_container or (fits and (is_versioned(text) or "/" in text)):
                        found.add(text)
                elif (key.endswith("Image") or key == "imageName") and fits and is_versioned(text):
                    found.add(text)
            images_of(value, found, key in CONTAINERS)


def golden_images(yaml, identifier):
    with gzip.open(f"{CORPUS}/golden/{identifier}.yaml.gz") as file:
        text = file.read().decode("utf-8", "replace")
    found = set()
    for part in re.split(r"(?m)^---.*$", text):
        if "mage" not in part:
            continue
        try:
            images_of(yaml.load(part, Loader=yaml.CSafeLoader), found)
        except yaml.YAMLError:
            # Helm prints hooks that are not YAML 1.1 to this reader; their images are read as text.
            for match in re.finditer(r"(?m)^\s*(?:- )?image:\s*[\"']?([^\s\"']+)[\"']?\s*$", part):
                found.add(match[1])
    return found


def reference(image):
    text = image["image"]
    if image.get("tag") is not None:
        text += ":" + image["tag"]
    if image.get("digest") is not None:
        text += "@" + image["digest"]
    return text


def scalars(node, found):
    if isinstance(node, dict):
        for value in node.values():
            scalars(value, found)
    elif isinstance(node, list):
        for value in node:
            scalars(value, found)
    elif node is not None:
        found.add(str(node))


def values_texts(yaml, arguments):
    """All scalars of the values files of a case, of its chart and those in charts/, and their appVersions."""
    found = set()
    files = [arguments[at + 1] for at, flag in enumerate(arguments) if flag in ("-f", "--values")]
    for directory, _, names in os.walk(os.path.join(CORPUS, arguments[0])):
        relative = os.path.relpath(directory, os.path.join(CORPUS, arguments[0]))
        if relative == "." or os.path.basename(os.path.dirname(directory)) == "charts":
            files += [os.path.relpath(os.path.join(directory, name), CORPUS) for name in names if name in ("values.yaml", "Chart.yaml")]
    for name in files:
        try:
            with open(os.path.join(CORPUS, name), encoding="utf-8", errors="replace") as file:
                content = yaml.load(file.read(), Loader=yaml.CSafeLoader)
        except (yaml.YAMLError, OSError):
            continue
        if os.path.basename(name) == "Chart.yaml":
            content = {"appVersion": (content or {}).get("appVersion")}
        scalars(content, found)
    return found


def line_has(written, text):
    """Whether the line that is named has the value, or the beginning of a text of several lines."""
    path, line = written.get("file"), written.get("line")
    if path is None or ".tgz!" in path:
        return True
    with open(os.path.join(CORPUS, path), encoding="utf-8", errors="replace") as file:
        lines = file.read().split("\n")
    near = "\n".join(lines[line - 1:line + 40]) if written.get("value") else lines[line - 1]
    core = re.sub(r"^v(?=\d)", "", text)
    return core in near or "{{" in near or any(word in near for word in re.split(r"[-_+]", core) if len(word) > 2)


def examine(binary, yaml, case):
    """What differs, and how many tags come from values and are traced."""
    arguments = arguments_of(case)
    run = subprocess.run([binary, "images", *arguments, "-o", "json"], cwd=CORPUS, capture_output=True, text=True, timeout=300)
    if run.returncode or not run.stdout:
        return [f"exit {run.returncode}: {run.stderr.strip()[:200]}"], 0, 0, []
    listed = json.loads(run.stdout)["images"]
    wrong = []
    if any(image["foundBy"] != "templates" for image in listed) or "cannot be followed" in run.stderr:
        wrong.append(f"its templates were not followed: {run.stderr.strip()[:200]}")
    ours, golden = {reference(image) for image in listed}, golden_images(yaml, case["id"])
    wrong += [f"Helm has {text}, which is not found" for text in sorted(golden - ours)]
    wrong += [f"{text} is found, which Helm does not have" for text in sorted(ours - golden)]
    texts = values_texts(yaml, arguments)
    from_values = traced = 0
    lost = []
    for image in listed:
        parts = {part["part"]: part for part in image["parts"]}
        part = parts.get("tag") or parts.get("digest")
        if part is None:
            continue
        whole, tag = reference(image), part["text"]
        core = re.sub(r"^v(?=\d)", "", tag)
        if not tag or not ({whole, tag, core, "v" + core} & texts):
            continue
        from_values += 1
        values = [at for at in part["written"] if not at.get("template")]
        if values and all(line_has(at, tag) for at in values):
            traced += 1
        else:
            lost.append(f"{whole}: {json.dumps(part['written'])}")
    return wrong, from_values, traced, lost


def read_known():
    if not os.path.exists(KNOWN):
        return {}
    with open(KNOWN, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]
    return dict(line.split("\t", 1) for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--charts", type=int, default=100_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--show", action="store_true", help="show the tags that are not traced")
    options = parser.parse_args()
    if not os.path.isdir(CORPUS):
        print("no conformance data beside the project: nothing was compared")
        return 0
    try:
        import yaml
    except ImportError:
        print("no PyYAML: nothing was compared")
        return 0
    with open(f"{CORPUS}/cases.jsonl", encoding="utf-8") as file:
        cases = [json.loads(line) for line in file]
    chosen = {}
    for case in cases:
        if case["chart"] not in chosen and re.search(options.only, case["id"]) and arguments_of(case):
            # A chart without an image says nothing.
            if golden_images(yaml, case["id"]):
                chosen[case["chart"]] = case
        if len(chosen) == options.charts:
            break
    binary = os.path.abspath(options.binary)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda case: (case["id"], *examine(binary, yaml, case)), chosen.values()))
    known, seen = read_known(), set()
    faults, from_values, traced = [], 0, 0
    for identifier, wrong, of_values, found, lost in results:
        from_values += of_values
        traced += found
        if wrong:
            seen.add(identifier)
            if identifier not in known:
                faults += [f"{identifier}: {line}" for line in wrong]
        if options.show:
            print(*(f"not traced: {identifier}: {line}" for line in lost), sep="\n", end="\n" if lost else "")
    share = 100.0 * traced / from_values if from_values else 0.0
    print(f"{len(results)} charts, {len(results) - len(seen)} with the same images as Helm's output")
    print(f"{traced} of {from_values} tags that come from values are traced to their line: {share:.1f} %")
    if not options.only:
        faults += [f"agrees now: remove it from {KNOWN}: {identifier}" for identifier in sorted(set(known) - seen)]
        if share < BAR:
            faults.append(f"fewer than {BAR} % are traced")
    print(*faults, sep="\n", end="\n" if faults else "")
    return 1 if faults else 0


sys.exit(main())
