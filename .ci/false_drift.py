#!/usr/bin/env python3
"""false_drift.py PROGRAM HELM SIMULATION [CHART...]: public charts, installed with their default values, have no drift and nothing to apply.

The charts are those of ../shared/conformance/charts-corpus: some of all kinds, those that are named, or `all` whose default rendering is the same
each time. One that does not become ready in the simulated cluster is installed without waiting; one that Helm cannot install is named, with its words.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import simulated_cluster as simulated

CORPUS = simulated.ROOT.parent / "shared/conformance/charts-corpus"
SOME = """FairwindsOps__polaris prometheus-community__prometheus-node-exporter traefik__traefik prometheus-community__kube-state-metrics nats-io__nats
grafana-community__grafana crossplane__crossplane falcosecurity__falcosidekick open-policy-agent__gatekeeper k8s-at-home__homer fluent__fluent-bit metallb__metallb
FairwindsOps__goldilocks FairwindsOps__rbac-manager FairwindsOps__vpa VictoriaMetrics__victoria-metrics-operator VictoriaMetrics__victoria-metrics-auth
argoproj__argo-events argoproj__argocd-image-updater bitnami__kube-state-metrics bitnami__metallb bitnami__zookeeper bjw-s-labs__app-template cert-manager__cert-manager
codecentric__mailhog deliveryhero__wiremock deliveryhero__toxiproxy deliveryhero__node-problem-detector falcosecurity__k8s-metacollector fluent__fluent-operator
grafana__alloy grafana__fluent-bit hashicorp__consul helm__nginx helm__redis-ha helm__kibana jaegertracing__jaeger jkroepke__vals kubernetes__vertical-pod-autoscaler
mittwald__kubernetes-replicator nats-io__surveyor opensearch-project__opensearch prometheus-community__prometheus-pushgateway prometheus-community__prometheus-adapter
prometheus-community__prometheus-snmp-exporter redpanda-data__kminion vmware-tanzu__velero zalando__postgres-operator deliveryhero__k8s-event-logger elastic__elasticsearch
elastic__kibana helm__metallb helm__traefik""".split()


def defaults():
    cases = map(json.loads, (CORPUS / "cases.jsonl").open())
    return [case["chart"] for case in cases if case["id"].endswith("--default") and case["exit"] == 0 and case.get("deterministic")]


def short(text):
    return " ".join(text.split())[-300:]


class Trial:
    """One chart in a namespace of its own."""

    def __init__(self, cluster, chart):
        self.cluster, self.chart = cluster, chart
        self.name = re.sub(r"[^a-z0-9]+", "-", chart.split("__", 1)[1].lower()).strip("-")[:30].strip("-") or "chart"
        self.namespace = re.sub(r"[^a-z0-9]+", "-", chart.lower()).strip("-")[:60]
        self.place = cluster.directory / "charts" / chart
        self.place.mkdir(parents=True)
        shutil.copytree(CORPUS / "charts" / chart, self.place / "chart")
        (self.place / "environments.yaml").write_text(simulated.environments(
            f"- name: trial\n  clusterName: sim\n  kubeNamespace: {self.namespace}\n  releases:\n  - name: {self.name}\n    chart: {{dir: chart}}\n"))
        simulated.git(self.place, "init", "--quiet")

    def chartwright(self, *arguments):
        return simulated.run(simulated.PROGRAM, *arguments, *simulated.CONTEXT, cwd=self.place, env=self.cluster.env, timeout=300)

    def helm(self, *arguments):
        return simulated.run(simulated.HELM, "--kube-context", "sim", *arguments, "-n", self.namespace, cwd=self.place, env=self.cluster.env, timeout=300)

    def install(self):
        """How it came to be installed; why it is not."""
        applied = self.chartwright("apply", "trial", "--create-namespace", "--skip-lint", "--skip-tests", "--allow-dirty", "--timeout", "15s")
        if applied.returncode == 0:
            return "apply", ""
        self.helm("uninstall", self.name)
        by_helm = self.helm("upgrade", "--install", self.name, "chart", "--create-namespace")
        if by_helm.returncode == 0:
            return f"helm, without waiting: {short(applied.stdout + applied.stderr)}", ""
        return None, f"helm: {short(by_helm.stderr)}; apply: {short(applied.stdout + applied.stderr)}"

    def run(self):
        """What is wrong, and how the chart was installed."""
        how, why = self.install()
        if how is None:
            return None, f"not installed: {why}"
        time.sleep(2)
        wrong = self.differences()
        if wrong and self.chartwright("apply", "trial", "--skip-lint", "--skip-tests", "--allow-dirty", "--timeout", "15s").returncode == 0:
            # A chart that looks up what it made at first is another one the second time, for Helm as well.
            time.sleep(2)
            wrong, how = self.differences(), f"{how}; other the second time"
        return wrong, how

    def differences(self):
        """What drift and a second apply find."""
        drift = self.chartwright("drift", "trial")
        again = self.chartwright("apply", "trial", "--dry-run", "--detailed-exitcode", "--skip-lint", "--allow-dirty")
        wrong = []
        if drift.returncode != 0:
            wrong.append(f"drift, exit status {drift.returncode}:\n{drift.stdout}{drift.stderr}")
        if again.returncode != 0:
            wrong.append(f"apply --dry-run, exit status {again.returncode}:\n{again.stdout}{again.stderr}")
        return wrong

    def remove(self):
        if os.environ.get("KEEP_CLUSTER"):
            return
        self.helm("uninstall", self.name, "--no-hooks")
        self.cluster.kubectl("delete", "namespace", self.namespace, "--wait=false")
        shutil.rmtree(self.place, ignore_errors=True)


def tried(cluster, chart):
    try:
        trial = Trial(cluster, chart)
        try:
            return chart, *trial.run()
        finally:
            trial.remove()
    except simulated.subprocess.TimeoutExpired as error:
        return chart, [f"it does not end: {error}"], ""


def main():
    if not CORPUS.is_dir():
        print("without charts: ../shared/conformance is not there")
        return
    charts = sys.argv[4:] or SOME
    charts = defaults() if charts == ["all"] else charts
    cluster = simulated.Cluster()
    tally = {"same": 0, "other": 0, "not installed": 0}
    try:
        with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("AT_ONCE", "2"))) as pool:
            for done in concurrent.futures.as_completed([pool.submit(tried, cluster, chart) for chart in charts]):
                chart, wrong, how = done.result()
                if wrong is None:
                    tally["not installed"] += 1
                    print(f"--  {chart}: {how}", flush=True)
                else:
                    tally["other" if wrong else "same"] += 1
                    simulated.check(not wrong, f"{chart} ({how})", "\n".join(wrong))
    finally:
        cluster.down()
    print(", ".join(f"{name}: {count}" for name, count in tally.items()))
    if simulated.failures:
        sys.exit(f"{len(simulated.failures)} failed: " + "; ".join(simulated.failures))


if __name__ == "__main__":
    main()
