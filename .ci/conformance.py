#!/usr/bin/env python3
"""Runs the comparisons of ../shared/conformance and fails unless what differs is what tests/known/conformance.tsv lists.

    conformance.py BINARY

An id that is not in the list fails, and so does one of the list that agrees. Without the data, this says so and passes.
"""
import os
import re
import subprocess
import sys

DATA = os.path.join("..", "shared", "conformance")
KNOWN = os.path.join("tests", "known", "conformance.tsv")
ALL = "1000000"

# Each script prints a line for every failure; its id is the first group. Kinds separate totals from failures.
VERDICTS = "slow|crash|accepted|refused|docs differ|bytes differ"
SCRIPTS = {
    "charts": rf"(?:{VERDICTS}): (\S+): ",
    "validate": r"((?:mutations|mutants|rendered|kubeconform): .+?): exit -?\d",
    "commands": r"((?:coalesce|manifest|lint)/\S+): ",
}


def run(*command):
    print("$", *command, flush=True)
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def failures(name, output):
    """The ids of what failed, and what is wrong with the output itself."""
    lines = output.splitlines()
    found = [re.match(SCRIPTS[name], line) for line in lines]
    ids = {f"{name}: {match[1]}" for match in found if match}
    totals = re.fullmatch(r"(\d+) passed, (\d+) failed", lines[-1]) if lines else None
    if not totals or int(totals[1]) == 0:
        return ids, [f"{name}: nothing was compared"]
    if int(totals[2]) != len(ids):
        return ids, [f"{name}: {totals[2]} failed, and {len(ids)} of them were understood here"]
    return ids, []


def read_known(path):
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]
    known = {}
    for line in lines:
        identifier, _, why = line.partition("\t")
        if not why.strip() or identifier in known:
            sys.exit(f"{path}: an id, a tab and a reason are wanted, each id once: {line!r}")
        known[identifier] = why
    return known


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    binary = os.path.abspath(sys.argv[1])
    if not os.path.isdir(DATA):
        print("no conformance data beside the project: nothing was compared")
        return 0
    outputs = {
        "charts": run("python3", f"{DATA}/charts.py", "--cmd", f"{binary} template", f"{DATA}/charts-corpus", "--show", ALL),
        "validate": run("python3", f"{DATA}/validate.py", "--cmd", f"{binary} validate", "--show", ALL),
        "commands": run("python3", f"{DATA}/commands.py", "--bin", binary, "--show", ALL),
    }
    known = read_known(KNOWN)
    different, faults = set(), []
    for name, output in outputs.items():
        print(output, flush=True)
        ids, wrong = failures(name, output)
        different |= ids
        faults += wrong
    faults += [f"differs, and is not in {KNOWN}: {identifier}" for identifier in sorted(different - set(known))]
    faults += [f"agrees now: remove it from {KNOWN}: {identifier}" for identifier in sorted(set(known) - different)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


sys.exit(main())
