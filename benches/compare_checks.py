#!/usr/bin/env python3
"""Compares `validate` with kubeconform, `ci` with a loop of `helm lint` and `helm template | kubeconform`, and `template` of charts that
make keys with Helm's, in alternating runs, and prints ratios of medians. Run it on an idle machine.

Usage: compare_checks.py CHARTWRIGHT HELM KUBECONFORM SCHEMAS [--manifests DIRECTORY] [--charts DIRECTORY] [--keys CHART ...] [--runs N]

SCHEMAS is a directory of kubeconform's layout (`v1.35.0-standalone/…`).
"""
import argparse
import pathlib
import resource
import statistics
import subprocess
import sys
import time

VERSION = "1.35.0"


def measure(command):
    """Wall time and CPU time in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def peak(command):
    """Peak memory in MB."""
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    return int(subprocess.run(["python3", "-c", code, *command], capture_output=True, text=True, check=True).stdout) // 1024


def compare(what, ours, theirs, runs):
    for command in [ours, theirs]:
        measure(command)
    mine, others = [], []
    for run in range(runs):
        order = [(mine, ours), (others, theirs)]
        for results, command in order if run % 2 else reversed(order):
            results.append(measure(command))
    median = lambda results, index: statistics.median(result[index] for result in results)
    wall, cpu = median(others, 0) / median(mine, 0), median(others, 1) / median(mine, 1)
    print(
        f"{what}: 1/{wall:.1f} of the wall time, 1/{cpu:.1f} of the CPU time "
        f"({median(mine, 0) * 1e3:.1f} ms and {median(others, 0) * 1e3:.1f} ms), {peak(ours)} MB",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ["chartwright", "helm", "kubeconform", "schemas"]:
        parser.add_argument(name)
    parser.add_argument("--manifests")
    parser.add_argument("--charts")
    parser.add_argument("--keys", nargs="*", default=[])
    parser.add_argument("--runs", type=int, default=21)
    given = parser.parse_args()
    location = f"{given.schemas}/{{{{ .NormalizedKubernetesVersion }}}}-standalone{{{{ .StrictSuffix }}}}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"
    judge = [given.kubeconform, "-kubernetes-version", VERSION, "-ignore-missing-schemas", "-schema-location", location]
    if given.manifests:
        ours = [given.chartwright, "validate", given.manifests]
        compare("validate", ours, [*judge, "-summary", given.manifests], given.runs)
    if given.charts:
        charts = [str(path) for path in sorted(pathlib.Path(given.charts).iterdir())]
        loop = 'judge="$1"; helm="$2"; location="$3"; shift 3; for chart; do "$helm" lint "$chart"; ' \
            f'"$helm" template x "$chart" | "$judge" -kubernetes-version {VERSION} -ignore-missing-schemas -schema-location "$location"; done'
        theirs = ["sh", "-c", loop, "loop", given.kubeconform, given.helm, location, *charts]
        ours = [given.chartwright, "ci", given.charts, "--kubernetes-version", VERSION.rsplit(".", 1)[0]]
        compare(f"ci of {len(charts)} charts", ours, theirs, max(3, given.runs // 5))
    for chart in given.keys:
        command = ["template", "x", chart]
        # A chart that one of them refuses says nothing about speed.
        for program in [given.chartwright, given.helm]:
            if subprocess.run([program, *command], capture_output=True, check=False).returncode != 0:
                sys.exit(f"{program} does not render {chart}")
        compare(f"template of {pathlib.Path(chart).name}", [given.chartwright, *command], [given.helm, *command], given.runs)


if __name__ == "__main__":
    main()
