#!/usr/bin/env python3
"""Explores public charts, compares that with flipping each switch once, and reproduces causes with Helm and a real API server.

    exploration.py BINARY [HELM SIMULATION] [--charts N] [--budget TIME] [--renderings N] [--sample N] [--only REGEX] [--no-plain] [--times N]

Of the charts of ../shared/conformance/charts-corpus that are without errors with their defaults, N are explored. Printed are the share with a
cause, and causes by rule.

Then the same is done by the plain method, `lint` once for each boolean of values.yaml. Whatever it finds must be found, apart from what charts
refuse on purpose (`fail`, `required`, values.schema.json). And in the CPU time that it takes for all charts, exploring must find at least as many
errors and warnings, and twice as many causes (--times: so many times as many): all charts are explored with the largest of a few numbers of renderings that takes no more time. Both
are counted alike: what one switch breaks is one cause, and what another broke before does not count again. Causes are all that `explore --all`
shows: errors, warnings (examples of values.yaml that break the chart, keys that are twice in a map) and notes (values that are made up).

Then a sample of these causes, chosen by a fixed seed, is rendered by Helm with the flags that are printed: Helm must fail, or the API server of the
simulated cluster must refuse an object (at least 95 of 100).
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
SEVERITIES = ("error", "warning", "info")
SEED = 19
# The numbers of renderings that are tried to take no more time than the plain method.
RENDERINGS = (30, 50, 100, 200, 400, 800, 1600, 3200)


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
    """A finding of `explore`: its settings, and all places that it is about."""

    def __init__(self, chart, finding):
        self.chart = chart
        self.finding = finding
        settings = finding["settings"]
        self.flags = [part for value in settings["values"] for part in (value["flag"], value["argument"])]
        # The version that all are explored with is not a part of what shows a cause.
        if settings["kubeVersion"] not in (None, VERSION):
            self.flags += ["--kube-version", settings["kubeVersion"]]
        for version in settings["apiVersions"]:
            self.flags += ["--api-versions", version]
        notes = finding["notes"]
        self.ways = {shlex.join(self.flags)}
        for note in notes:
            if note.startswith("shown as well by "):
                self.ways |= set(note.removeprefix("shown as well by ").split("; by "))
        self.places = {(finding["file"], finding.get("line"))}
        for note in notes:
            if note.startswith("also: ") and (at := re.match(r"also: (.+?):(\d+):\d+: ", note)):
                self.places.add((at.group(1), int(at.group(2))))
        self.more = any(re.match(r"and \d+ more", note) for note in notes)

    def shows(self, flags, at):
        """Whether it is about a place; a cause with more places than it lists is about those that its own settings show."""
        return at in self.places or (self.more and flags in self.ways)

    def kind(self):
        """What its settings are: one switch, several settings, or the cluster."""
        if "--kube-version" in self.flags or "--api-versions" in self.flags:
            return "cluster"
        if len(self.flags) > 2:
            return "several settings"
        return "one switch" if re.search("=(true|false)$", self.flags[-1]) else "one value"

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
    """What exploring a chart showed."""

    def __init__(self, binary, chart, *flags):
        self.chart = chart
        found = report(binary, "explore", chart, "--all", "--base", CORPUS, *flags) or {}
        self.causes = [Cause(chart, finding) for finding in found.get("findings", []) if "settings" in finding]
        explored = (found.get("explored") or [{}])[0]
        self.refused = {(refusal["file"], refusal["line"]) for refusal in explored.get("refusals", [])}
        self.exhausted, self.renderings = explored.get("exhausted", False), explored.get("renderings", 0)

    def errors(self):
        return self.of("error")

    def of(self, *severities):
        return [cause for cause in self.causes if cause.finding["severity"] in severities]


class Flipped:
    """What the plain method shows of a chart: `lint` once with each boolean of values.yaml the other way. What switches show first is theirs."""

    def __init__(self, binary, chart):
        self.chart = chart
        # Also what is refused on purpose without any setting.
        known = {place(finding) for finding in (report(binary, "lint", chart, "--base", CORPUS) or {}).get("findings", [])}
        self.switches, self.runs = {}, 1
        for path, value in booleans(own_values(chart)):
            switch = flag(path, not value)
            found = errors_of(report(binary, "lint", chart, "--base", CORPUS, "--set", switch))
            self.switches[switch] = [finding for finding in found if place(finding) not in known]
            self.runs += 1

    def causes(self, refused):
        """The switches that show something new, as `explore` groups it: what a switch breaks is one cause, and what another switch has
        broken before does not count again. Neither does what the chart refuses on purpose."""
        seen, causes = set(), {}
        for switch, found in self.switches.items():
            meant = [finding for finding in found if finding["rule"] != "values-schema" and (finding["file"], finding.get("line")) not in refused]
            new = [finding for finding in meant if place(finding) not in seen]
            seen |= {place(finding) for finding in new}
            if new:
                causes[switch] = new
        return causes


def is_installed(finding):
    """Whether Helm installs what is wrong: a key that is twice in a map. That is a warning of `explore`."""
    return "already set" in finding["message"]


def measured(work, items, threads):
    """What work makes of items, and the CPU seconds that its processes took."""
    before = cpu_seconds()
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        made = list(pool.map(work, items))
    return made, cpu_seconds() - before


def compare(binary, charts, explored, times):
    """Compares with the plain method; whether that finds something that exploring does not, or exploring finds too few causes in the same time."""
    flipped, seconds = measured(lambda chart: Flipped(binary, chart), charts, os.cpu_count())
    missed, errors, installed, places = [], 0, 0, 0
    for plain, one in zip(flipped, explored):
        for switch, found in plain.causes(one.refused).items():
            places += len(found)
            is_error = not all(is_installed(finding) for finding in found)
            errors += is_error
            installed += not is_error
            flags = shlex.join(["--set", switch])
            missed += [(one.chart, switch, finding) for finding in found if not any(cause.shows(flags, (finding["file"], finding.get("line"))) for cause in one.causes)]
    for chart, switch, finding in missed:
        print(f"missed: {chart}: --set {switch}: {finding['file']}:{finding.get('line')}: {finding['message'][:150]} [{finding['rule']}]")
    runs = sum(plain.runs for plain in flipped)
    print(f"plain method: {errors} causes ({places} places, and {installed} causes of keys that are twice) in {seconds:.1f} CPU s, {runs} runs of lint")
    fitting = None
    for renderings in RENDERINGS:
        same, used = measured(lambda chart: Explored(binary, chart, "--budget", "0", "--renderings", str(renderings)), charts, 1)
        found = [sum(len(one.of(severity)) for one in same) for severity in SEVERITIES]
        kinds = ", ".join(f"{count} {kind}" for kind, count in collections.Counter(cause.kind() for one in same for cause in one.errors()).most_common())
        print(
            f"explore --budget 0 --renderings {renderings}: {found[0]} errors ({kinds}), {found[1]} warnings, {found[2]} notes "
            f"in {used:.1f} CPU s, {sum(one.renderings for one in same)} renderings",
            flush=True,
        )
        if used > seconds:
            break
        fitting = found
    if not fitting:
        print("no number of renderings takes as little time as the plain method")
        return True
    plain = max(errors + installed, 1)
    ratios = [f"{sum(fitting[:count]) / plain:.2f} times as many {which}" for count, which in ((1, "errors"), (2, "errors and warnings"), (3, "causes"))]
    print(f"in the same CPU time: {', '.join(ratios)}")
    return bool(missed) or sum(fitting[:2]) < plain or sum(fitting) < times * plain


def clean_charts(binary, only):
    """The charts without errors with their defaults."""
    names = sorted(name for name in os.listdir(CORPUS) if re.search(only, name))
    charts = [os.path.join(CORPUS, name) for name in names]

    def is_clean(chart):
        found = report(binary, "lint", chart, "--base", CORPUS)
        return found is not None and not errors_of(found)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [chart for chart, clean in zip(charts, pool.map(is_clean, charts)) if clean]


def chosen_charts(arguments):
    """The charts that the arguments ask for, always the same; none without the data, which is said."""
    if not os.path.isdir(CORPUS):
        print("without charts: ../shared/conformance/charts-corpus is not here")
        return []
    charts = clean_charts(arguments.binary, arguments.only)
    return sorted(random.Random(SEED).sample(charts, min(arguments.charts, len(charts))))


def reproduced(cause, helm, cluster):
    """Whether Helm fails with the flags, or the API server refuses what it renders; and its words."""
    # Values files are named relative to the charts.
    flags = [os.path.join(CORPUS, part) if before == "-f" else part for before, part in zip(["", *cause.flags], cause.flags)]
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
    parser.add_argument("--renderings", type=int, default=100_000)
    parser.add_argument("--no-plain", action="store_true")
    parser.add_argument("--times", type=float, default=2.0)
    arguments = parser.parse_args()
    charts = chosen_charts(arguments)
    if not charts:
        return 0
    limits = ("--budget", arguments.budget, "--renderings", str(arguments.renderings))
    explored, seconds = measured(lambda chart: Explored(arguments.binary, chart, *limits), charts, 1)
    causes = [cause for one in explored for cause in one.causes]
    errors = [cause for one in explored for cause in one.errors()]
    with_causes = sum(bool(one.errors()) for one in explored)
    print(f"{len(charts)} charts, {with_causes} with an error, {sum(bool(one.causes) for one in explored)} with any; {len(errors)} errors, {len(causes) - len(errors)} notes")
    for rule, count in collections.Counter(cause.finding["rule"] for cause in errors).most_common():
        print(f"  {count:5} {rule}")
    print(f"explore {' '.join(limits)}: {len(errors)} causes in {seconds:.1f} CPU s; nothing was left to try in {sum(one.exhausted for one in explored)} charts")
    failed = not arguments.no_plain and compare(arguments.binary, charts, explored, arguments.times)
    if arguments.simulation and causes:
        failed |= sample(causes, arguments)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
