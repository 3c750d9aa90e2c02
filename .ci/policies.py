#!/usr/bin/env python3
"""Verdicts of ValidatingAdmissionPolicies on rendered charts, beside those of a real API server.

    policies.py PROGRAM HELM SIMULATION [--charts N] [--only REGEX] [--show]

The policies of tests/policies/policies.yaml are installed in the simulated cluster, with `Warn`, which shows all that an object does not satisfy, and then
with `Deny`. Objects of charts of ../shared/conformance/charts-corpus that the server accepts without policies are created as a dry run, and what it says is
compared with `lint --policy`: every warning must be there, in the same words, and no other; what is denied must be denied. Each verdict must be at a line of the
template that its object is rendered from, and where that line is plain text, it must be the rendered line.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import random
import re
import sys
import tarfile
import time

import yaml

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
arguments = argparse.ArgumentParser()
for name in ("program", "helm", "simulation"):
    arguments.add_argument(name)
arguments.add_argument("--charts", type=int, default=40)
arguments.add_argument("--only", default="")
arguments.add_argument("--show", action="store_true")
options = arguments.parse_args()
sys.argv = [sys.argv[0], options.program, options.helm, options.simulation]
from simulated_cluster import PROGRAM, ROOT, check, checked, ended, run  # noqa: E402

POLICIES = ROOT / "tests/policies/policies.yaml"
CORPUS = ROOT.parent / "shared/conformance/charts-corpus/charts"
NAMESPACE = "shop"
SEED = 19
# The server sends no more than 4,096 characters of warnings with an answer.
MOST_WARNED = 3600
WARNED = re.compile(r"^Warning: (Validation failed for ValidatingAdmissionPolicy .*)$", re.M)
DENIED = re.compile(r"(ValidatingAdmissionPolicy '[^']*' with binding '[^']*' denied request: .*)", re.S)


def policy_files(directory):
    """Namespaces and parameters, and the policies twice: with `Warn`, and with `Deny`."""
    documents = POLICIES.read_text().split("\n---\n")
    is_policy = lambda document: "kind: ValidatingAdmissionPolicy" in document
    files = {"": directory / "others.yaml"}
    text = "\n---\n".join(filter(is_policy, documents))
    files[""].write_text("\n---\n".join(document for document in documents if not is_policy(document)))
    for action in ("Warn", "Deny"):
        files[action] = directory / f"{action.lower()}.yaml"
        files[action].write_text(text.replace("- Deny", f"- {action}"))
    return files


class Strict(yaml.SafeLoader):
    """Refuses keys that are twice in a map, as kubectl does."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        if len(keys) != len(set(keys)):
            raise yaml.constructor.ConstructorError(None, None, "a key is twice in a map", node.start_mark)
        return super().construct_mapping(node, deep)


def objects(chart):
    """The objects of a chart with its defaults in the namespace of the release, without those with random names; none where they cannot be read."""
    first, second = rendered(chart), {named(item) for item in rendered(chart)}
    return [item for item in first if named(item) in second and item["metadata"].get("namespace") in (None, "", NAMESPACE)]


def rendered(chart):
    done = run(PROGRAM, "template", "release-name", chart, "--namespace", NAMESPACE, "--kube-version", "1.35", "-f", chart / "values.yaml")
    if done.returncode:
        return []
    try:
        return [item for item in yaml.load_all(done.stdout, Strict) if isinstance(item, dict) and isinstance(item.get("metadata"), dict)]
    except yaml.YAMLError:
        return []


def created(cluster, item):
    """What the server says of an object that is created as a dry run."""
    text = json.dumps(item, default=str)
    return cluster.kubectl("create", "--dry-run=server", "--validate=strict", "-n", item.get("metadata", {}).get("namespace") or NAMESPACE, "-f", "-", stdin=text)


def named(item):
    return f"{item.get('kind')} {item['metadata'].get('name') or item['metadata'].get('generateName')}"


def installed(cluster, file):
    done = cluster.kubectl("apply", "-f", file)
    check(done.returncode == 0, f"the policies of {file.name} are accepted", done.stderr)


def wait_for(cluster, pattern):
    """Until the server judges by the policies, which it learns of after a moment."""
    probe = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "probe"}, "spec": {"type": "NodePort", "ports": [{"port": 9999}]}}
    for _ in range(100):
        if re.search(pattern, created(cluster, probe).stderr):
            # It looks for new policies every second, and may have seen only some of them.
            time.sleep(3)
            return
    check(False, f"policies are in force: {pattern}")


