#!/usr/bin/env python3
"""Writes values files for the tests of public charts, and compares what they reach with what exploration reached.

    written_tests.py BINARY [--charts N] [--budget TIME] [--renderings N] [--only REGEX]

Charts are chosen as exploration.py chooses them. For each, `explore --write-tests` writes files to a directory of their own, for clusters with the
API versions that exploring the chart without them asks for; then `coverage` renders the chart as it is and once with each of the files. Those that
are not in `failing/` must show no error that the chart does not have without them. What all of them reach is compared with what the exploration
reached, and what those reach with which nothing breaks with what such a file can reach at all. Each chart must have at most 12 files, and both must
be at least 85 %. Without the data this says so and passes.
"""
import argparse
import glob
import os
import sys
import tempfile

import exploration
from exploration import CORPUS, VERSION, chosen_charts, errors_of, output, report

MOST_FILES = 12
LEAST = 0.85


class Written:
    """The files that exploring a chart wrote, and what they reach."""

    def __init__(self, binary, chart, arguments):
        self.chart = chart
        budget = ["--budget", arguments.budget, "--renderings", str(arguments.renderings), "--base", CORPUS]
        first = report(binary, "explore", chart, *budget)["explored"][0]
        versions = sorted({version for cluster in first["clusters"] for version in cluster["settings"]["apiVersions"]})
        cluster = ["--api-versions", ",".join(versions)] if versions else []
        self.versions = len(versions)
        with tempfile.TemporaryDirectory() as directory:
            explored = report(binary, "explore", chart, *budget, *cluster, "--write-tests", directory)["explored"][0]
            self.branches, self.exhausted = explored["branches"], explored["exhausted"]
            self.has_tests = self.branches["tested"] is not None
            files = sorted(glob.glob(os.path.join(directory, "**", "*.yaml"), recursive=True))
            self.files, self.failing = len(files), sum(map(is_failing, files))
            known = errors_of(report(binary, "lint", chart, *cluster, "--base", CORPUS))
            self.broken = []
            self.total, passing = branches(binary, chart, *cluster)
            reached = set(passing)
            for file in files:
                taken = branches(binary, chart, "-f", file, *cluster)[1]
                reached |= taken
                errors = errors_of(report(binary, "lint", chart, "-f", file, *cluster, "--base", CORPUS))
                if is_failing(file):
                    continue
                passing |= taken
                new = [error for error in errors if exploration.place(error) not in {exploration.place(one) for one in known}]
                self.broken += [(os.path.basename(file), error["file"], error.get("line"), error["message"][:120]) for error in new]
            self.covered = {"reached": len(reached), "testable": len(passing)}

    def share(self, of):
        return self.covered[of] / self.branches[of] if self.branches[of] else 1.0

    def is_enough(self):
        shares = self.share("testable"), self.share("reached")
        return not self.has_tests or (self.files <= MOST_FILES and min(shares) >= LEAST and not self.broken)


def is_failing(file):
    return os.path.basename(os.path.dirname(file)) == "failing"


def branches(binary, chart, *flags):
    """How many branches a chart has, and those that renderings with the flags take."""
    done = output(binary, "coverage", chart, "--report", "json", "--kube-version", VERSION, "--base", CORPUS, *flags)
    reached, total = set(), 0
    for file in exploration.json.loads(done.stdout)["charts"][0]["files"]:
        for branch in file["branches"]:
            total += 1
            if branch["hits"]:
                reached.add((file["template"], branch["line"], branch["column"], branch["kind"], branch["outcome"]))
    return total, reached


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--charts", type=int, default=30)
    parser.add_argument("--budget", default="30s")
    parser.add_argument("--renderings", type=int, default=100_000)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    charts = chosen_charts(arguments)
    if not charts:
        return 0
    print(f"{'chart':48} {'APIs':>4} {'branches':>8} {'before':>6} {'reached':>7} {'files':>5} {'covered':>7} {'share':>6} {'testable':>8} {'passing':>7} {'share':>6}")
    written = []
    for chart in charts:
        one = Written(arguments.binary, chart, arguments)
        written.append(one)
        numbers, covered = one.branches, one.covered
        print(
            f"{os.path.basename(chart):48} {one.versions:4} {one.total:8} {numbers['before']:6} {numbers['reached']:7} {one.files:5} {covered['reached']:7} "
            f"{one.share('reached'):6.1%} {numbers['testable']:8} {covered['testable']:7} {one.share('testable'):6.1%}"
            f"{'' if one.exhausted else '  budget spent'}{'' if one.has_tests else '  no tests: the defaults do not render'}",
            flush=True,
        )
        for broken in one.broken:
            print("  breaks:", *broken)
    with_tests = [one for one in written if one.has_tests]
    for of in ("testable", "reached"):
        total, below = sum(one.branches[of] for one in with_tests), sum(one.share(of) < LEAST for one in with_tests)
        print(f"{sum(one.covered[of] for one in with_tests) / max(total, 1):.1%} of the branches that are {of}; {below} of {len(with_tests)} charts are below {LEAST:.0%}")
    print(f"at most {max((one.files for one in written), default=0)} files for a chart, {sum(one.failing for one in written)} of {sum(one.files for one in written)} with which it breaks")
    return int(not all(one.is_enough() for one in written))


if __name__ == "__main__":
    sys.exit(main())
