#!/usr/bin/env python3
"""Compares chartwright with the real Helm on charts with random faults.

Each case is a chart of a corpus with one to three random edits of its templates, values, Chart.yaml or schema. Both
programs run on it; compared are the bytes of standard output, whether it is refused, and, where it is, the first line
of the error. Every difference is printed as one line: the command, what differs, its class, the case and the first
pair of lines that differ. The last lines count them.

usage: mutate.py --cmd chartwright --helm helm [--helm3 helm3] --corpus DIR [--cases 3000] [--seed 1]
                 [--commands template,lint,helm3] [--jobs 2] [--keep DIR] [--case SEED/NUMBER] [--log-lines]

  --commands   template: `template` against Helm 4; lint: `lint --helm-rules` against `helm lint`;
               helm3: `template --compat helm3` against Helm 3 (needs --helm3)
  --keep       a directory that receives the chart of each difference
  --case       runs one case again, shows its edits and both answers
  --log-lines  also compares the log lines on standard error, in any order

A case is made from its seed and number alone, so it can be repeated. Output that is random in Helm (passwords, keys,
times, the order of Go's maps) does not count: where bytes differ, Helm runs again, and lines that two of its runs
disagree on are left out. A case in which a program runs longer than five seconds counts apart. Charts whose schemas
Helm fetches from the network, and charts of more than a megabyte, are not used.
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

TIME_LIMIT = 5
RUNS_OF_HELM = 5
MOST_BYTES = 1_000_000
KUBE_VERSION = "1.31.0"
LOG_LINE = re.compile(r"level=(DEBUG|INFO|WARN|ERROR) |WARNING: |[a-z_]+\.go:\d+: |\d{4}/\d\d/\d\d |[WIE]\d{4} ")

SCALARS = (
    "null ~ true false yes no on off 0 1 -1 1.0 1.10 1e3 0x1F 0o17 017 0b11 1_000 .5 .inf -.inf .nan -0.0 12345678901 "
    "9223372036854775808 18446744073709551616 2024-01-02 2024-01-02T03:04:05Z 12:30:45 [] {} '' \"\" \"1\" 'true' "
    "[a,b] {a:1} {a: 1} [1, [2]] !!str !!int *x &x & * | > |- % @ ` - ? : # 'it''s' \"\\t\\x41\\u00e9\" é 日本 <<: "
    "\"{{ .Values.x }}\" v1 v2 v3 apps/v1 =1 == ! !x"
).split(" ") + ["a: b", "a #b", "|\n  text", ">-\n  folded\n\n  text", "\t", " ", "", "!!binary aGk=", "!!float 1", "x\ty"]
FUNCTIONS = (
    "quote squote upper lower title trim trimSuffix indent nindent toYaml toJson fromYaml fromJson default required "
    "include tpl printf print len index first last rest initial uniq sortAlpha join split splitList keys values pick "
    "omit merge mergeOverwrite dict list set unset hasKey get dig has without compact int int64 float64 add sub mul "
    "div mod max min ceil floor round toString kindOf typeOf semverCompare b64enc b64dec sha256sum regexMatch "
    "regexReplaceAll replace contains hasPrefix hasSuffix ternary empty coalesce eq ne lt gt and or not lookup fail "
    "trunc abbrev camelcase kebabcase snakecase snakecase untitle substr nospace plural until untilStep seq date "
    "htmlDate toDate dateModify duration urlParse urlJoin base dir ext clean isAbs toToml fromToml toYamlPretty html "
    "js urlquery slice call deepCopy fromYamlArray fromJsonArray toRawJson mustToJson mustMerge atoi toDecimal"
).split()
FIELDS = "Values Chart Release Capabilities Files Template Subcharts Nope name Name Version AppVersion KubeVersion".split()
ACTIONS = [
    "{{ .Values }}", "{{ .Values | toYaml }}", "{{ .Chart | toJson }}", "{{ .Files }}", "{{ $.Release }}", "{{ . }}",
    "{{ $x := 1 }}", "{{ $x }}", "{{ end }}", "{{ else }}", "{{ if .Values }}", "{{ range .Values }}", "{{ with .x }}",
    "{{ .Values.a.b.c }}", "{{ include \"nope\" . }}", "{{ tpl .Values.x . }}", "{{ required \"needed\" .Values.none }}",
    "{{ fail \"broken\" }}", "{{- /* comment */ -}}", "{{/* open", "{{ template \"x\" }}", "{{ define \"x\" }}y{{ end }}",
    "{{ range $k, $v := .Values }}{{ $k }}{{ end }}", "{{ .Values.x | default (dict \"a\" 1) | toYaml }}", "{{ break }}",
    "{{ printf \"%d %s %v %q\" 1 2 .Values.x nil }}", "{{ index .Values \"a\" \"b\" }}", "{{ .Capabilities.APIVersions }}",
    "{{ block \"b\" . }}z{{ end }}", "{{ 1 | add 2 }}", "{{ list 1 2 | join \",\" }}", "{{ nil }}", "{{ true.x }}", "{{}}",
    "{{ `raw` }}", "{{ 'c' }}", "{{ \"unclosed }}", "{{ (1 }}", "{{ 1) }}", "{{ .a..b }}", "{{ $.Values.x := 2 }}",
    "{{ .Template.Name }}", "{{ .Release.Service }}", "{{ len .Values }}", "{{ mustToJson .Values }}", "{{ and .x .y }}",
    "{{ gt .Values.x 1 }}", "{{ eq .Values.x \"a\" }}", "{{ lt \"a\" 1 }}", "{{ semverCompare \">=1.2\" .Chart.Version }}",
]
CHARACTERS = "{}[]:,-#&*!|>'\"%@`\t\r\n\\ ~=\u00e9\u2028\u0085\ufeff\x00\x07\udcff\u00a0"
ACTION = re.compile(r"\{\{.*?\}\}")
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
ENTRY = re.compile(r"^(\s*(?:- )?[\w./-]+:)(\s+\S.*)?$")


class Corpus:
    """The charts, and template actions of all of them."""

    def __init__(self, directory):
        charts = sorted(path.parent for path in directory.glob("*/Chart.yaml"))
        self.charts = [chart for chart in charts if size(chart) <= MOST_BYTES and not fetches_schemas(chart)]
        actions = set(ACTIONS)
        for chart in self.charts:
            for file in chart.glob("templates/*"):
                if file.is_file():
                    actions.update(ACTION.findall(read(file)))
        self.actions = sorted(actions)


def size(chart):
    return sum(file.stat().st_size for file in chart.rglob("*") if file.is_file())


def fetches_schemas(chart):
    """Whether Helm needs the network for a schema, which chartwright does not use: docs/helm-differences.md."""
    return any(re.search(rb'"\$ref"\s*:\s*"https?:', schema.read_bytes()) for schema in chart.rglob("values.schema.json"))


def read(file):
    return file.read_bytes().decode("utf-8", "surrogateescape")


class Edit:
    """One random edit of a text; each method changes it in its own way, and may find nothing to change."""

    def __init__(self, generator, text, actions):
        self.generator, self.actions = generator, actions
        self.text = text
        self.lines = text.split("\n")

    def any_line(self, wanted=lambda line: line.strip()):
        """The number of a random line with something on it."""
        numbers = [number for number, line in enumerate(self.lines) if wanted(line)]
        return self.generator.choice(numbers) if numbers else None

    def any_match(self, pattern, replacement):
        """Replaces one random match; `replacement` is a function of the matched text."""
        matches = list(re.finditer(pattern, self.text))
        if matches:
            match = self.generator.choice(matches)
            self.text = self.text[: match.start()] + replacement(match.group()) + self.text[match.end() :]
            self.lines = self.text.split("\n")

    def change_line(self, change, wanted=lambda line: line.strip()):
        number = self.any_line(wanted)
        if number is not None:
            self.lines[number : number + 1] = change(self.lines[number])

    def delete_lines(self):
        number = self.any_line()
        if number is not None:
            del self.lines[number : number + self.generator.choice([1, 1, 1, 2, 3, 10])]

    def duplicate_line(self):
        self.change_line(lambda line: [line, line])

    def swap_lines(self):
        first, second = self.any_line(), self.any_line()
        if first is not None:
            second = self.generator.choice([second, min(first + 1, len(self.lines) - 1)])
            self.lines[first], self.lines[second] = self.lines[second], self.lines[first]

    def change_scalar(self):
        def change(line):
            match = ENTRY.match(line)
            return [match.group(1) + " " + self.generator.choice(SCALARS)]

        self.change_line(change, ENTRY.match)

    def number_to_text(self):
        self.any_match(r"(?<=[ \[(,])\d[\d.]*", lambda number: '"' + number + '"')

    def text_to_number(self):
        number = self.generator.choice(["1", "0", "1.5", "-3", "1e6", "0x10", "true", "nil"])
        self.any_match(r'"[^"\n]*"', lambda _: number)

    def break_quotes(self):
        quote = self.generator.choice("\"'`")
        self.any_match("[\"'`]", lambda _: self.generator.choice(["", quote, quote * 2]))

    def break_indentation(self):
        def change(line):
            blank = len(line) - len(line.lstrip(" "))
            return [self.generator.choice([line[min(blank, 2) :], line[1:] if blank else line, " " + line, "  " + line, "\t" + line])]

        self.change_line(change)

    def rename_word(self):
        def change(word):
            letters = self.generator.randrange(len(word))
            return self.generator.choice([word + "x", word[:letters] + word[letters + 1 :] or "y", word.swapcase(), word[::-1]])

        self.any_match(IDENTIFIER, change)

    def rename_field(self):
        self.any_match(r"(?<=\.)[A-Za-z]\w*", lambda _: self.generator.choice(FIELDS))

    def rename_function(self):
        self.any_match(r"(?<=[|{( ])(?:%s)(?=[ )|}])" % "|".join(FUNCTIONS), lambda _: self.generator.choice(FUNCTIONS))

    def shorten_path(self):
        self.any_match(r"\.[A-Za-z]\w*", lambda _: self.generator.choice(["", "..x", ".x.y"]))

    def delete_brace(self):
        self.any_match(r"[{}()\[\]]", lambda _: "")

    def double_brace(self):
        self.any_match(r"[{}()\[\]]", lambda brace: brace * 2)

    def trim_mark(self):
        self.any_match(r"\{\{-? ?| ?-?\}\}", lambda mark: self.generator.choice(["{{", "{{-", "{{- ", "}}", "-}}", " -}}"]))

    def insert_action(self):
        action = self.generator.choice(self.actions if self.generator.random() < 0.5 else ACTIONS)
        number = self.any_line()
        if number is not None:
            line = self.lines[number]
            at = self.generator.choice([0, len(line), self.generator.randrange(len(line) + 1)])
            self.lines[number] = line[:at] + action + line[at:]

    def insert_action_line(self):
        self.lines.insert(self.generator.randrange(len(self.lines) + 1), self.generator.choice(self.actions))

    def pipe(self):
        function = self.generator.choice(FUNCTIONS)
        self.any_match(r" -?\}\}", lambda end: " | " + function + end)

    def delete_action(self):
        self.any_match(ACTION, lambda _: "")

    def insert_character(self):
        at = self.generator.randrange(len(self.text) + 1)
        character = self.generator.choice(CHARACTERS)
        self.text = self.text[:at] + character + self.text[at:]
        self.lines = self.text.split("\n")

    def delete_character(self):
        if self.text:
            at = self.generator.randrange(len(self.text))
            self.text = self.text[:at] + self.text[at + 1 :]
            self.lines = self.text.split("\n")

    def insert_entry(self):
        key = self.generator.choice("name version metadata kind x y global nameOverride enabled annotations <<".split())
        self.change_line(lambda line: [line, line[: len(line) - len(line.lstrip())] + key + ": " + self.generator.choice(SCALARS)])

    def insert_separator(self):
        line = self.generator.choice(["---", "--- # c", "---x", "...", " ---", "--- ", "----", "# Source: x", "%YAML 1.1"])
        self.lines.insert(self.generator.randrange(len(self.lines) + 1), line)

    def to_list(self):
        self.change_line(lambda line: [re.sub(r"^(\s*)", r"\1- ", line)])

    def truncate(self):
        self.lines = self.lines[: self.generator.randrange(len(self.lines) + 1)]

    def carriage_returns(self):
        self.lines = [line + "\r" for line in self.lines]


ANYWHERE = (
    "delete_lines duplicate_line swap_lines change_scalar number_to_text text_to_number break_quotes break_indentation "
    "rename_word delete_brace double_brace insert_character delete_character insert_entry to_list truncate"
).split()
IN_TEMPLATES = (
    "rename_field rename_function shorten_path trim_mark insert_action insert_action insert_action_line pipe pipe "
    "delete_action insert_separator carriage_returns rename_field rename_function"
).split()


def editable(chart):
    """The files of a chart that edits are made in, by how often: templates half of the time."""
    files = [file for file in chart.rglob("*") if file.is_file() and not file.is_symlink()]
    name = lambda file: str(file.relative_to(chart))
    templates = [file for file in files if "templates/" in name(file) and file.suffix in (".yaml", ".yml", ".tpl", ".txt")]
    values = [file for file in files if file.name == "values.yaml"]
    metadata = [file for file in files if file.name in ("Chart.yaml", "requirements.yaml", "Chart.lock")]
    schemas = [file for file in files if file.name == "values.schema.json"]
    groups = [(5, templates), (2, values), (2, metadata), (1, schemas)]
    return [(weight, sorted(group)) for weight, group in groups if group]


def mutate(generator, chart, actions):
    """Makes one to three edits in a chart, and returns their names."""
    groups = editable(chart)
    made = []
    for _ in range(generator.choice([1, 1, 1, 2, 2, 3])):
        group = generator.choices([group for _, group in groups], [weight for weight, _ in groups])[0]
        file = generator.choice(group)
        is_template = "templates/" in str(file.relative_to(chart))
        name = generator.choice(ANYWHERE + IN_TEMPLATES * 2 if is_template else ANYWHERE)
        edit = Edit(generator, read(file), actions)
        before = edit.lines[:]
        getattr(edit, name)()
        if edit.lines != before:
            file.write_bytes("\n".join(edit.lines).encode("utf-8", "surrogateescape"))
        made.append("%s:%s" % (name, file.relative_to(chart)))
    return made


def set_flags(generator):
    """Now and then, flags that set values."""
    if generator.random() > 0.15:
        return []
    path = generator.choice(["a", "a.b", "global.x", "image.tag", "image", "replicaCount", "nameOverride", "x[0].y", "service"])
    value = generator.choice(["null", "1", "", "true", "x", "{a,b}", "1.10", "2024"])
    return [generator.choice(["--set", "--set-string"]), path + "=" + value]


class Answer:
    """What a program printed."""

    def __init__(self, command, directory):
        self.timed_out = False
        try:
            run = subprocess.run(command, cwd=directory, capture_output=True, timeout=TIME_LIMIT, stdin=subprocess.DEVNULL)
            self.status, self.stdout, self.stderr = run.returncode, run.stdout, run.stderr
        except subprocess.TimeoutExpired:
            self.timed_out, self.status, self.stdout, self.stderr = True, 1, b"", b""
        lines = self.stderr.decode("utf-8", "replace").split("\n")
        self.log = sorted(line for line in lines if LOG_LINE.match(line))
        shown = [line for line in lines if not LOG_LINE.match(line)]
        self.error = shown[0] if self.status != 0 and shown else ""

    @property
    def crashed(self):
        return self.status < 0 or self.status > 3


def without_random_lines(ours, runs):
    """Whether our output is that of a run of Helm, except for lines on which its runs disagree."""
    if any(ours == run for run in runs):
        return True
    lines = [run.split(b"\n") for run in runs]
    own = ours.split(b"\n")
    if any(len(other) != len(own) for other in lines):
        return sorted(own) in [sorted(other) for other in lines]
    agreed = [len(set(column)) == 1 for column in zip(*lines)]
    return all(mine == first or not same for mine, first, same in zip(own, lines[0], agreed))


def compare(ours, helm, again, log_lines):
    """What differs, with both sides of the first difference; nothing if all is the same."""
    if ours.timed_out or helm.timed_out:
        return ("timeout", "helm" if helm.timed_out else "chartwright", "")
    if ours.crashed:
        return ("crash", "", ours.stderr.decode("utf-8", "replace")[:200])
    runs = [helm]

    def once_more():
        if len(runs) == 1:
            answers = [again() for _ in range(RUNS_OF_HELM - 1)]
            runs.extend(answer for answer in answers if not answer.timed_out)

    if (ours.status == 0) != (helm.status == 0):
        once_more()
        if all((ours.status == 0) != (run.status == 0) for run in runs):
            return ("status", helm.error or "accepted", ours.error or "accepted")
    if ours.stdout != helm.stdout:
        once_more()
        if not without_random_lines(ours.stdout, [run.stdout for run in runs]):
            return ("stdout", *first_pair(helm.stdout, ours.stdout))
    if ours.error != helm.error:
        once_more()
        if ours.error not in [run.error for run in runs]:
            return ("error", helm.error, ours.error)
    if log_lines and ours.log != helm.log:
        once_more()
        if ours.log not in [run.log for run in runs]:
            return ("log", *first_pair("\n".join(helm.log).encode(), "\n".join(ours.log).encode()))
    return None


def first_pair(helm, ours):
    """The first lines that differ."""
    helm, ours = helm.split(b"\n"), ours.split(b"\n")
    number = next((at for at, pair in enumerate(zip(helm, ours)) if pair[0] != pair[1]), min(len(helm), len(ours)))
    line = lambda lines: repr(lines[number])[2:-1] if number < len(lines) else "<end>"
    return line(helm), line(ours)


CLASSES = [
    ("schema", re.compile(r"values don't meet the specifications|metaschema|values\.schema\.json|- at '")),
    ("template syntax", re.compile(r"parse error at")),
    ("template execution", re.compile(r"executing \"|error calling|nil pointer")),
    ("rendered YAML", re.compile(r"YAML parse error|unable to parse YAML")),
    ("Chart.yaml", re.compile(r"Chart\.yaml|chart\.metadata|chart metadata|validation:")),
    ("values", re.compile(r"values\.yaml|type mismatch|coalesc")),
    ("dependencies", re.compile(r"dependenc|subchart")),
]


def class_of(helm, ours):
    text = helm + "\n" + ours
    return next((name for name, pattern in CLASSES if pattern.search(text)), "output")


def commands_of(options, chart, flags):
    """For each command its name, ours and Helm's."""
    rest = [chart, "--kube-version", KUBE_VERSION, *flags]
    known = {
        "template": ([options.cmd, "template", "r", *rest], [options.helm, "template", "r", *rest]),
        "lint": ([options.cmd, "lint", "--helm-rules", *rest], [options.helm, "lint", *rest]),
        "helm3": ([options.cmd, "template", "--compat", "helm3", "r", *rest], [options.helm3, "template", "r", *rest]),
    }
    return [(name, *known[name]) for name in options.commands.split(",")]


