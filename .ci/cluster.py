#!/usr/bin/env python3
"""cluster.py PROGRAM HELM SIMULATION [CHECK...]: what `apply` and its relatives do in a real control plane with simulated pods.

SIMULATION is the directory that ../shared/cluster/build.sh filled. Each check is a function below; without names all of them run.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from simulated_cluster import CONTEXT, HELM, PROGRAM, ROOT, Repository, check, checked, ended, environment, environments, git, good_state, pending, records, run, written, yaml_text


def shop(cluster):
    """fixtures/shop is installed and upgraded in two namespaces; what changes nothing writes nothing."""
    place = cluster.directory / "shop"
    shutil.copytree(ROOT / "fixtures/shop", place)
    git(place, "init", "--quiet")
    texts = "".join(f"""- name: {name}
  clusterName: sim
  kubeNamespace: shop-{name}
  releases:
  - name: shop
    chart: {{dir: shop}}
    valuesFile: shop/values-{name}.yaml
""" for name in ("testing", "production"))
    repository = Repository(cluster, place, {"environments.yaml": environments(texts)})
    for number, storage in enumerate(["", "", "fast", "fast", "fast", "fast"]):
        volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": f"volume-{number}"}, "spec": {
            "storageClassName": storage, "capacity": {"storage": "500Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": f"/tmp/volume-{number}"}}}
        cluster.kubectl("apply", "-f", "-", stdin=json.dumps(volume))
    plan = repository.apply("testing", "production", *CONTEXT, "--dry-run", "--detailed-exitcode")
    check(plan.returncode == 10 and "install shop: shop-" in plan.stdout, "shop: a dry run shows both installations", plan)
    check(cluster.get("namespaces", "shop-testing") is None, "shop: a dry run makes no namespace")
    done = repository.apply("testing", "production", *CONTEXT, "--create-namespace", "--timeout", "60s")
    check(done.returncode == 0 and done.stdout.count("is deployed, revision 1") == 2, "shop: installed in two namespaces", done)
    before = written(cluster)
    started = time.time()
    again = repository.apply("testing", "production", *CONTEXT)
    check(again.returncode == 0 and again.stdout.count("unchanged shop") == 2, "shop: the second time nothing changes", again)
    check(written(cluster) == before, f"shop: the second time nothing is written ({time.time() - started:.2f} s)")
    values = place / "shop/values-testing.yaml"
    repository.write({"shop/values-testing.yaml": values.read_text().replace("replicaCount: 1", "replicaCount: 2")})
    plan = repository.apply("testing", *CONTEXT, "--dry-run", "--output", "json")
    check(json.loads(plan.stdout)["environments"][0]["plan"]["releases"][0]["action"] == "upgrade", "shop: an edit is an upgrade", plan)
    check(written(cluster) == before, "shop: a dry run writes nothing")
    done = repository.apply("testing", *CONTEXT, "--timeout", "60s")
    check(done.returncode == 0 and "is deployed, revision 2" in done.stdout, "shop: upgraded", done)
    replicas = cluster.get("deployment", "shop-storefront", "-n", "shop-testing")["spec"]["replicas"]
    check(replicas == 2, "shop: the cluster has what the file says", replicas)
    dirty = place / "shop/values-testing.yaml"
    dirty.write_text(dirty.read_text() + "# more\n")
    refused = repository.apply("testing", *CONTEXT)
    check(refused.returncode == 1 and "--allow-dirty" in refused.stderr, "shop: what is in no commit is refused", refused)


# Ways to fail: name, values of the environment, what is prepared, flags, what must be said.
FAILURES = [
    ("missing image", {"image": {"tag": "missing-2"}}, None, [], [r"ImagePullBackOff of registry\.example\.com/shop/web:missing-2", r"template: web/templates/deployment\.yaml:15", r"value: values-testing\.yaml:2"]),
    ("crash loop", {"image": {"tag": "crash-2"}}, None, [], [r"CrashLoopBackOff of registry\.example\.com/shop/web:crash-2: exit code 1, 3 restarts", r"deployment\.yaml:15", r"values-testing\.yaml:2"]),
    ("never ready", {"image": {"tag": "unready-2"}}, None, ["--timeout", "8s"], [r"Deployment web, container web: NotReady of registry\.example\.com/shop/web:unready-2", r"deployment\.yaml:(19|20)"]),
    ("failing hook", {"hook": {"tag": "failing-2"}}, None, [], [r"Job web-migrate", r"hook\.yaml:\d+"]),
    ("failing test", {"test": {"tag": "failing-2"}}, None, [], [r"Pod web-test", r"test\.yaml:\d+"]),
    ("quota exceeded", {"replicas": 3}, "quota", ["--timeout", "40s"], [r"exceeded quota", r"deployment\.yaml:\d+"]),
    ("immutable field", {"selector": "other"}, None, [], [r"ImmutableField", r"deployment\.yaml:8", r"value: values-testing\.yaml:3"]),
    ("refused by a webhook", {"text": "forbidden-word"}, "policy", [], [r"forbidden-word is not allowed", r"configmap\.yaml:\d+"]),
    ("unschedulable", {"cpu": "1000"}, None, ["--timeout", "8s"], [r"Unschedulable: 0/1 nodes are available: 1 Insufficient cpu", r"deployment\.yaml:1[678]"]),
    ("forbidden by RBAC", {"text": "second"}, "rbac", [], [r"Deployment web: Forbidden: .*cannot patch resource", r"deployment\.yaml:1"]),
]

POLICY = [
    {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {"name": "words"}, "spec": {
        "failurePolicy": "Fail", "matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["configmaps"]}]},
        "validations": [{"expression": "!has(object.data) || !('text' in object.data) || object.data['text'] != 'forbidden-word'", "message": "forbidden-word is not allowed"}]}},
    {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": "words"}, "spec": {
        "policyName": "words", "validationActions": ["Deny"]}},
]


def prepare(cluster, what, namespace):
    """Prepares a way to fail; flags that it needs, and what undoes it."""
    if what == "quota":
        quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few", "namespace": namespace}, "spec": {"hard": {"pods": "2"}}}
        cluster.kubectl("apply", "-f", "-", stdin=json.dumps(quota))
        time.sleep(1)
        return [], lambda: cluster.kubectl("delete", "resourcequota", "few", "-n", namespace)
    if what == "policy":
        for item in POLICY:
            cluster.kubectl("apply", "-f", "-", stdin=json.dumps(item))
        time.sleep(5)
        return [], lambda: [cluster.kubectl("delete", item["kind"], "words") for item in POLICY]
    if what == "rbac":
        account = [
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader", "namespace": namespace}},
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "reader", "namespace": namespace}, "rules": [
                {"apiGroups": ["", "apps", "batch"], "resources": ["*"], "verbs": ["get", "list", "watch"]},
                {"apiGroups": [""], "resources": ["secrets", "configmaps"], "verbs": ["*"]},
                {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["*"]},
                {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["*"]}]},
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "reader", "namespace": namespace},
             "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}, "subjects": [{"kind": "ServiceAccount", "name": "reader", "namespace": namespace}]},
        ]
        for item in account:
            cluster.kubectl("apply", "-f", "-", stdin=json.dumps(item))
        token = cluster.kubectl("create", "token", "reader", "-n", namespace).stdout.strip()
        cluster.kubectl("config", "set-credentials", "reader", f"--token={token}")
        cluster.kubectl("config", "set-context", "reader", "--cluster=sim", "--user=reader")
        return ["--kube-context", "reader"], lambda: None
    return [], lambda: None


def failing(cluster):
    """Each way to fail is taken back to the revision before, and explained."""
    repository = cluster.repository("failing")
    done = repository.apply("testing", *CONTEXT, "--create-namespace", "--timeout", "30s")
    if not check(done.returncode == 0, "failing: a good revision is there first", done):
        return
    rows = []
    for name, values, what, flags, said in FAILURES:
        merged = {"image": {"tag": "1.0"}, **values}
        if name == "forbidden by RBAC":
            merged["replicas"] = 2
        repository.write({"values-testing.yaml": yaml_text(merged)})
        before = good_state(cluster, "testing")
        more, undo = prepare(cluster, what, "testing")
        context = more if "--kube-context" in more else [*CONTEXT, *more]
        started = time.time()
        found = repository.apply("testing", *context, *(flags or ["--timeout", "60s"]), "--skip-lint")
        seconds = time.time() - started
        undo()
        after = good_state(cluster, "testing")
        check(found.returncode == 1, f"{name}: exit status 1 ({seconds:.1f} s)", f"{found.returncode}\n{found.stdout}\n{found.stderr}")
        check(after == before and after[0] == "deployed", f"{name}: what was good is there again", f"{before}\n{after}\n{found.stdout}\n{found.stderr}")
        for pattern in said:
            check(re.search(pattern, found.stdout), f"{name}: says {pattern}", found.stdout + found.stderr)
        rows.append((name, found))
    repository.write({"values-testing.yaml": "image:\n  tag: \"1.0\"\n", "environments.yaml": environments(environment("testing", "gone"))})
    gone = repository.apply("testing", *CONTEXT)
    check(gone.returncode == 1 and "gone" in gone.stderr and "--create-namespace" in gone.stderr, "namespace missing: is said with what to do", gone)


def plans(cluster):
    """What was planned is applied, or nothing; what needs approval waits for it."""
    repository = cluster.repository("plans", {"environments.yaml": environments(environment("testing", "testing"), environment("production", "production").replace(
        "  releases:", "  policy: manual\n  releases:")), "values-production.yaml": "text: first\n"})
    plan = str(cluster.directory / "plan.json")
    waits = repository.apply("production", *CONTEXT, "--create-namespace")
    check(waits.returncode == 1 and "--approve" in waits.stderr and cluster.get("namespace", "production") is None, "plans: a manual environment waits for approval", waits)
    done = repository.apply("production", *CONTEXT, "--create-namespace", "--approve", env={"GITHUB_ACTOR": "grace"})
    approved = records(cluster, "production", "production")
    check(done.returncode == 0 and approved[-1]["approved"].startswith("grace, 20"), "plans: who approved is recorded", [done, approved])
    repository.apply("testing", *CONTEXT, "--create-namespace")
    repository.write({"values-testing.yaml": "text: second\n"})
    before = written(cluster)
    made = repository.apply("testing", *CONTEXT, "--plan-out", plan)
    check(made.returncode == 0 and written(cluster) == before, "plans: --plan-out writes nothing to the cluster", made)
    check("second" not in open(plan).read(), "plans: a plan has nothing of what would be applied")
    repository.write({"values-testing.yaml": "text: third\n"})
    moved = repository.apply(plan, *CONTEXT)
    check(moved.returncode == 1 and "plan it again" in moved.stderr and written(cluster) == before, "plans: refused when the commit is another one", moved)
    repository.apply("testing", *CONTEXT, "--plan-out", plan)
    cluster.kubectl("set", "image", "deployment/web", "web=registry.example.com/shop/web:9", "-n", "testing")
    time.sleep(2)
    before = written(cluster)
    moved = repository.apply(plan, *CONTEXT)
    check(moved.returncode == 1 and "plan it again" in moved.stderr and written(cluster) == before, "plans: refused when the cluster moved", moved)
    repository.apply("testing", *CONTEXT, "--plan-out", plan)
    done = repository.apply(plan, *CONTEXT)
    check(done.returncode == 0 and "is deployed" in done.stdout, "plans: exactly what was planned is applied", done)
    again = repository.apply(plan, *CONTEXT)
    check(again.returncode == 1 and "plan it again" in again.stderr, "plans: a plan is applied once", again)


def live(cluster):
    """Drift, history, the way back, and traces."""
    repository = cluster.repository("live")
    repository.apply("testing", *CONTEXT, "--create-namespace")
    first = git(repository.place, "rev-parse", "HEAD").stdout.strip()
    repository.write({"values-testing.yaml": "image:\n  tag: \"1.1\"\n"})
    repository.apply("testing", *CONTEXT)
    same = repository.chartwright("drift", "testing", *CONTEXT)
    check(same.returncode == 0, "live: no drift after apply", same)
    cluster.kubectl("set", "image", "deployment/web", "web=registry.example.com/shop/web:9", "-n", "testing")
    cluster.kubectl("delete", "configmap", "web", "-n", "testing")
    drift = repository.chartwright("drift", "testing", *CONTEXT)
    check(drift.returncode == 2 and "shop/web:9" in drift.stdout and "ConfigMap web" in drift.stdout, "live: drift of an image and a missing object, exit status 2", drift)
    mended = repository.apply("testing", *CONTEXT)
    check(mended.returncode == 0 and cluster.get("configmap", "web", "-n", "testing") is not None, "live: apply takes drift back", mended)
    image = cluster.get("deployment", "web", "-n", "testing")["spec"]["template"]["spec"]["containers"][0]["image"]
    check(image.endswith(":1.1"), "live: the image is that of the files again", image)
    back = repository.chartwright("rollback", "--live", "testing", "web", "--to", "1", *CONTEXT)
    image = cluster.get("deployment", "web", "-n", "testing")["spec"]["template"]["spec"]["containers"][0]["image"]
    check(back.returncode == 0 and image.endswith(":1.0"), "live: a revision is brought back in the cluster", back)
    wrong = repository.chartwright("rollback", "--live", "testing", "web", "--to", "99", *CONTEXT)
    check(wrong.returncode == 1 and "no revision 99" in wrong.stderr, "live: a revision that is not there is said", wrong)
    history = repository.chartwright("history", "testing", "web", *CONTEXT)
    check(history.returncode == 0 and first[:10] in history.stdout and "Ada" in history.stdout or "root" in history.stdout, "live: history names commits and people", history)
    status = repository.chartwright("status", "--live", *CONTEXT)
    check(status.returncode == 0 and "REVISION" in status.stdout and "web-1.0.0" in status.stdout, "live: status asks the cluster", status)
    for wanted in (first[:12], "registry.example.com/shop/web:1.0", "web-1.0.0", "testing/web/1"):
        trace = repository.chartwright("trace", wanted, *CONTEXT)
        check(trace.returncode == 0 and first in trace.stdout, f"live: trace of {wanted if wanted != first[:12] else 'a commit'}", trace)


def groups(cluster):
    """Releases of a group are taken back together."""
    files = {
        "environments.yaml": environments("""- name: testing
  clusterName: sim
  kubeNamespace: testing
  releases:
  - {name: one, group: shop, chart: {dir: web}, valuesFile: one.yaml}
  - {name: alone, chart: {dir: web}, valuesFile: one.yaml}
  - {name: two, group: shop, chart: {dir: web}, valuesFile: two.yaml}
