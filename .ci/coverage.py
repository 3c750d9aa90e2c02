#!/usr/bin/env python3
"""Compares what `chartwright coverage` says was executed of public charts' templates with what Helm executes.

    coverage.py BINARY [--charts DIR] [--count 50]

COUNT charts of ../shared/conformance/charts-corpus, of those that Helm renders with their default values and that have branches, are chosen with
a fixed seed. Lines, branches and definitions must be the same ones, and each must be executed as often as in Helm's rendering. What Helm executes
is counted by tests/oracles/coverage: Helm's own program, built with a text/template whose functions count (see PATCHES), so that nothing is put
into templates. Its output must be the same bytes as that of the program built without them; a chart of which it is not is left out.
Other values files of a chart are taken away before, or with --all-values used by both. With `none` for BINARY, only Helm's outputs are compared.
Without the data, this says so and passes. Needs Go.
"""
import argparse
import collections
import concurrent.futures
import glob
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

CORPUS = os.path.join("..", "shared", "conformance", "charts-corpus", "charts")
ORACLE = os.path.join("tests", "oracles", "coverage")
BUILT = os.path.join("target", "ci-tools", "coverage")
SEED = 20260101
KUBERNETES = "1.35"
RELEASE = "release-name"
DEFAULTS = "default values"
# What a chart is rendered with besides its default values.
OTHER_VALUES = ("values-*.yaml", "ci/*.yaml")
# Why charts are left out that say nothing. Others are named.
NOT_RENDERED, NO_BRANCHES = "Helm does not render it", "it has no branches"
EXPECTED = (NOT_RENDERED, NO_BRANCHES)
# Changes of files of Go's standard library: what is replaced, which must be there once, and by what.
PATCHES = {
    "text/template/parse/parse.go": [
        ("\tt.parse()\n\tt.add()\n", "\tt.parse()\n\tParsed(t, text, -1)\n\tt.add()\n"),
        ("\tt.add()\n\tt.stopParse()\n}\n", "\tParsed(t, t.text, int(name.pos))\n\tt.add()\n\tt.stopParse()\n}\n"),
        ("\tblock.add()\n", "\tParsed(block, block.text, int(token.pos))\n\tblock.add()\n"),
    ],
    "text/template/exec.go": [
        (
            "func (s *state) walk(dot reflect.Value, node parse.Node) {\n",
            "func (s *state) walk(dot reflect.Value, node parse.Node) {\n\tWalked(node)\n",
        ),
        (
            '\t\ts.errorf("if/with can\'t use %v", val)\n\t}\n',
            '\t\ts.errorf("if/with can\'t use %v", val)\n\t}\n\tBranched(pipe, truth)\n',
        ),
        (
            "\toneIteration := func(index, elem reflect.Value) {\n",
            "\thasItems := false\n\tdefer func() {\n\t\trefused := recover()\n\t\tif hasItems || refused == nil {\n\t\t\tBranched(r.Pipe, hasItems)\n\t\t}\n"
            "\t\tif refused != nil {\n\t\t\tpanic(refused)\n\t\t}\n\t}()\n"
            "\toneIteration := func(index, elem reflect.Value) {\n\t\thasItems = true\n",
        ),
        (
            "\t\tfor _, arg := range args {\n\t\t\tv = s.evalArg(dot, argType, arg).Interface().(reflect.Value)\n",
            "\t\tfor index, arg := range args {\n\t\t\tv = s.evalArg(dot, argType, arg).Interface().(reflect.Value)\n"
            '\t\t\tif truth(v) == (name == "or") || index == len(args)-1 && isMissing(final) {\n\t\t\t\tArgued(node, index+1)\n\t\t\t}\n',
        ),
        (
            "\t\t\tv = unwrap(s.validateType(final, argType))\n",
            "\t\t\tv = unwrap(s.validateType(final, argType))\n\t\t\tArgued(node, len(args)+1)\n",
        ),
        ("\tv, err := safeCall(fun, argv)\n", "\tCalled(node, name, argv)\n\tv, err := safeCall(fun, argv)\n"),
    ],
}
ADDED = {"text/template/parse/coverage.go": "parse", "text/template/coverage.go": "template"}


def run(command, **settings):
    return subprocess.run(command, capture_output=True, timeout=600, **settings)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def patched(path, patches):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for old, new in patches:
        if text.count(old) != 1:
            sys.exit(f"{path} has {text.count(old)} times what is replaced: this version of Go needs other PATCHES: {old!r}")
        text = text.replace(old, new)
    return text


