#!/usr/bin/env python3
"""Writes values files for the tests of public charts, and compares what they reach with what exploration reached.

    written_tests.py BINARY [--charts N] [--budget TIME] [--renderings N] [--only REGEX]

Charts are chosen as exploration.py chooses them. For each, `explore --write-tests` writes files to a directory of their own; then `coverage`
renders the chart as it is and once with each of the files, which must show no error that the chart does not have without them. What all of them
reach is compared with two numbers of the exploration: branches that any rendering reached, and those that a test can reach at all, which are the
ones of renderings that a values file can make and in which nothing breaks. A file that sets what breaks the chart is no test of it, and a file
sets neither the version of Kubernetes nor its APIs. Each chart must have at most 12 files, and they must reach at least 85 % of what a test can.
Without the data this says so and passes.
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
        with tempfile.TemporaryDirectory() as directory:
            found = report(
                binary, "explore", chart, "--all", "--budget", arguments.budget, "--renderings", str(arguments.renderings), "--base", CORPUS,
                "--write-tests", directory,
            )
            explored = found["explored"][0]
            self.branches, self.renderings, self.exhausted = explored["branches"], explored["renderings"], explored["exhausted"]
            self.has_tests = explored["branches"]["tested"] is not None
            files = sorted(glob.glob(os.path.join(directory, "**", "*.yaml"), recursive=True))
            self.files = len(files)
            known = errors_of(report(binary, "lint", chart, "--base", CORPUS))
            self.broken = []
            self.total, reached = branches(binary, chart)
            for file in files:
                reached |= branches(binary, chart, "-f", file)[1]
                errors = errors_of(report(binary, "lint", chart, "-f", file, "--base", CORPUS))
                new = [error for error in errors if exploration.place(error) not in {exploration.place(one) for one in known}]
                self.broken += [(os.path.basename(file), error["file"], error.get("line"), error["message"][:120]) for error in new]
            self.covered = len(reached)

    def share(self, of):
        return self.covered / self.branches[of] if self.branches[of] else 1.0

    def is_enough(self):
        return not self.has_tests or (self.files <= MOST_FILES and self.share("testable") >= LEAST and not self.broken)


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
    print(f"{'chart':40} {'branches':>8} {'before':>6} {'reached':>7} {'testable':>8} {'files':>5} {'covered':>7} {'of testable':>11} {'of reached':>10}")
    written = []
    for chart in charts:
        one = Written(arguments.binary, chart, arguments)
        written.append(one)
        numbers = one.branches
        print(
            f"{os.path.basename(chart):40} {one.total:8} {numbers['before']:6} {numbers['reached']:7} {numbers['testable']:8} {one.files:5} {one.covered:7} "
            f"{one.share('testable'):11.1%} {one.share('reached'):10.1%}{'' if one.exhausted else '  budget spent'}{'' if one.has_tests else '  no tests: the defaults do not render'}",
            flush=True,
        )
        for broken in one.broken:
            print("  breaks:", *broken)
    with_tests = [one for one in written if one.has_tests]
    for of in ("testable", "reached"):
        total, below = sum(one.branches[of] for one in with_tests), sum(one.share(of) < LEAST for one in with_tests)
        print(f"{sum(one.covered for one in with_tests) / max(total, 1):.1%} of the branches that are {of}; {below} of {len(with_tests)} charts are below {LEAST:.0%}")
    print(f"at most {max((one.files for one in written), default=0)} files for a chart")
    return int(not all(one.is_enough() for one in written))


if __name__ == "__main__":
    sys.exit(main())