"""),
        "one.yaml": "text: first\nselector: one\n", "two.yaml": "text: first\nselector: two\n",
    }
    files["one.yaml"] = files["two.yaml"] = "text: first\n"
    repository = cluster.repository("groups", files)
    done = repository.apply("testing", *CONTEXT, "--create-namespace", "--skip-tests")
    check(done.returncode == 0, "groups: installed", done)
    repository.write({"one.yaml": "text: second\n", "two.yaml": "text: second\nimage: {tag: missing-2}\n"})
    failed = repository.apply("testing", *CONTEXT, "--skip-tests", "--timeout", "30s")
    check(failed.returncode == 1, "groups: the second release fails", failed)
    text = lambda name: cluster.get("configmap", name, "-n", "testing")["data"]["text"]
    check((text("one"), text("alone"), text("two")) == ("first", "second", "first"), "groups: its group is taken back, others stay", (text("one"), text("alone"), text("two")))


SPELLINGS = {
    "web/templates/deployment.yaml": """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  annotations:
  labels: {app.kubernetes.io/managed-by: somebody}
spec:
  replicas: 2
  paused: false
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      hostNetwork: false
      tolerations:
        - {key: a, operator: Exists, effect: NoSchedule}
        - {key: a, operator: Exists, effect: NoExecute}
      containers:
        - name: web
          image: "registry.example.com/shop/web:{{ .Values.image.tag }}"
          env: [{name: EMPTY, value: ""}, {name: PASSWORD, value: {{ .Values.password | quote }}}]
          ports: [{name: dns, containerPort: 53, protocol: UDP}, {name: dns-tcp, containerPort: 53, protocol: TCP}]
          resources: {limits: {cpu: 1000m, memory: 1024Mi}, requests: {cpu: 1.0, memory: 0.5Gi}}
          livenessProbe: {httpGet: {path: /, port: 80}, initialDelaySeconds: 0}