def build():
    """The programs: Helm, and the one that counts. Go builds again only what has changed."""
    go = shutil.which("go") or "/usr/local/go/bin/go"
    if not os.path.exists(go):
        sys.exit("go is not installed")
    environment = dict(os.environ, GOFLAGS="-mod=mod")
    root = run([go, "env", "GOROOT"], cwd=ORACLE, env=environment, text=True).stdout.strip()
    replaced = {}
    for name, patches in PATCHES.items():
        source, path = os.path.join(root, "src", name), os.path.abspath(os.path.join(BUILT, "go", name))
        write(path, patched(source, patches))
        replaced[source] = path
    for name, package in ADDED.items():
        replaced[os.path.join(root, "src", name)] = os.path.abspath(os.path.join(ORACLE, "hooks", package, "hooks.go"))
    overlay = os.path.abspath(os.path.join(BUILT, "overlay.json"))
    write(overlay, json.dumps({"Replace": replaced}))
    programs = []
    for name, flags in (("helm", []), ("counted", ["-tags", "counted", "-overlay", overlay])):
        program = os.path.abspath(os.path.join(BUILT, name))
        subprocess.run([go, "build", *flags, "-o", program, "."], cwd=ORACLE, env=environment, check=True)
        programs.append(program)
    return programs


class Outcome:
    """The result for a chart: the hits in Helm and the lines of definitions, and each difference; or why it was left out."""

    def __init__(self, name):
        self.name = name
        self.left_out = None
        self.helm = ({}, {})
        self.differences = []
        # Definitions that are said to be on another line than their name.
        self.later = 0


class LeftOut(Exception):
    """Why a chart is not compared."""


def copied(chart, to, all_values):
    """A copy of a chart, without the values files that it would be rendered with besides its defaults."""
    path = os.path.join(to, os.path.basename(chart))
    shutil.copytree(chart, path, ignore_dangling_symlinks=True)
    for pattern in () if all_values else OTHER_VALUES:
        for name in glob.glob(os.path.join(glob.escape(path), pattern)):
            os.remove(name)
    return path


