#!/usr/bin/env python3
"""rollout_steps.py PROGRAM HELM SIMULATION [CHECK...]: blue and green, canaries, what releases need of each other, and tests of an environment, in a
real control plane with simulated pods.

Each check is a function below; without names all of them run.
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import simulated_cluster as simulated

check, CONTEXT = simulated.check, simulated.CONTEXT

SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  selector: {app.kubernetes.io/name: web, app.kubernetes.io/instance: {{ .Release.Name }}}
  ports: [{port: 80, targetPort: 8080}]
"""
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: &labels {app.kubernetes.io/name: web, app.kubernetes.io/instance: {{ .Release.Name }}}
  template:
    metadata:
      labels: *labels
    spec:
      containers:
        - name: web
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
"""
JOB = """apiVersion: batch/v1
kind: Job
metadata:
  name: checkout
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: checkout
        image: registry.example.com/shop/checkout:TAG
"""
FILES = {"web/templates/deployment.yaml": DEPLOYMENT, "web/templates/service.yaml": SERVICE, "web/templates/hook.yaml": ""}


def release(name, strategy="", chart="web", more=""):
    return f"  - name: {name}\n    chart: {{dir: {chart}}}\n    valuesFile: values-testing.yaml\n{strategy}{more}"


def environment(namespace, *releases, more=""):
    head = f"- name: testing\n  clusterName: sim\n  kubeNamespace: {namespace}\n{more}  releases:\n"
    return {"environments.yaml": simulated.environments(head + "".join(releases))}


def values(tag, replicas=1, **more):
    return {"values-testing.yaml": simulated.yaml_text({"image": {"tag": tag}, "replicas": replicas, **more})}


def selected(cluster, namespace, service):
    found = cluster.get("service", service, "-n", namespace)
    return found and found["spec"]["selector"]


def releases(cluster, namespace):
    found = json.loads(cluster.helm("list", "-n", namespace, "-o", "json").stdout or "[]")
    return {one["name"]: one["status"] for one in found}


def colours(cluster):
    """Blue and green: the Service is switched after the tests, not before, and back where the new one does not stay."""
    namespace = "colours"
    strategy = "    strategy: {blueGreen: {service: web, pause: 3s}}\n"
    repository = cluster.repository(namespace, {**FILES, **environment(namespace, release("web", strategy)), **values("1.0")})
    done = repository.apply("testing", *CONTEXT, "--create-namespace", "--timeout", "30s")
    check(done.returncode == 0 and releases(cluster, namespace) == {"web-blue": "deployed"}, "colours: the first is blue", done)
    instance = lambda: (selected(cluster, namespace, "web") or {}).get("app.kubernetes.io/instance")
    check(instance() == "web-blue", "colours: the Service selects it", instance())
    ports = cluster.get("service", "web", "-n", namespace)["spec"]["ports"]
    check([port["port"] for port in ports] == [80], "colours: with the ports of the chart", ports)
    before = simulated.written(cluster)
    again = repository.apply("testing", *CONTEXT)
    check(again.returncode == 0 and "unchanged web" in again.stdout and simulated.written(cluster) == before,
          "colours: the second time nothing is written", again)
    repository.write(values("1.1"))
    plan = repository.apply("testing", *CONTEXT, "--dry-run")
    check("web-green beside web-blue, then Service web is switched to it" in plan.stdout and "1 object differs" in plan.stdout, "colours: the plan says so", plan)
    done = repository.apply("testing", *CONTEXT, "--timeout", "30s")
    check(done.returncode == 0 and releases(cluster, namespace) == {"web-green": "deployed"} and instance() == "web-green", "colours: green takes the place of blue", done)
    for tag, test, what in (("crash-2", "1.0", "a crash loop"), ("1.2", "failing-2", "a failing test")):
        repository.write(values(tag, test={"tag": test}))
        failed = repository.apply("testing", *CONTEXT, "--timeout", "40s")
        check(failed.returncode == 1 and instance() == "web-green" and releases(cluster, namespace) == {"web-green": "deployed"},
              f"colours: {what} leaves the Service and green alone", failed)
    check("switch" not in failed.stderr, "colours: nothing was switched before the tests", failed)
    # The Service is deleted, and its selector changed, by somebody.
    repository.write(values("1.1"))
    cluster.kubectl("delete", "service", "web", "-n", namespace)
    mended = repository.apply("testing", *CONTEXT, "--timeout", "30s")
    check(mended.returncode == 0 and instance() == "web-green", "colours: a deleted Service is made again", mended)
    repository.write({**environment(namespace, release("web", strategy.replace("}}", ", keepOld: true}}"))), **values("1.3")})
    done = repository.apply("testing", *CONTEXT, "--timeout", "30s")
    check(done.returncode == 0 and set(releases(cluster, namespace)) == {"web-blue", "web-green"} and instance() == "web-blue", "colours: the old one can stay", done)
    back = repository.chartwright("rollback", "--live", "testing", "web", *CONTEXT)
    check(back.returncode == 0 and instance() == "web-green", "colours: the way back is the Service alone", back)
    history = repository.chartwright("history", "testing", *CONTEXT)
    check("web-blue" in history.stdout and "web-green" in history.stdout, "colours: the history has both", history)


def canaries(cluster):
    """A canary gets its part of the pods step by step; where it fails, the release is not touched."""
    namespace = "canaries"
    strategy = "    strategy: {canary: {service: shop, replicas: replicas, weights: [10, 50], pause: 2s}}\n"
    repository = cluster.repository(namespace, {**FILES, **environment(namespace, release("web", strategy)), **values("1.0", replicas=4)})
    done = repository.apply("testing", *CONTEXT, "--create-namespace", "--timeout", "30s")
    check(done.returncode == 0 and releases(cluster, namespace) == {"web": "deployed"}, "canaries: the first install has no steps", done)
    check(selected(cluster, namespace, "shop") == {"app.kubernetes.io/name": "web"}, "canaries: the Service selects what both have", selected(cluster, namespace, "shop"))
    before = simulated.written(cluster)
    again = repository.apply("testing", *CONTEXT)
    check(again.returncode == 0 and simulated.written(cluster) == before, "canaries: the second time nothing is written", again)
    repository.write(values("1.1", replicas=4))
    done = repository.apply("testing", *CONTEXT, "--timeout", "30s")
    steps = [line for line in done.stderr.splitlines() if "% of the pods" in line]
    check(done.returncode == 0 and [step.split(": ")[1].split(" ")[0] for step in steps] == ["10", "50"], "canaries: two steps", done)
    check(["1 beside" in steps[0], "4 beside" in steps[1]] == [True, True], "canaries: so many pods that the weight is right", steps)
    check(releases(cluster, namespace) == {"web": "deployed"}, "canaries: the canary is removed in the end")
    image = cluster.get("deployment", "web", "-n", namespace)["spec"]["template"]["spec"]["containers"][0]["image"]
    check(image.endswith(":1.1"), "canaries: the release is upgraded", image)
    revision = json.loads(cluster.helm("status", "web", "-n", namespace, "-o", "json").stdout)["version"]
    repository.write(values("crash-2", replicas=4))
    failed = repository.apply("testing", *CONTEXT, "--timeout", "40s")
    now = json.loads(cluster.helm("status", "web", "-n", namespace, "-o", "json").stdout)["version"]
    check(failed.returncode == 1 and now == revision and releases(cluster, namespace) == {"web": "deployed"}, "canaries: one that fails is removed, and the release not touched", failed)
    check("CrashLoopBackOff" in failed.stdout and "values-testing.yaml:2" in failed.stdout, "canaries: the failure is explained", failed)
    # Killed in the middle, and taken back in git.
    repository.write(values("1.2", replicas=4))
    process = subprocess.Popen([simulated.PROGRAM, "apply", "testing", *CONTEXT, "--timeout", "30s"], cwd=repository.place, env=cluster.env,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    end = time.time() + 120
    while releases(cluster, namespace).get("web-canary") != "deployed" and time.time() < end:
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    repository.write(values("1.1", replicas=4))
    plan = repository.apply("testing", *CONTEXT, "--dry-run")
    check("clean-up web" in plan.stdout, "canaries: what a killed run left is seen", plan)
    done = repository.apply("testing", *CONTEXT, "--timeout", "30s")
    check(done.returncode == 0 and releases(cluster, namespace) == {"web": "deployed"}, "canaries: and removed", done)


def names(cluster):
    """Releases that cannot be beside each other are refused before anything is written."""
    namespace = "names"
    fixed = {**FILES, "web/templates/configmap.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {text: {{ .Values.text | quote }}}\n"}
    strategy = "    strategy: {blueGreen: {service: web}}\n"
    repository = cluster.repository(namespace, {**fixed, **environment(namespace, release("web", strategy)), **values("1.0")})
    done = repository.apply("testing", *CONTEXT, "--create-namespace", "--timeout", "30s")
    check(done.returncode == 0, "names: the first is alone", done)
    repository.write(values("1.1"))
    before = simulated.written(cluster)
    refused = repository.apply("testing", *CONTEXT)
    check(refused.returncode == 1 and "both have ConfigMap settings" in refused.stdout and simulated.written(cluster) == before, "names: the second is refused", refused)


def refused(cluster):
    """What would send requests to the wrong pods is refused, and what another strategy left is named."""
    namespace = "refused"
    canary = "    strategy: {canary: {service: shop, replicas: replicas, weights: [50]}}\n"
    colours_of = lambda service: f"    strategy: {{blueGreen: {{service: {service}}}}}\n"
    repository = cluster.repository(namespace, {**FILES, **environment(namespace, release("admin"), release("web")), **values("1.0")})
    done = repository.apply("testing", *CONTEXT, "--create-namespace", "--timeout", "60s")
    check(done.returncode == 0, "refused: two releases of one chart", done)
    before = simulated.written(cluster)
    for strategy, words, what in (
        (canary, "Service shop would select the pods of release admin too", "a Service that selects the pods of others"),
        (colours_of("web-blue"), "the chart has one of this name", "a Service that the chart has itself"),
    ):
        repository.write(environment(namespace, release("admin"), release("web", strategy)))
        found = repository.apply("testing", *CONTEXT)
        check(found.returncode == 1 and words in found.stdout, f"refused: {what}", found)
    repository.write(environment(namespace, release("admin"), release("web", colours_of("front"))))
    plan = repository.apply("testing", *CONTEXT, "--dry-run")
    check(plan.returncode == 0 and "`web` of another strategy of `web`" in plan.stdout, "refused: what ran without the strategy is named", plan)
    repository.write(environment(namespace, release("admin", colours_of("front")), release("web", colours_of("front"))))
    twice = repository.apply("testing", *CONTEXT)
    check(twice.returncode != 0 and "have the same Service" in twice.stderr, "refused: one Service of two strategies", twice)
    check(simulated.written(cluster) == before, "refused: nothing is written")
    missing = {**environment(namespace, release("admin"), release("web"), more="  verify: [nope.yaml]\n")}
    repository.write(missing)
    found = repository.chartwright("verify", "testing", *CONTEXT)
    check(found.returncode == 1 and "nope.yaml" in found.stderr, "refused: tests that are not there do not succeed", found)


def needs(cluster):
    """A release is deployed where the others are what it needs."""
    namespace = "needs"
    chart = {"api/Chart.yaml": "apiVersion: v2\nname: api\nversion: 1.0.0\nappVersion: 1.0.0\n",
             "api/templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: api}\ndata: {version: {{ .Chart.Version | quote }}}\n"}
    wants = "    requires: [{release: api, version: '>=2'}]\n"
    api = release("api", chart="api")
    repository = cluster.repository(namespace, {**FILES, **chart, **environment(namespace, api), **values("1.0")})
    repository.apply("testing", *CONTEXT, "--create-namespace", "--timeout", "30s")
    repository.write(environment(namespace, release("web", more=wants), api))
    refused = repository.apply("testing", *CONTEXT)
    check(refused.returncode == 1 and "it needs api with a chart of version >=2, and `api` has 1.0.0 (environments.yaml:" in refused.stdout and "web" not in releases(cluster, namespace),
          "needs: what is not there is named", refused)
    repository.write({"api/Chart.yaml": chart["api/Chart.yaml"].replace("1.0.0", "2.1.0")})
    refused = repository.apply("testing", *CONTEXT)
    check(refused.returncode == 1 and "put it before" in refused.stdout, "needs: what comes too late as well", refused)
    repository.write(environment(namespace, api, release("web", more=wants)))
    done = repository.apply("testing", *CONTEXT, "--timeout", "30s")
    check(done.returncode == 0 and set(releases(cluster, namespace)) == {"api", "web"}, "needs: in the right order both are deployed", done)
    repository.write({"api/Chart.yaml": chart["api/Chart.yaml"]})
    refused = repository.apply("testing", *CONTEXT, "--release", "api")
    check(refused.returncode == 1 and "it needs api" in refused.stdout, "needs: what others need is not taken away", refused)


def tests(cluster):
    """Jobs test releases together; one that fails takes back what the run changed."""
    namespace = "tests"
    two = (release("web"), release("other"))
    more = "  verify: [checkout.yaml]\n"
    repository = cluster.repository(namespace, {**FILES, **environment(namespace, *two, more=more), "checkout.yaml": JOB.replace("TAG", "1.0"), **values("1.0")})
    done = repository.apply("testing", *CONTEXT, "--create-namespace", "--timeout", "30s")
    check(done.returncode == 0 and "checkout: test with checkout.yaml" in done.stderr, "tests: a Job runs after the releases", done)
    left = cluster.get("jobs", "-n", namespace)["items"]
    check(not [job for job in left if "deletionTimestamp" not in job["metadata"]], "tests: it is removed", left)
    found = repository.chartwright("verify", "testing", *CONTEXT, "--timeout", "30s")
    check(found.returncode == 0 and found.stdout.count("tests succeeded") == 3, "tests: verify runs them again", found)
    repository.write({**values("1.1"), "checkout.yaml": JOB.replace("TAG", "failing-1")})
    failed = repository.apply("testing", *CONTEXT, "--timeout", "30s")
    revisions = [json.loads(cluster.helm("status", name, "-n", namespace, "-o", "json").stdout) for name in ("web", "other")]
    check(failed.returncode == 1 and all("Rollback to 1" in one["info"]["description"] for one in revisions), "tests: one that fails takes both releases back", failed)
    check("Job checkout" in failed.stdout and "checkout.yaml:12" in failed.stdout, "tests: and is explained at its line", failed)
    found = repository.chartwright("verify", "testing", "web", *CONTEXT, "--timeout", "30s", "--job", "checkout.yaml", "-o", "json")
    check(found.returncode == 1 and [one["isSuccess"] for one in json.loads(found.stdout)["tests"]] == [True, False], "tests: verify says which failed", found)
    missing = repository.chartwright("verify", "nowhere", *CONTEXT)
    check(missing.returncode == 2 and "testing" in missing.stderr, "tests: an environment that is not there is wrong usage", missing)


def proven(cluster):
    """A colour counts once it has been watched and everything tested: a run that is killed before that is begun again, with the old one still there."""
    namespace = "proven"
    strategy = "    strategy: {blueGreen: {service: front, pause: 6s}}\n"
    more = "  verify: [checkout.yaml]\n"
    repository = cluster.repository(namespace, {**FILES, **environment(namespace, release("web", strategy), more=more), "checkout.yaml": JOB.replace("TAG", "1.0"), **values("1.0")})
    repository.apply("testing", *CONTEXT, "--create-namespace", "--timeout", "30s")
    repository.write({**values("1.1"), "checkout.yaml": JOB.replace("TAG", "failing-1")})
    process = subprocess.Popen([simulated.PROGRAM, "apply", "testing", *CONTEXT, "--timeout", "30s"], cwd=repository.place, env=cluster.env,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    instance = lambda: (selected(cluster, namespace, "front") or {}).get("app.kubernetes.io/instance")
    end = time.time() + 120
    while instance() != "web-green" and time.time() < end:
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    check("web-blue" in releases(cluster, namespace), "proven: killed in the pause, the old one is still there")
    failed = repository.apply("testing", *CONTEXT, "--timeout", "40s")
    check(failed.returncode == 1 and instance() == "web-blue" and "web-blue" in releases(cluster, namespace), "proven: the next run tests again, and goes back", failed)
    repository.write({**values("1.2"), "checkout.yaml": JOB.replace("TAG", "1.0")})
    done = repository.apply("testing", *CONTEXT, "--timeout", "40s")
    check(done.returncode == 0 and instance() == "web-green" and releases(cluster, namespace) == {"web-green": "deployed"}, "proven: what succeeds takes its place", done)
    history = repository.chartwright("history", "testing", *CONTEXT)
    check(history.returncode == 0 and "web-green" in history.stdout, "proven: the history is readable with one colour", history)
    # Somebody changes the Service alone.
    change = json.dumps([{"op": "replace", "path": "/spec/ports/0/targetPort", "value": 1}])
    cluster.kubectl("patch", "service", "front", "-n", namespace, "--type=json", "-p", change)
    before = releases(cluster, namespace)
    mended = repository.apply("testing", *CONTEXT, "--timeout", "40s")
    port = cluster.get("service", "front", "-n", namespace)["spec"]["ports"][0]["targetPort"]
    check(mended.returncode == 0 and port == 8080 and releases(cluster, namespace) == before, "proven: a port that somebody changed is mended, and nothing else", mended)


CHECKS = [colours, canaries, names, refused, needs, tests, proven]

if __name__ == "__main__":
    wanted = sys.argv[4:]
    for one in CHECKS:
        if wanted and one.__name__ not in wanted:
            continue
        simulated.checked(one)
    simulated.ended()
