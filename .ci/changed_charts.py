#!/usr/bin/env python3
"""Compares the charts that `chartwright ci --plan --since` finds changed with those of `ct list-changed`, commit by commit.

    changed_charts.py PROGRAM CT

A repository is made from the public charts beside the project (without them, from small ones) and from charts that are hard to tell apart.
After each of 50 commits, changes are counted from several bases. Where the two programs differ on purpose, a rule of `differences` says
exactly for which charts; a rule that no commit needs fails as well. Dependents, which ct does not know, are computed here.
"""
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

CORPUS = os.path.abspath(os.path.join("..", "shared", "conformance", "charts-corpus", "charts"))
COMMITS = 50
CHART_DIRS = ["charts", "libs", "platform/apps"]
OURS = "oci://registry.example.com/charts"
SETTINGS = "target-branch: main\nchart-dirs: [charts, libs/, platform/apps]\nexcluded-charts: [retired]\nexclude-deprecated: true\n"
IGNORED = "only files that .helmignore names"
LIST_CHANGED = ("list-changed", "--config", "ct.yaml", "--target-branch")


def run(*command):
    return subprocess.run(command, capture_output=True, encoding="utf-8", errors="surrogateescape")


def git(*arguments):
    done = run("git", *arguments)
    if done.returncode:
        sys.exit(f"git {arguments}: {done.stderr}")
    return done.stdout


def names(*arguments):
    """What git prints with zero bytes after the names."""
    return git(*arguments, "-z").split("\0")[:-1]


def commit(number, message):
    """Commits everything, as the tip that ct compares with."""
    os.environ["GIT_AUTHOR_DATE"] = os.environ["GIT_COMMITTER_DATE"] = f"{1_700_000_000 + number} +0000"
    git("add", "--all")
    git("commit", "--quiet", "--message", message)
    git("update-ref", "refs/remotes/origin/tip", "HEAD")
    git("update-ref", "refs/remotes/origin/main", "main")


def write(name, text, mode="w"):
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    with open(name, mode, encoding="utf-8") as file:
        file.write(text)


def edit(*files):
    """Adds a line to files, and makes those that are missing."""
    for name in files:
        write(name, "\n# Another line.\n", "a")


def metadata(chart):
    """The texts that name what a chart depends on."""
    text = ""
    for path in filter(os.path.isfile, (f"{chart}/Chart.yaml", f"{chart}/requirements.yaml")):
        with open(path, encoding="utf-8", errors="replace") as file:
            text += file.read() + "\n"
    return text