class Chart:
    """What the server and we say of a chart."""

    def __init__(self, path, files, accepted):
        self.path, self.accepted = path, accepted
        self.ours = {action: self.findings(files[""], file) for action, file in files.items() if action}

    def findings(self, *files):
        policies = [part for file in files for part in ("--policy", file)]
        done = run(PROGRAM, "lint", self.path, "-f", self.path / "values.yaml", *policies, "--namespace", NAMESPACE, "--kube-version", "1.35", "--report", "json", "--base", CORPUS)
        found = json.loads(done.stdout)
        # The server says of pods only what their own requests show.
        return [finding for finding in found["findings"] if finding["rule"] in ("policy-deny", "policy-warn")]


def words(finding, prefix):
    """The words of a verdict, and the object they are about."""
    message = finding["message"]
    at = message.index(prefix)
    return message[:at].split(": ")[0], message[at:]


def text_of(path):
    """The text of a file, also of one in an archive: `chart.tgz!templates/a.yaml`."""
    archive, _, inside = path.partition("!")
    if not inside:
        return (CORPUS / path).read_text(encoding="utf-8", errors="replace")
    with tarfile.open(CORPUS / archive) as packed:
        member = next(name for name in packed.getnames() if name.partition("/")[2] == inside)
        return packed.extractfile(member).read().decode("utf-8", "replace")


def is_at_its_line(finding):
    """Whether the line of a finding is one of the template, and says what is rendered if it is plain text; nothing if it is not plain."""
    try:
        line = text_of(finding["file"]).splitlines()[finding["line"] - 1]
    except (OSError, IndexError, KeyError, TypeError, StopIteration):
        return False
    rendered = finding.get("rendered")
    if "{{" in line or rendered is None:
        return None
    return line.strip() == rendered.strip()


def compared(cluster, charts, action, pattern, prefix):
    """Verdicts of the server beside ours, with one action."""
    agree, differ, lines = 0, [], collections.Counter()
    for chart in charts:
        ours = collections.defaultdict(set)
        for finding in chart.ours[action]:
            about, message = words(finding, prefix)
            ours[about].add(message)
            is_right = is_at_its_line(finding)
            lines[{True: "plain lines", False: "wrong lines", None: "lines with actions"}[is_right]] += 1
            if is_right is False:
                differ.append(f"{chart.path.name}: not at its line: {finding}")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda item: created(cluster, item), chart.accepted))
        for item, answer in zip(chart.accepted, answers):
            theirs = {found.strip() for found in pattern.findall(answer.stderr)}
            mine = ours.get(named(item), set())
            if action == "Warn":
                agree += len(theirs & mine)
                differ += [f"{chart.path.name}: {named(item)}: only the server: {one}" for one in sorted(theirs - mine)]
                if sum(map(len, theirs)) < MOST_WARNED:
                    differ += [f"{chart.path.name}: {named(item)}: only here: {one}" for one in sorted(mine - theirs)]
            else:
                is_same = bool(theirs) == bool(mine) and theirs <= mine and (answer.returncode != 0) == bool(mine)
                agree += is_same
                if not is_same:
                    differ.append(f"{chart.path.name}: {named(item)}: the server: {answer.stderr.strip()}; here: {sorted(mine)}")
    for one in differ[:60] if not options.show else differ:
        print(f"  {one}")
    print(f"{action}: {agree} agree, {len(differ)} differ; {dict(lines)}", flush=True)
    return agree, differ


def verdicts_are_those_of_the_server(cluster):
    for namespace, label in ((NAMESPACE, "prod"), ("policies", "")):
        cluster.kubectl("create", "namespace", namespace)
    names = sorted(path for path in CORPUS.iterdir() if re.search(options.only, path.name) and (path / "values.yaml").is_file())
    chosen = random.Random(SEED).sample(names, min(options.charts, len(names)))
    files = policy_files(cluster.directory)
    charts = []
    for path in sorted(chosen):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            found = objects(path)
            answers = list(pool.map(lambda item: created(cluster, item), found))
        accepted = [item for item, answer in zip(found, answers) if answer.returncode == 0]
        if accepted:
            charts.append(Chart(path, files, accepted))
    print(f"{len(charts)} charts, {sum(len(chart.accepted) for chart in charts)} objects that the server accepts without policies", flush=True)
    installed(cluster, files[""])
    installed(cluster, files["Warn"])
    wait_for(cluster, "Validation failed for ValidatingAdmissionPolicy 'service-type'")
    agree, differ = compared(cluster, charts, "Warn", WARNED, "Validation failed for ValidatingAdmissionPolicy")
    check(agree >= 200 or options.only, f"at least 200 verdicts: {agree}")
    check(not differ, f"all verdicts agree ({len(differ)} differ)")
    installed(cluster, files["Deny"])
    wait_for(cluster, "denied request")
    _, differ = compared(cluster, charts, "Deny", DENIED, "ValidatingAdmissionPolicy '")
    check(not differ, f"what is denied is denied ({len(differ)} differ)")


if CORPUS.is_dir():
    checked(verdicts_are_those_of_the_server)
    ended()
else:
    print("without charts: ../shared/conformance/charts-corpus is not here")
