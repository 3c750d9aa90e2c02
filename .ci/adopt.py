#!/usr/bin/env python3
"""adopt.py PROGRAM HELM SIMULATION: `drift --adopt` in a real control plane: what somebody sets with kubectl gets into the files.

SIMULATION is the directory that ../shared/cluster/build.sh filled.
"""
import json

import simulated_cluster as simulation
from simulated_cluster import CONTEXT, check, environment, environments


def image_of(cluster, namespace, kind="deployment", name="web"):
    return cluster.get(kind, name, "-n", namespace)["spec"]["template"]["spec"]["containers"][0]["image"]


def adopt(cluster):
    """An image that was set is adopted, committed and applied; what drifted besides stays and is named."""
    files = {
        "environments.yaml": environments(environment("testing", "testing"), environment("production", "production")),
        "values-production.yaml": "image:\n  tag: \"1.0\" # by hand\n",
    }
    repository = cluster.repository("adopt", files)
    done = repository.apply("testing", "production", *CONTEXT, "--create-namespace", "--skip-tests", "--timeout", "60s")
    check(done.returncode == 0, "adopt: installed", done)
    drift = repository.chartwright("drift", *CONTEXT)
    check(drift.returncode == 0, "adopt: nothing drifted", drift)

    cluster.kubectl("set", "image", "deployment/web", "web=registry.example.com/shop/web:1.4", "-n", "production")
    drift = repository.chartwright("drift", *CONTEXT)
    check(drift.returncode == 2, "adopt: drift finds the image that was set", drift)
    shown = repository.chartwright("drift", "production", "--adopt", "--dry-run", *CONTEXT)
    check(shown.returncode == 0 and '+  tag: "1.4" # by hand' in shown.stdout, "adopt: a dry run shows the edit", shown)
    before = simulation.written(cluster)
    done = repository.chartwright("drift", "--adopt", "--commit", *CONTEXT, "-o", "json")
    check(done.returncode == 0 and json.loads(done.stdout)["files"] == ["values-production.yaml"], "adopt: the image gets into the file and into a commit", done)
    check(simulation.written(cluster) == before, "adopt: nothing is written to the cluster")
    text = (repository.place / "values-production.yaml").read_text()
    check(text == "image:\n  tag: \"1.4\" # by hand\n", "adopt: the tag changes and nothing else", text)
    done = repository.apply("production", *CONTEXT, "--skip-tests", "--timeout", "60s")
    check(done.returncode == 0 and "is deployed, revision 2" in done.stdout, "adopt: what was adopted is applied", done)
    check(image_of(cluster, "production") == "registry.example.com/shop/web:1.4", "adopt: the image stays")
    again = repository.apply("production", *CONTEXT, "--dry-run", "--detailed-exitcode")
    drift = repository.chartwright("drift", *CONTEXT)
    check((again.returncode, drift.returncode) == (0, 0), "adopt: afterwards nothing differs", (again, drift))

    cluster.kubectl("set", "image", "deployment/web", "web=registry.example.com/other/web:1.5", "-n", "production")
    cluster.kubectl("scale", "deployment/web", "--replicas=2", "-n", "production")
    cluster.kubectl("set", "image", "deployment/web", "web=registry.example.com/shop/web:1.1", "-n", "testing")
    cluster.kubectl("delete", "configmap", "web", "-n", "testing")
    done = repository.chartwright("drift", "--adopt", *CONTEXT)
    words = ["which is not adopted: it is of another repository", "production: web: Deployment web differs in spec.replicas", "testing: web: ConfigMap web is not in the cluster"]
    check(done.returncode == 2 and all(word in done.stderr for word in words), "adopt: other drift stays and is named", done)
    texts = [(repository.place / f"values-{name}.yaml").read_text() for name in ("production", "testing")]
    check(texts == [text, "image:\n  tag: \"1.1\"\n"], "adopt: the image of the environment's repository is adopted beside it", texts)


if __name__ == "__main__":
    simulation.checked(adopt)
    simulation.ended()