def make_chart(path, *dependencies, version="1.2.3", more=""):
    """A small chart. It depends on paths, and on ranges of versions of the chart `web` in a repository of ours."""
    name = os.path.basename(path)
    text = f"apiVersion: v2\nname: {name}\nversion: {version}\n{more}" + ("dependencies:\n" if dependencies else "")
    for needed in dependencies:
        by_path = needed.startswith(".")
        other, versions, url = (os.path.basename(needed), ">=0", f"file://{needed}") if by_path else ("web", needed, OURS)
        text += f'- {{name: {other}, version: "{versions}", repository: "{url}"}}\n'
    write(f"{path}/Chart.yaml", text)
    write(f"{path}/values.yaml", "".join(f"{name}-{number}: {number}\n" for number in range(9)))
    write(f"{path}/templates/a.yaml", f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n" + f"# {path}\n" * 9)


def make_charts():
    """The charts of the first commit: every other public one, or small ones without them, and those that are hard."""
    public = sorted(os.listdir(CORPUS))[::2] if os.path.isdir(CORPUS) else []
    for at, _, files in (step for name in public for step in os.walk(os.path.join(CORPUS, name), followlinks=True)):
        copy = os.path.join("charts", os.path.relpath(at, CORPUS))
        os.makedirs(copy)
        for name in files:
            shutil.copyfile(os.path.join(at, name), os.path.join(copy, name))
    for number in range(0 if public else 60):
        needs = [f"../small{number - 7}"] if number % 5 == 3 and number > 7 else []
        make_chart(f"charts/small{number}", *needs, more="deprecated: true\n" if number % 6 == 4 else "")
    for path, *needs in [
        ("charts/web",), ("charts/web/examples/api",), ("charts/two words",), ("charts/größe",), ("charts/.hidden",), ("charts/broken",),
        ("charts/retired", "../größe"), ("charts/uses-retired", "../retired"), ("charts/uses-web", "../web"),
        ("charts/uses-both", "../uses-web"), ("charts/uses-api", "../web/examples/api"), ("charts/uses-range", "1.x"),
        ("charts/removed", "../web"), ("charts/uses-removed", "../removed"), ("charts/moved",), ("charts/uses-moved", "./../moved"),
        ("charts/host",), ("charts/host/examples/api",), ("libs/common/charts/base",), ("platform/apps/store", "1.x"),
        ("platform/apps/shop", "../../../libs/common", "../store"), ("shared/tools/charts/inner",), ("shared/tools",),
        ("charts/uses-tools", "../../shared/tools"), ("charts/uses-inner", "../../shared/tools/charts/inner"), ("charts/uses-old", "../old"),
    ]:
        make_chart(path, *needs)
    make_chart("charts/old", "../two words", more="deprecated: true\n")
    make_chart("libs/common", "./charts/base", more="type: library\n")
    write("charts/broken/Chart.yaml", "name: [\n")
    write("charts/web/.helmignore", "docs/\n")
    write("ct.yaml", SETTINGS)


def special_changes():
    """Makes changes that are hard to map to charts. Gives after each of them what it is."""
    for what, change, *arguments in [
        ("a chart that others depend on", edit, "charts/web/values.yaml"), ("a nested chart", edit, "charts/web/examples/api/values.yaml"),
        ("a chart with a space in its name", edit, "charts/two words/values.yaml"),
        ("a chart with other letters", edit, "charts/größe/values.yaml"), ("a file with other letters", edit, "charts/web/größe.txt"),
        ("a file of no chart", edit, "charts/README.md", "charts/notes/README.md"), ("an excluded chart", edit, "charts/retired/values.yaml"),
        ("nothing of charts", edit, "README.md", "docs/README.md", "chartless/values.yaml"), (IGNORED, edit, "charts/web/docs/a.md"),
        ("a deprecated chart", edit, "charts/old/values.yaml"), ("a library", edit, "libs/common/templates/a.yaml"),
        ("the chart in a library", edit, "libs/common/charts/base/values.yaml"), ("a chart elsewhere", edit, "shared/tools/values.yaml"),
        ("a chart in one elsewhere", edit, "shared/tools/charts/inner/values.yaml"),
        ("a chart that cannot be read", edit, "charts/broken/values.yaml"), ("a hidden chart", edit, "charts/.hidden/values.yaml"),
        ("a file moved to another chart", shutil.move, "charts/web/templates/a.yaml", "charts/two words/templates/b.yaml"),
        ("a file moved to another directory of charts", shutil.move, "platform/apps/shop/templates/a.yaml", "libs/common/templates/b.yaml"),
        ("a file renamed", shutil.move, "charts/größe/templates/a.yaml", "charts/größe/templates/b.yaml"),
        ("a chart moved", shutil.move, "charts/moved", "libs/moved"), ("a mode only", os.chmod, "platform/apps/store/values.yaml", 0o755),
        ("a new chart", make_chart, "charts/new", "../größe"), ("a chart removed", shutil.rmtree, "charts/removed"),
        ("only the Chart.yaml removed", os.remove, "charts/host/Chart.yaml"),
        ("a chart in a directory that no longer is one", edit, "charts/host/examples/api/values.yaml", "charts/host/values.yaml"),
        ("what is reverted next", edit, "charts/uses-inner/values.yaml", "charts/two words/Chart.yaml"),
        ("reverted", git, "revert", "--no-commit", "HEAD"), ("a link", os.symlink, "../web/values.yaml", "charts/new/values-web.yaml"),
        ("a dependency less", make_chart, "charts/uses-web"),
    ]:
        change(*arguments)
        yield what
    shutil.move("charts/two words/templates/b.yaml", "charts/web/templates/b.yaml")
    edit("charts/web/templates/b.yaml")
    yield "a file moved and edited"
    for version, is_in in (("2.0.0", "out of"), ("1.3.0", "in")):
        make_chart("charts/web", version=version)
        yield f"a version {is_in} the range of dependents"
    git("checkout", "--quiet", "-b", "topic")
    edit("charts/two words/values.yaml", "platform/apps/store/values.yaml")
    yield "the first commit of the branch"
    git("checkout", "--quiet", "main")
    edit("charts/web/values.yaml", "libs/moved/values.yaml")
    yield "a commit of main after it"
    git("checkout", "--quiet", "topic")
    make_chart("platform/apps/store", "1.x")
    edit("charts/uses-old/values.yaml")
    yield "a commit of the branch that undoes some of it"
    git("checkout", "--quiet", "main")
    git("merge", "--quiet", "--no-ff", "--no-commit", "topic")
    yield "a merge"


def random_change(rng, number):
    """Changes files of a few charts, and says how."""
    files = [name for name in names("ls-files") if name.startswith("charts/") and not name.endswith("Chart.yaml")]
    kinds = [rng.choice(["edit", "edit", "add", "remove", "rename", "move"]) for _ in range(rng.randint(1, 9))]
    for name, kind in zip(rng.sample([name for name in files if os.path.isfile(name)], len(kinds)), kinds):
        if kind in ("edit", "add"):
            edit(name if kind == "edit" else f"{name}.added")
        elif kind == "remove":
            os.remove(name)
        else:
            other = name if kind == "rename" else rng.choice(files)
            shutil.move(name, f"{os.path.dirname(other)}/moved-{number}-{os.path.basename(name)}")
    return "random: " + " ".join(kinds)


def needs_of(chart, charts):
    """The charts that one depends on, and the directories of others that it depends on by path."""
    needed, elsewhere, waiting = set(), set(), [chart]
    while waiting:
        directory = waiting.pop()
        for _, path in re.findall(r"^(?:- \{.*|[ -]*)\brepository: *([\"']?)file://(.*?)\1(?=[\s,}]|$)", metadata(directory), re.M):
            path = os.path.normpath(os.path.join(directory, path))
            if path in charts:
                needed.add(path)
            elif path not in elsewhere:
                elsewhere.add(path)
                waiting.append(path)
    for major in re.findall(rf'name: web, version: "(\d+)\.x", repository: "{OURS}"', charts[chart]):
        if re.search(rf"^version: {major}\.", charts["charts/web"], re.M):
            needed.add("charts/web")
    return needed - {chart}, elsewhere


def differences(base):
    """What each chart that is checked needs; and by rule the charts that we find changed and ct need not, and those that we never list."""
    found = (f"{root}/{name}" for root in CHART_DIRS for name in os.listdir(root))
    charts = {path: metadata(path) for path in found if path != "charts/retired" and os.path.isfile(f"{path}/Chart.yaml")}
    shown, files, old_names = names("diff", "--find-renames", "--name-status", base), [], []
    while shown:
        if shown.pop(0).startswith("R"):
            old_names.append(shown.pop(0))
        files.append(shown.pop(0))
    untracked = names("ls-files", "--others", "--exclude-standard")

    owners = lambda files: {"/".join(name.split("/")[:depth]) for name in files for depth in (2, 3)} & charts.keys()
    deprecated = {chart for chart, text in charts.items() if re.search(r"^deprecated: *true", text, re.M)}
    hidden = {chart for chart in charts if os.path.basename(chart).startswith(".")}
    checked = {chart: text for chart, text in charts.items() if chart not in deprecated | hidden}
    needs = {chart: needs_of(chart, checked) for chart in checked}
    is_changed = lambda path: any(name.startswith(path + "/") for name in files + old_names + untracked)
    return needs, {
        # A file that was renamed counts at both names; ct gets the new one only from git.
        "renamed": owners(old_names),
        # Git quotes such names, and ct does not undo that.
        "quoted": owners(name for name in files if re.search(r'[^\x20-\x7e]|["\\]', name)),
        # What is not committed counts, even if it is not tracked.
        "untracked": owners(untracked),
        # Files of a chart that is not checked are part of those that depend on it by path.
        "elsewhere": {chart for chart, (_, elsewhere) in needs.items() if any(map(is_changed, elsewhere))},
    }, {
        # `ct lint` leaves these out too, `ct list-changed` does not.
        "deprecated": deprecated,
        # Charts are not looked for in hidden directories.
        "hidden": hidden,
    }


def compare(program, ct, target, since, base, used):
    """Runs both programs with one base. Gives the faults, and the numbers of charts that changed and that depend on them."""
    theirs = run(ct, *LIST_CHANGED, target, "--since", since)
    ours = run(program, "ci", "--plan", "--since", base, "--repository", OURS, ".")
    if theirs.returncode or ours.returncode:
        return [f"ct {theirs.returncode}, ours {ours.returncode}: {theirs.stderr}{ours.stderr}"], 0, 0
    theirs = set(theirs.stdout.splitlines())
    needs, added, left_out = differences(git("merge-base", base, "HEAD").strip())
    for rule, charts in [(rule, charts - theirs) for rule, charts in added.items()] + [(rule, charts & theirs) for rule, charts in left_out.items()]:
        used[rule] = used.get(rule, 0) + len(charts)
    changed = theirs.union(*added.values()).difference(*left_out.values())
    planned = set(changed)
    while more := {chart for chart, (needed, _) in needs.items() if needed & planned} - planned:
        planned |= more
    faults, plan = [], json.loads(ours.stdout)["charts"]
    for kind, wanted in (("changed", changed), ("dependent", planned - changed)):
        found = {chart["path"] for chart in plan if chart["reason"]["kind"] == kind}
        if found != wanted:
            faults.append(f"{kind}: only ours {sorted(found - wanted)}, only expected {sorted(wanted - found)}; ct lists {sorted(theirs)}")
    return faults, len(changed), len(planned - changed)


def check(program, ct):
    """Makes the commits and compares after each. Gives the number of faults."""
    rng, used, faults, changed, dependent = random.Random(18), {}, [], 0, 0
    git("init", "--quiet", "--initial-branch=main")
    make_charts()
    commit(0, "Charts")
    total = len(json.loads(run(program, "ci", "--plan", ".").stdout)["charts"])
    special = special_changes()
    for number in range(1, COMMITS + 2):
        if number <= COMMITS:
            what = next(special, None) or random_change(rng, number)
            commit(number, what)
            bases = [("tip", f"HEAD~{back}", f"HEAD~{back}") for back in (1, 7) if back <= number]
            bases += [("tip", "HEAD^2", "HEAD^2")] if what == "a merge" else []
            bases += [("main", "HEAD", "origin/main")] if "of the branch" in what else []
        else:
            what, bases = "what is not committed", [("tip", "HEAD", "HEAD")]
            edit("charts/two words/values.yaml", "charts/uses-both/new.yaml")
        for target, since, base in bases:
            found, *counts = compare(program, ct, target, since, base, used)
            changed, dependent = changed + counts[0], dependent + counts[1]
            faults += [f"commit {number} ({what}) since {base}: {fault}" for fault in found]
        if what == IGNORED:
            # Ignored files count as changes, as they do for ct without this flag.
            used["ignored"] = int("charts/web" not in run(ct, *LIST_CHANGED, "tip", "--since", "HEAD~1", "--use-helmignore").stdout.splitlines())
    faults += [f"no commit needs the rule `{rule}`: the programs no longer differ in it" for rule, times in used.items() if not times]
    rules = ", ".join(f"{times} {rule}" for rule, times in used.items())
    summary = f"{COMMITS} commits, {total} charts: {changed} changed, {dependent} depend on them; where ct differs: {rules}"
    print(*(faults or [summary]), sep="\n")
    return len(faults)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    program, ct = (os.path.abspath(path) for path in sys.argv[1:])
    with tempfile.TemporaryDirectory() as work:
        # All that ct needs of Helm here is its version.
        write(f"{work}/helm", "#!/bin/sh\necho v4.0.0\n")
        os.chmod(f"{work}/helm", 0o755)
        for name in os.environ.keys() - {"PATH"}:
            del os.environ[name]
        os.environ.update(PATH=f"{work}:{os.environ['PATH']}", HOME=work, GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1", GIT_AUTHOR_NAME="t",
                          GIT_AUTHOR_EMAIL="t@example.org", GIT_COMMITTER_NAME="t", GIT_COMMITTER_EMAIL="t@example.org")
        os.mkdir(f"{work}/repository")
        os.chdir(f"{work}/repository")
        return 1 if check(program, ct) else 0


if __name__ == "__main__":
    sys.exit(main())
