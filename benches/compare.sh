#!/usr/bin/env bash
# `chartwright template` beside `helm template`, whole processes, in one run: a table of ratios on standard output.
# usage: compare.sh CHARTWRIGHT HELM CHART...   (needs hyperfine)
set -euo pipefail
chartwright=$(realpath "$1")
helm=$(realpath "$2")
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
hyperfine --shell=none --warmup 5 --runs 50 --export-json "$work/start.json" "$chartwright --version" >/dev/null 2>&1
printf 'start-up: %s ms\n\n' "$(python3 -c 'import json,sys; print(round(json.load(open(sys.argv[1]))["results"][0]["median"]*1000,2))' "$work/start.json")"
printf '| chart | helm | chartwright | ratio | helm peak memory | chartwright peak memory |\n| --- | --- | --- | --- | --- | --- |\n'
for chart in "$@"; do
    hyperfine --shell=none --warmup 2 --runs 15 --ignore-failure --export-json "$work/run.json" \
        "$helm template release $chart" "$chartwright template release $chart" >/dev/null 2>&1
    python3 - "$work/run.json" "$chart" "$helm" "$chartwright" <<'PY'
import json, os, resource, subprocess, sys
results = json.load(open(sys.argv[1]))["results"]
chart = sys.argv[2]
helm, ours = (result["median"] * 1000 for result in results)


def peak(program):
    code = "import resource,subprocess,sys; subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    return int(subprocess.run([sys.executable, "-c", code, program, "template", "release", chart], capture_output=True, text=True).stdout) // 1024


print(f"| {os.path.basename(chart)} | {helm:.1f} ms | {ours:.1f} ms | 1/{helm / ours:.1f} | {peak(sys.argv[3])} MB | {peak(sys.argv[4])} MB |")
PY
done
