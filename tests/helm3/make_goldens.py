#!/usr/bin/env python3
"""Renders a sample of the chart corpus with the real Helm 3 and notes a digest of each answer.

The charts and what they render to are other projects' work, so only digests are kept:
of standard output where Helm 3 renders, of the first line of the message where it refuses.

usage: make_goldens.py HELM3 CORPUS > tests/helm3/goldens.tsv
"""
import concurrent.futures
import hashlib
import json
import pathlib
import random
import subprocess
import sys

CASES = 600
LOG_LINES = ("level=", "WARNING", "walk.go", "coalesce.go", "load.go", "engine.go", "W1", "I1", "20")


def digest_of(helm, corpus, case):
    """The kind of answer, and the SHA-256 of what is compared."""
    run = subprocess.run([helm, "template", *case["args"]], cwd=corpus, capture_output=True, timeout=120)
    if run.returncode == 0:
        return "output", hashlib.sha256(run.stdout).hexdigest()
    lines = [line for line in run.stderr.decode("utf-8", "replace").splitlines() if not line.startswith(LOG_LINES)]
    return "refused", hashlib.sha256(lines[0].encode()).hexdigest()


def main():
    helm, corpus = sys.argv[1], pathlib.Path(sys.argv[2])
    cases = [json.loads(line) for line in (corpus / "cases.jsonl").read_text().splitlines()]
    # Random lines have no digest, and the Kubernetes version a build assumes depends on how it was linked.
    fixed = [case for case in cases if case["exit"] != 0 or case["deterministic"]]
    fixed = [case for case in fixed if any(argument.startswith("--kube-version") for argument in case["args"])]
    random.Random(3).shuffle(fixed)
    sample = sorted(fixed[:CASES], key=lambda case: case["id"])
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda case: digest_of(helm, corpus, case), sample)
        for case, (kind, digest) in zip(sample, answers):
            print(case["id"], kind, digest, sep="\t")


if __name__ == "__main__":
    main()
