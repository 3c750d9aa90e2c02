#!/usr/bin/env bash
# Compares `chartwright template` with `helm template`, whole processes, in one run. Writes a table of ratios to docs/benchmarks.md.
# usage: benches/compare.sh CHARTWRIGHT HELM "CHART [FLAGS]"...   (needs hyperfine)
set -euo pipefail
chartwright=$(realpath "$1")
helm=$(realpath "$2")
shift 2
here=$(realpath "$(dirname "$0")/..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
hyperfine --shell=none --warmup 20 --runs 200 --export-json "$work/start.json" "$chartwright --version" >/dev/null 2>&1
count=0
for chart in "$@"; do
    # A chart that one of them refuses says nothing about speed.
    read -ra arguments <<<"$chart"
    for program in "$chartwright" "$helm"; do
        "$program" template release "${arguments[@]}" >"$work/output" 2>&1 || { echo "$program does not render $chart" >&2; exit 1; }
    done
    hyperfine --shell=none --warmup 5 --runs 40 --export-json "$work/run-$count.json" \
        "$helm template release $chart" "$chartwright template release $chart" >/dev/null 2>&1
    count=$((count + 1))
done
python3 - "$work" "$chartwright" "$helm" "$here/docs/benchmarks.md" "$@" <<'PY'
import json, os, platform, subprocess, sys

work, chartwright, helm, target, charts = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:]


def median(path, index=0):
    return json.load(open(path))["results"][index]["median"] * 1000


def peak(program, chart):
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", code, program, "template", "release", *chart.split()]
    return int(subprocess.run(command, capture_output=True, text=True).stdout)


def processor():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


version = subprocess.run([helm, "version", "--short"], capture_output=True, text=True).stdout.strip()
lines = [
    "# Benchmarks",
    "",
    f"`benches/compare.sh` against Helm {version}, medians of one run on {os.cpu_count()} cores ({processor()}).",
    f"Start-up (`chartwright --version`): {median(work + '/start.json'):.1f} ms.",
    "",
    "| `template` of | wall time as a fraction of Helm's | peak memory as a fraction of Helm's |",
    "| --- | --- | --- |",
]
for index, chart in enumerate(charts):
    path = f"{work}/run-{index}.json"
    theirs, ours = median(path, 0), median(path, 1)
    name = os.path.basename(chart.split()[0].rstrip("/"))
    lines.append(f"| {name} | 1/{theirs / ours:.1f} | 1/{peak(helm, chart) / peak(chartwright, chart):.1f} |")
    print(f"{name}: helm {theirs:.1f} ms, chartwright {ours:.1f} ms, 1/{theirs / ours:.1f}; memory {peak(helm, chart) // 1024} and {peak(chartwright, chart) // 1024} MB")
print(f"start-up: {median(work + '/start.json'):.2f} ms")
open(target, "w").write("\n".join(lines) + "\n")
PY
