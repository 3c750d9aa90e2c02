#!/usr/bin/env python3
"""Runs the conformance checks of ../shared/conformance and fails below the bars. Without the data it says so and passes."""
import os
import re
import subprocess
import sys

BINARY = os.path.abspath(sys.argv[1])
DATA = os.path.join("..", "shared", "conformance")

# What the report calls it, and the least share in per cent.
BARS = {
    "charts": {"must fail": 100.0, "same bytes": 98.0, "same but for random lines": 96.0},
    "validate": {"mutations": 95.0, "mutants": 99.0, "rendered": 99.5, "kubeconform": 99.0},
    "commands": {"coalesce": 99.0, "manifest": 98.9, "lint": 99.0},
}


def run(*command):
    print("$", *command, flush=True)
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    print(output, flush=True)
    return output


def main():
    if not os.path.isdir(DATA):
        print("no conformance data beside the project: skipped")
        return 0
    outputs = {
        "charts": run("python3", f"{DATA}/charts.py", "--cmd", f"{BINARY} template", f"{DATA}/charts-corpus", "--show", "5"),
        "validate": run("python3", f"{DATA}/validate.py", "--cmd", f"{BINARY} validate", "--show", "2"),
        "commands": run("python3", f"{DATA}/commands.py", "--bin", BINARY, "--show", "5"),
    }
    below = []
    for part, bars in BARS.items():
        for name, bar in bars.items():
            found = re.search(rf"^{re.escape(name)}: (\d+) of (\d+)", outputs[part], re.M)
            share = 100 * int(found[1]) / int(found[2]) if found else 0.0
            if share < bar:
                below.append(f"{part}: {name}: {share:.2f} %, want {bar} %")
    for line in below:
        print("below the bar:", line)
    return 1 if below else 0


sys.exit(main())