def run_case(options, corpus, case):
    """One case: its differences as (command, kind, helm, ours, description)."""
    generator = random.Random(case)
    original = generator.choice(corpus.charts)
    with tempfile.TemporaryDirectory(prefix="mutate") as directory:
        chart = pathlib.Path(directory) / original.name
        shutil.copytree(original, chart, symlinks=True)
        edits = mutate(generator, chart, corpus.actions)
        flags = set_flags(generator)
        found = []
        for name, ours, helm in commands_of(options, original.name, flags):
            answers = Answer(ours, directory), Answer(helm, directory)
            again = lambda: Answer(helm, directory)
            difference = compare(*answers, again, options.log_lines)
            if options.case:
                show(name, *answers)
            if difference:
                found.append((name, *difference, "%s %s %s %s" % (case, original.name, ",".join(edits), " ".join(flags))))
        if options.case:
            print(original.name, *edits, *flags)
            subprocess.run(["diff", "-ru", str(original), str(chart)], check=False)
        kept = [difference for difference in found if difference[1] != "timeout"]
        if options.keep and kept:
            shutil.copytree(chart, pathlib.Path(options.keep) / case.replace("/", "-") / original.name, symlinks=True, dirs_exist_ok=True)
        return found


def show(name, ours, helm):
    for whose, answer in (("chartwright", ours), ("helm", helm)):
        print("== %s %s: %s" % (name, whose, "timeout" if answer.timed_out else answer.status))
        sys.stdout.write(answer.stderr.decode("utf-8", "replace")[:2000])
    if ours.stdout != helm.stdout:
        with tempfile.TemporaryDirectory() as directory:
            for whose, answer in (("helm", helm), ("ours", ours)):
                (pathlib.Path(directory) / whose).write_bytes(answer.stdout)
            sys.stdout.flush()
            subprocess.run(["diff", "-a", "helm", "ours"], cwd=directory, check=False)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cmd", required=True, type=os.path.abspath)
    parser.add_argument("--helm", required=True, type=os.path.abspath)
    parser.add_argument("--helm3", type=os.path.abspath)
    parser.add_argument("--corpus", required=True, type=pathlib.Path)
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--commands", default="template,lint,helm3")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep")
    parser.add_argument("--case")
    parser.add_argument("--log-lines", action="store_true")
    options = parser.parse_args()
    if "helm3" in options.commands and not options.helm3:
        parser.error("--commands helm3 needs --helm3")
    return options


def main():
    options = arguments()
    corpus = Corpus(options.corpus.resolve())
    cases = [options.case] if options.case else ["%s/%d" % (options.seed, number) for number in range(options.cases)]
    counts = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for found in pool.map(lambda case: run_case(options, corpus, case), cases):
            for command, kind, helm, ours, description in found:
                kind_of = "timeout" if kind == "timeout" else class_of(helm, ours)
                counts[command, kind, kind_of] += 1
                print("%s\t%s\t%s\t%s\t%s\t%s" % (command, kind, kind_of, description, helm[:300], ours[:300]), flush=True)
    print("%d cases of each of %s" % (len(cases), options.commands))
    for (command, kind, kind_of), count in sorted(counts.items()):
        print("%6d %s %s %s" % (count, command, kind, kind_of))
    sys.exit(1 if any(kind != "timeout" for _, kind, _ in counts) else 0)


if __name__ == "__main__":
    main()