""",
    "web/templates/secret.yaml": """apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}}
stringData: {password: {{ .Values.password | quote }}}
""",
    "web/templates/list.yaml": """apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: in-list}, data: {a: b}}
""",
}


def spellings(cluster):
    """What the API server spells in another way is no drift, and live secrets stay secret."""
    repository = cluster.repository("spellings", {**SPELLINGS, "values-testing.yaml": "password: Tr0ub4dor-and-3\n"})
    done = repository.apply("testing", *CONTEXT, "--create-namespace", "--skip-lint", "--skip-tests")
    check(done.returncode == 0, "spellings: installed", done)
    same = repository.chartwright("drift", "testing", *CONTEXT)
    check(same.returncode == 0, "spellings: no drift right after apply", same)
    cluster.kubectl("autoscale", "deployment", "web", "--min=3", "--max=5", "-n", "testing")
    cluster.kubectl("scale", "deployment", "web", "--replicas=3", "-n", "testing")
    same = repository.chartwright("drift", "testing", *CONTEXT)
    check(same.returncode == 0, "spellings: what an autoscaler sets is no drift", same)
    cluster.kubectl("set", "env", "deployment/web", "PASSWORD=L1veLeak-7777", "-n", "testing")
    for output in ("text", "json"):
        found = repository.chartwright("drift", "testing", *CONTEXT, "--output", output)
        shown = found.stdout + found.stderr
        check(found.returncode == 2 and "L1veLeak" not in shown and "Tr0ub4dor" not in shown, f"spellings: secrets stay secret ({output})", found)


def cluster_away(cluster):
    """Helm fails before it makes a revision: what is there is good, and stays the one to go back to."""
    repository = cluster.repository("away")
    for number in range(3):
        repository.write({"values-testing.yaml": f"image: {{tag: \"1.{number}\"}}\n"})
        repository.apply("testing", *CONTEXT, "--create-namespace")
    stub = cluster.directory / "stub"
    stub.mkdir()
    (stub / "helm").write_text(f"#!/bin/sh\ncase $1$2$3 in *upgrade*) echo 'Error: Kubernetes cluster unreachable' >&2; exit 1 ;; esac\nexec {HELM} \"$@\"\n")
    (stub / "helm").chmod(0o755)
    repository.write({"values-testing.yaml": "image: {tag: \"1.9\"}\n"})
    before = good_state(cluster, "testing")
    away = repository.apply("testing", *CONTEXT, env={"PATH": f"{stub}:{cluster.path}"})
    check(away.returncode == 1 and "unreachable" in away.stdout and good_state(cluster, "testing") == before, "away: the failure is said, and nothing changes", away)
    repository.write({"values-testing.yaml": "image: {tag: crash-5}\n"})
    failed = repository.apply("testing", *CONTEXT)
    check(failed.returncode == 1 and good_state(cluster, "testing") == before, "away: a later failure goes back to the right revision", failed)


def killed(cluster, times=int(os.environ.get("KILLS", "10"))):
    """Killed at any moment, the next run ends in the wanted state."""
    repository = cluster.repository("killed")
    repository.apply("testing", *CONTEXT, "--create-namespace")
    random = __import__("random").Random(7)
    wrong, left = 0, 0
    for number in range(times):
        repository.write({"values-testing.yaml": f"image:\n  tag: \"2.{number}\"\ntext: number {number}\n"})
        process = subprocess.Popen([PROGRAM, "apply", "testing", *CONTEXT, "--timeout", "20s"], cwd=repository.place, env=cluster.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        if number % 3 == 0:
            # Some in the moment that Helm leaves a release pending, which is short, and which a slow machine reaches later.
            waited = time.time() + 30
            while not pending(cluster, "testing") and process.poll() is None and time.time() < waited:
                pass
        else:
            time.sleep(random.uniform(0.1, 4.5))
        whole = number % 2 == 0
        try:
            (os.killpg if whole else os.kill)(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        left += len(pending(cluster, "testing")) > 0
        again = repository.apply("testing", *CONTEXT, "--timeout", "20s")
        status = cluster.helm("status", "web", "-n", "testing", "-o", "json")
        status = json.loads(status.stdout)["info"]["status"] if status.returncode == 0 else status.stderr
        text = (cluster.get("configmap", "web", "-n", "testing") or {}).get("data", {}).get("text")
        open_records = [record for record in records(cluster) if record["result"] == "running"]
        if again.returncode != 0 or status != "deployed" or text != f"number {number}" or open_records:
            wrong += 1
            print(number, again, status, text, open_records, flush=True)
    # What a killed run had deployed is good: a later failure goes back to it.
    def open_last():
        found = cluster.get("configmap", "chartwright-testing", "-n", "testing")
        listed = json.loads(found["data"]["records.json"])
        listed[-1]["result"] = "running"
        found["data"]["records.json"] = json.dumps(listed)
        cluster.kubectl("replace", "-f", "-", stdin=json.dumps(found))
    open_last()
    before = good_state(cluster, "testing")
    said = repository.apply("testing", *CONTEXT)
    check(said.returncode == 0 and "was killed" in said.stderr and records(cluster)[-1]["result"] == "interrupted", "killed: the next run says so", said)
    repository.write({"values-testing.yaml": "image: {tag: missing-9}\n"})
    failed = repository.apply("testing", *CONTEXT, "--timeout", "20s")
    check(failed.returncode == 1 and good_state(cluster, "testing") == before, "killed: what it had deployed is gone back to", failed)
    repository.write({"values-testing.yaml": "image: {tag: unready-1}\n"})
    other = subprocess.Popen([HELM, "--kube-context", "sim", "upgrade", "web", "web", "-n", "testing", "-f", "values-testing.yaml", "--wait"], cwd=repository.place, env=cluster.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(3)
    repository.write({"values-testing.yaml": "image: {tag: \"3.0\"}\n"})
    busy = repository.apply("testing", *CONTEXT, "--timeout", "20s")
    check(busy.returncode == 3 and "another helm is at work" in busy.stderr, "killed: another helm at work is left alone", busy)
    other.kill()
    other.wait()
    mended = repository.apply("testing", *CONTEXT, "--timeout", "20s", "--take-over")
    check(mended.returncode == 0 and good_state(cluster, "testing")[0] == "deployed", "killed: what another helm left is mended with --take-over", mended)
    check(left > 0, "killed: some runs leave a release pending, as Helm does")
    check(wrong == 0, f"killed: {times} of {times} end in the wanted state ({left} were left pending)")
    check(len(records(cluster)) <= 50, "killed: at most 50 records are kept")


def speed(cluster):
    """Twenty releases that are as they should be, beside Helm's own dry runs of them."""
    names = [f"web{number}" for number in range(20)]
    repository = cluster.repository("speed", {"environments.yaml": environments(environment("testing", "testing", releases=" ".join(names)))})
    done = repository.apply("testing", *CONTEXT, "--create-namespace", "--skip-tests", timeout=300)
    check(done.returncode == 0, "speed: twenty releases are installed", done)
    ours, theirs = [], []
    for _ in range(5):
        started = time.time()
        found = repository.apply("testing", *CONTEXT)
        ours.append(time.time() - started)
        if found.stdout.count("unchanged web") != 20:
            check(False, "speed: twenty releases are unchanged", found)
            return
        started = time.time()
        for name in names:
            run(HELM, "--kube-context", "sim", "upgrade", name, "web", "-n", "testing", "-f", "values-testing.yaml", "--dry-run=server", cwd=repository.place, env=cluster.env)
        theirs.append(time.time() - started)
    ours, theirs = sorted(ours)[2], sorted(theirs)[2]
    check(ours * 3 <= theirs, f"speed: apply of 20 unchanged releases takes {ours:.2f} s, 20 x helm upgrade --dry-run=server {theirs:.2f} s (1/{theirs / ours:.1f})")


CHECKS = [killed, failing, shop, plans, live, groups, spellings, cluster_away, speed]


def main():
    names = sys.argv[4:]
    wanted = [one for one in CHECKS if not names or one.__name__ in names]
    # They wait for most of their time. What is measured runs alone.
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(checked, one) for one in wanted if one is not speed]:
            done.result()
    if speed in wanted:
        checked(speed)
    ended()


if __name__ == "__main__":
    main()
