#!/usr/bin/env python3
"""Explores public charts, compares that with flipping each switch once, and reproduces causes with Helm and a real API server.

    exploration.py BINARY [HELM SIMULATION] [--charts N] [--budget TIME] [--sample N] [--only REGEX] [--no-plain]

Of the charts of ../shared/conformance/charts-corpus that are without errors with their defaults, N are explored. Printed are the share with a
cause, causes by rule, and how many there are beside those that the plain method finds: `lint` once for each boolean of the values. Whatever the
plain method finds must be found. Then a sample of the causes, chosen by a fixed seed, is rendered by Helm with the flags that are printed: Helm
must fail, or the API server of the simulated cluster must refuse an object (at least 95 of 100).
Without the data this says so and passes; without Helm and a simulation nothing is reproduced.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import random
import re
import resource
import shlex
import subprocess
import sys

import yaml

CORPUS = os.path.join("..", "shared", "conformance", "charts-corpus", "charts")
VERSION = "1.35"
RIGHT = 0.95
SEED = 19


def output(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, **options)


def report(*command):
    """The report of a command, with what it says besides; none where it could not run."""
    done = output(*command, "--report", "json", "--kube-version", VERSION)
    try:
        return {**json.loads(done.stdout), "said": done.stderr}
    except ValueError:
        return None


def errors_of(found):
    return [finding for finding in (found or {}).get("findings", []) if finding["severity"] == "error"]


def place(finding):
    return (finding["rule"], finding["file"], finding.get("line"))


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Cause:
    """A finding of `explore`: its flags, and all places that it is about."""

    def __init__(self, chart, finding):
        self.chart = chart
        self.finding = finding
        notes = finding.get("notes", [])
        shown = [note.removeprefix("shown by ") for note in notes if note.startswith("shown by ")]
        self.flags = shlex.split(shown[0]) if shown else []
        self.places = {(finding["file"], finding.get("line"))}
        for note in notes:
            if note.startswith("also: ") and (at := re.match(r"also: (.+?):(\d+):\d+: ", note)):
                self.places.add((at.group(1), int(at.group(2))))
        self.more = any(re.match(r"and \d+ more", note) for note in notes)

    def __str__(self):
        finding = self.finding
        return f"{finding['severity']} {finding['file']}:{finding.get('line')}: {finding['message'][:150]} [{finding['rule']}] {shlex.join(self.flags)}"


def booleans(values, path=()):
    if isinstance(values, bool):
        yield path, values
    elif isinstance(values, dict):
        for key, value in values.items():
            yield from booleans(value, (*path, key))


def own_values(chart):
    """The values of a chart's values.yaml."""
    try:
        with open(os.path.join(chart, "values.yaml"), encoding="utf-8") as file:
            return yaml.safe_load(file) or {}
    except (OSError, ValueError, yaml.YAMLError):
        return {}


def flag(path, value):
    key = ".".join(re.sub(r"([.,=\[\]{}\\])", r"\\\1", part) for part in path)
    return f"{key}={str(value).lower()}"


class Explored:
    """What exploring a chart showed, and what the plain method does."""

    def __init__(self, binary, chart, budget, has_plain):
        self.chart = chart
        before = cpu_seconds()
        found = report(binary, "explore", chart, "--all", "--budget", budget, "--base", CORPUS)
        self.seconds = cpu_seconds() - before
        findings = [finding for finding in (found or {}).get("findings", []) if any("shown by" in note for note in finding.get("notes", []))]
        self.causes = [Cause(chart, finding) for finding in findings]
        refused = re.findall(r"refused on purpose: .*?: ([^ ]+?):(\d+):\d+: ", (found or {}).get("said", ""))
        self.refused = {(path, int(line)) for path, line in refused}
        self.exhausted = "nothing is left to try" in (found or {}).get("said", "")
        self.missed, self.plain, self.plain_seconds = [], set(), 0.0
        if not has_plain:
            return
        before = cpu_seconds()
        # Also what is refused on purpose without any setting.
        known = {place(finding) for finding in (report(binary, "lint", chart, "--base", CORPUS) or {}).get("findings", [])}
        places = {at for cause in self.causes for at in cause.places}
        for path, value in booleans(own_values(chart)):
            flipped = errors_of(report(binary, "lint", chart, "--base", CORPUS, "--set", flag(path, not value)))
            is_new = lambda finding: place(finding) not in known and (finding["file"], finding.get("line")) not in self.refused
            new = [finding for finding in flipped if is_new(finding)]
            self.plain |= {place(finding) for finding in new}
            for finding in new:
                if (finding["file"], finding.get("line")) not in places and not any(cause.more for cause in self.causes):
                    self.missed.append((flag(path, not value), finding))
        self.plain_seconds = cpu_seconds() - before


