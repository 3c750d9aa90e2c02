#!/usr/bin/env python3
"""Compares chartwright with the Go program of this directory on any definitions, such as those of a corpus of charts.

    go build -o ORACLE . && ORACLE DEFINITIONS -propose 20000 -seed 1 > CASES && ORACLE DEFINITIONS < CASES > VERDICTS
    compare.py CHARTWRIGHT DEFINITIONS CASES VERDICTS

Prints each difference, then the counts by (ours accepts, server accepts).
"""

import collections
import json
import pathlib
import subprocess
import sys
import tempfile


def main():
    program, definitions, cases, verdicts = sys.argv[1:5]
    definitions = [line for line in open(definitions) if line.strip()]
    verdicts = {verdict["id"]: verdict["apply"] for verdict in map(json.loads, open(verdicts))}
    by_definition = collections.defaultdict(list)
    for case in map(json.loads, open(cases)):
        by_definition[case["definition"]].append(case)
    counts = collections.Counter()
    with tempfile.TemporaryDirectory() as directory:
        definition, resources = pathlib.Path(directory, "definition.yaml"), pathlib.Path(directory, "resources.yaml")
        for index, group in sorted(by_definition.items()):
            definition.write_text(definitions[index])
            # Pairs of surrogates are JSON, but not YAML.
            texts = [json.dumps(case["object"], ensure_ascii=False) for case in group]
            resources.write_text("".join(f"---\n{text}\n" for text in texts))
            arguments = ["--strict", "--kubernetes-version", "1.35.0", "--crd", definition, "--output", "json", "--verbose"]
            answer = subprocess.run([program, "validate", *arguments, resources], capture_output=True, text=True)
            for case, ours in zip(group, json.loads(answer.stdout)["resources"], strict=True):
                refusal = verdicts[case["id"]]
                if refusal.startswith("definition:"):
                    continue
                pair = (ours["status"] == "statusValid", not refusal)
                counts[pair] += 1
                if pair[0] != pair[1]:
                    print(case["id"], ours, "server:", refusal, json.dumps(case["object"]))
    print(dict(counts))
    sys.exit(any(ours != theirs for ours, theirs in counts))


main()