def helm_environment(directory):
    """Without the settings, the plugins and the cluster of whoever runs this."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HELM_")}
    homes = {name: os.path.join(directory, ".helm") for name in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")}
    return dict(kept, KUBECONFIG=os.devnull, **homes)


def is_same_output(output, plain, render):
    """Whether an output is that of the program without counts, except in lines that are different each time."""
    if output == plain:
        return True
    again = render().stdout
    lines = [text.split(b"\n") for text in (output, plain, again)]
    if again == plain or len({len(each) for each in lines}) > 1:
        return False
    return all(counted == one for counted, one, other in zip(*lines) if one == other)


def helm_counts(programs, chart, values):
    """What Helm executes in one rendering, as a document for each file."""
    helm, counted = programs
    directory = os.path.dirname(chart)
    environment = helm_environment(directory)
    flags = ["template", RELEASE, chart, "--namespace", "default", "--kube-version", KUBERNETES]
    flags += ["--values", os.path.join(chart, values)] if values else []
    written = os.path.join(directory, "counts.json")

    def render():
        return run([helm, *flags], env=environment)

    plain = render()
    if plain.returncode:
        raise LeftOut(f"Helm does not render it with {values}, which is reported" if values else NOT_RENDERED)
    output = run([counted, *flags], env=dict(environment, COVERAGE_FILE=written))
    if output.returncode or not is_same_output(output.stdout, plain.stdout, render):
        raise LeftOut("its output with counts is another")
    with open(written, encoding="utf-8") as file:
        return json.load(file)["files"] or []


def add_facts(documents, hits, lines):
    """Adds the hits of everything in the files, by what it is, and the lines that definitions may be said to be on."""
    def add(count, *key):
        hits[key] = hits.get(key, 0) + count

    for document in documents:
        name, repeated = document.get("template") or document.get("path"), collections.Counter()
        for line in document.get("lines") or []:
            add(line["hits"], name, "line", line["line"], 0, "")
        for branch in document.get("branches") or []:
            add(branch["hits"], name, "branch", branch["line"], branch["column"], f"{branch['kind']}: {branch['outcome']}")
        for definition in document.get("definitions") or []:
            # One file may have a name twice.
            repeated[definition["name"]] += 1
            key = (name, "definition", 0, 0, f"{definition['name']}" + " again" * (repeated[definition["name"]] - 1))
            add(definition["hits"], *key)
            lines[key] = [definition["line"], definition.get("body", definition["line"])]
    return hits, lines


def ours(binary, chart):
    """The renderings and the facts that the program reports; or why there are none."""
    command = [binary, "coverage", chart, "--report", "json", "--kube-version", KUBERNETES]
    try:
        shown = run(command, cwd=os.path.dirname(chart))
    except (subprocess.TimeoutExpired, OSError) as error:
        return None, f"{type(error).__name__}: {error}"
    try:
        charts = json.loads(shown.stdout)["charts"]
        if len(charts) != 1:
            return None, f"{len(charts)} charts instead of one"
        return (charts[0].get("renderings") or [DEFAULTS], add_facts(charts[0]["files"], {}, {})), None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        text = (shown.stderr + shown.stdout).decode("utf-8", "replace").strip()[:300]
        return None, f"exit {shown.returncode}, {type(error).__name__} {error}: {text}"


def differences(helm, reported):
    """What is not the same, and in which way: the place, what it is, what Helm has, and what we have."""
    (theirs, their_lines), (own, own_lines) = helm, reported
    found = []
    for key in sorted(theirs.keys() | own.keys()):
        template, what, line, column, detail = key
        pair = (theirs.get(key), own.get(key))
        text = f"{what} {detail}".strip()
        line = their_lines.get(key, own_lines.get(key, [line]))[0]
        place = f"{template}:{line}:{column}" if column else f"{template}:{line}"
        if None in pair:
            found.append(("listed by one alone", place, text, *pair))
        elif pair[0] != pair[1]:
            found.append(("another count" if all(pair) else "covered in one alone", place, text, *pair))
        elif key in own_lines and own_lines[key][0] not in their_lines[key]:
            found.append(("another line", place, text, their_lines[key][0], own_lines[key][0]))
    return found


def rendering_values(chart, label):
    """The values file of a rendering, by what it is called."""
    if label == DEFAULTS:
        return None
    if not os.path.isfile(os.path.join(chart, label)):
        raise LeftOut(f"it is not clear what {label!r} is")
    return label


def examine(programs, binary, chart, all_values):
    outcome = Outcome(os.path.basename(chart))
    with tempfile.TemporaryDirectory() as directory:
        try:
            copy = copied(chart, directory, all_values)
            outcome.helm = helm = add_facts(helm_counts(programs, copy, None), {}, {})
            if not any(key[1] == "branch" for key in helm[0]):
                raise LeftOut(NO_BRANCHES)
            if binary is None:
                return outcome
            report, failure = ours(binary, copy)
            if failure:
                outcome.differences = [("no report", outcome.name, failure, None, None)]
                return outcome
            labels, own = report
            if labels != [DEFAULTS]:
                outcome.helm = helm = ({}, {})
                for label in labels:
                    add_facts(helm_counts(programs, copy, rendering_values(copy, label)), *helm)
            outcome.differences = differences(helm, own)
            outcome.later = sum(lines[0] != helm[1][key][0] for key, lines in own[1].items() if key in helm[1])
        except LeftOut as reason:
            outcome.left_out = str(reason)
        except (subprocess.TimeoutExpired, OSError, shutil.Error) as error:
            outcome.left_out = f"{type(error).__name__}: {error}"[:200]
    return outcome


def examined(programs, binary, charts, options):
    """The outcomes of charts, until enough are compared."""
    outcomes, compared = [], 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        while charts and compared < options.count:
            some, charts = charts[:10], charts[10:]
            for outcome in pool.map(lambda chart: examine(programs, binary, chart, options.all_values), some):
                if compared < options.count:
                    outcomes.append(outcome)
                    compared += outcome.left_out is None
    return outcomes


def table(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())


def show(outcomes, limit):
    """The table of differences, why charts are left out, and the sums; how many differ."""
    compared = [outcome for outcome in outcomes if outcome.left_out is None]
    rows = [("chart", "difference", "place", "what", "Helm", "ours")]
    for outcome in compared:
        for kind, place, what, theirs, own in outcome.differences:
            rows.append((outcome.name, kind, place, what, *("-" if hits is None else str(hits) for hits in (theirs, own))))
    if len(rows) > 1:
        table(rows[:limit + 1])
    if len(rows) - 1 > limit:
        print(f"and {len(rows) - 1 - limit} more")
    for reason, number in sorted(collections.Counter(outcome.left_out for outcome in outcomes if outcome.left_out).items()):
        names = [outcome.name for outcome in outcomes if outcome.left_out == reason]
        print(f"left out: {reason}: {number}", *([] if reason in EXPECTED else names))
    kinds = collections.Counter(row[1] for row in rows[1:])
    if kinds:
        print(*(f"{kind}: {number}" for kind, number in sorted(kinds.items())), sep=", ")
    later = sum(outcome.later for outcome in compared)
    if later:
        print(f"definitions that are reported on the line of their content, not on that of their name: {later}")
    numbers = collections.Counter(key[1] for outcome in compared for key in outcome.helm[0])
    print(f"{len(compared)} charts, {numbers['line']} lines, {numbers['branch']} branches, {numbers['definition']} definitions: {len(rows) - 1} differ")
    return len(rows) - 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--charts", default=CORPUS, help="the directory of charts")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--all-values", action="store_true", help="keep the other values files, and count their renderings too")
    parser.add_argument("--show", type=int, default=200, help="how many differences are shown")
    options = parser.parse_args()
    if not os.path.isdir(options.charts):
        print("no conformance data beside the project: nothing was compared")
        return 0
    binary = None if options.binary == "none" else os.path.abspath(options.binary)
    programs = build()
    charts = sorted(os.path.join(options.charts, name) for name in os.listdir(options.charts))
    charts = [os.path.abspath(chart) for chart in charts if os.path.isfile(os.path.join(chart, "Chart.yaml"))]
    random.Random(SEED).shuffle(charts)
    outcomes = examined(programs, binary, charts, options)
    differ = show(outcomes, options.show)
    if not any(outcome.left_out is None for outcome in outcomes):
        print("nothing was compared")
        return 1
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