def clean_charts(binary, only):
    """The charts without errors with their defaults."""
    names = sorted(name for name in os.listdir(CORPUS) if re.search(only, name))
    charts = [os.path.join(CORPUS, name) for name in names]

    def is_clean(chart):
        found = report(binary, "lint", chart, "--base", CORPUS)
        return found is not None and not errors_of(found)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [chart for chart, clean in zip(charts, pool.map(is_clean, charts)) if clean]


def reproduced(cause, helm, cluster):
    """Whether Helm fails with the flags, or the API server refuses what it renders; and its words."""
    flags = list(cause.flags)
    if "--kube-version" not in flags:
        flags += ["--kube-version", VERSION]
    done = output(helm, "template", "release-name", cause.chart, *flags)
    if done.returncode:
        return True, done.stderr.strip()[:200]
    text = done.stdout
    applied = output("kubectl", "apply", "--dry-run=server", "--validate=strict", "-f", "-", input=text, env=cluster)
    words = applied.stderr.strip()
    # Kinds that the server does not know at all are custom resources; those of versions that are gone are what is meant.
    is_gone = cause.finding["rule"] == "removed-api"
    about_kinds = "no matches for kind|ensure CRDs are installed|resource mapping not found"
    lines = [line for line in words.splitlines() if not re.search("^Warning", line) and (is_gone or not re.search(about_kinds, line))]
    return bool(lines) or is_twice(cause, text), " ".join(lines)[:300]


def is_twice(cause, text):
    """Whether the finding is that an object is rendered twice, and it is: `helm install` refuses that, kubectl does not."""
    if cause.finding["rule"] != "duplicate-object":
        return False
    objects = [(item.get("apiVersion", "").split("/")[0], item.get("kind"), item.get("metadata", {}).get("name"), item.get("metadata", {}).get("namespace")) for item in yaml.safe_load_all(text) if isinstance(item, dict)]
    return len(objects) != len(set(objects))


def sample(causes, arguments):
    """Reproduces some of the causes; how many are not."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    sys.argv = [sys.argv[0], arguments.binary, arguments.helm, arguments.simulation]
    import simulated_cluster

    chosen = random.Random(SEED).sample(causes, min(arguments.sample, len(causes)))
    wrong = 0
    cluster = simulated_cluster.Cluster()
    try:
        for cause in chosen:
            is_right, words = reproduced(cause, arguments.helm, cluster.env)
            wrong += not is_right
            print(f"{'ok ' if is_right else 'NOT'} {cause}\n      {words}", flush=True)
    finally:
        cluster.down()
    print(f"{len(chosen) - wrong} of {len(chosen)} are reproduced")
    return wrong > (1 - RIGHT) * len(chosen)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("helm", nargs="?")
    parser.add_argument("simulation", nargs="?")
    parser.add_argument("--charts", type=int, default=300)
    parser.add_argument("--sample", type=int, default=60)
    parser.add_argument("--only", default="")
    parser.add_argument("--budget", default="10s")
    parser.add_argument("--no-plain", action="store_true")
    arguments = parser.parse_args()
    if not os.path.isdir(CORPUS):
        print("without charts: ../shared/conformance/charts-corpus is not here")
        return 0
    charts = clean_charts(arguments.binary, arguments.only)
    charts = sorted(random.Random(SEED).sample(charts, min(arguments.charts, len(charts))))
    explored = []
    for chart in charts:
        explored.append(Explored(arguments.binary, chart, arguments.budget, not arguments.no_plain))
    causes = [cause for one in explored for cause in one.causes]
    errors = [cause for cause in causes if cause.finding["severity"] == "error"]
    with_causes = sum(any(cause.finding["severity"] == "error" for cause in one.causes) for one in explored)
    print(f"{len(charts)} charts, {with_causes} with an error, {sum(bool(one.causes) for one in explored)} with any; {len(errors)} errors, {len(causes) - len(errors)} notes")
    for rule, count in collections.Counter(cause.finding["rule"] for cause in errors).most_common():
        print(f"  {count:5} {rule}")
    missed = [(one.chart, *miss) for one in explored for miss in one.missed]
    for chart, switch, finding in missed:
        print(f"missed: {chart}: --set {switch}: {finding['file']}:{finding.get('line')}: {finding['message'][:150]} [{finding['rule']}]")
    plain, seconds = sum(len(one.plain) for one in explored), sum(one.plain_seconds for one in explored)
    print(f"plain method: {plain} places in {seconds:.1f} CPU s; explore: {len(causes)} causes, {len(errors)} of them errors, in {sum(one.seconds for one in explored):.1f} CPU s")
    failed = bool(missed)
    if arguments.simulation and causes:
        failed |= sample(errors, arguments)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
