#!/usr/bin/env python3
"""cluster.py PROGRAM HELM SIMULATION [CHECK...]: what `apply` and its relatives do in a real control plane with simulated pods.

SIMULATION is the directory that ../shared/cluster/build.sh filled. Each check is a function below; without names all of them run.
"""
import base64
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRIPT = ROOT.parent / "shared/cluster/cluster.sh"
PROGRAM, HELM, SIMULATION = (os.path.abspath(argument) for argument in sys.argv[1:4])
GIT = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))}
failures = []

CHART = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "web/values.yaml": """replicas: 1
image:
  repository: registry.example.com/shop/web
  tag: "1.0"
selector: web
cpu: 10m
hook:
  tag: "1.0"
test:
  tag: "1.0"
text: first
""",
    "web/templates/deployment.yaml": """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {app: {{ .Values.selector | quote }}}
  template:
    metadata:
      labels: {app: {{ .Values.selector | quote }}}
    spec:
      containers:
        - name: web
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
          resources:
            requests:
              cpu: {{ .Values.cpu }}
          readinessProbe:
            httpGet: {path: /, port: 80}
""",
    "web/templates/configmap.yaml": """apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  text: {{ .Values.text | quote }}
""",
    "web/templates/hook.yaml": """apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-migrate
  annotations:
    helm.sh/hook: pre-upgrade
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: migrate
          image: "registry.example.com/shop/migrate:{{ .Values.hook.tag }}"
""",
    "web/templates/test.yaml": """apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-test
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  restartPolicy: Never
  containers:
    - name: test
      image: "registry.example.com/shop/test:{{ .Values.test.tag }}"
""",
    "values-testing.yaml": "image:\n  tag: \"1.0\"\n",
    "environments.yaml": """clusters:
- name: sim
  provider: {existingContext: {contextName: sim}}
environments:
- name: testing
  clusterName: sim
  kubeNamespace: testing
  releases:
  - name: web
    chart: {dir: web}
    valuesFile: values-testing.yaml
""",
}


def check(is_right, what, details=""):
    print(("ok  " if is_right else "FAILED ") + what, flush=True)
    if not is_right:
        failures.append(what)
        print(str(details)[-6000:], flush=True)
    return is_right


def run(*command, cwd=None, env=None, stdin=None, timeout=180):
    return subprocess.run([str(part) for part in command], cwd=cwd, env=env, input=stdin, capture_output=True, text=True, timeout=timeout)


class Cluster:
    """A simulated cluster, its tools, and a repository that is deployed to it."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="chartwright-cluster-"))
        place = self.directory / "cluster"
        go = shutil.which("go") or "/usr/local/go/bin/go"
        self.path = f"{pathlib.Path(HELM).parent}:{os.environ['PATH']}:{pathlib.Path(go).parent}"
        run_up = subprocess.run(["sh", str(SCRIPT), "up", SIMULATION, str(place)], stdout=subprocess.PIPE, text=True, env={**os.environ, "PATH": self.path})
        if run_up.returncode != 0:
            sys.exit("the cluster does not start")
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI", "KUBE", "CHARTWRIGHT"))}
        self.env = {**keep, **GIT, "PATH": self.path, "KUBECONFIG": str(place / "kubeconfig"), "HOME": str(self.directory / "home")}
        (self.directory / "home").mkdir()

    def down(self):
        run("sh", SCRIPT, "down", self.directory / "cluster", env=self.env)
        shutil.rmtree(self.directory, ignore_errors=True)

    def kubectl(self, *arguments, stdin=None, timeout=60):
        return run("kubectl", *arguments, env=self.env, stdin=stdin, timeout=timeout)

    def get(self, *arguments):
        found = self.kubectl("get", *arguments, "-o", "json")
        return json.loads(found.stdout) if found.returncode == 0 else None

    def helm(self, *arguments, timeout=120):
        return run(HELM, *arguments, env=self.env, timeout=timeout)

    def repository(self, name, files=None):
        place = self.directory / name
        place.mkdir()
        git(place, "init", "--quiet")
        return Repository(self, place, {**CHART, **(files or {})})


def git(place, *arguments):
    return run("git", "-C", place, *arguments, env={**os.environ, **GIT})


class Repository:
    """A repository of git with an application chart and its environments."""

    def __init__(self, cluster, place, files):
        self.cluster, self.place = cluster, place
        self.write(files)

    def write(self, files):
        for name, text in files.items():
            path = self.place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        git(self.place, "add", "--all")
        git(self.place, "commit", "--quiet", "--message", "Change")

    def chartwright(self, *arguments, timeout=180, env=None):
        return run(PROGRAM, *arguments, cwd=self.place, env={**self.cluster.env, **(env or {})}, timeout=timeout)

    def apply(self, *arguments, timeout=180, env=None):
        return self.chartwright("apply", *arguments, timeout=timeout, env=env)


def environment(name, namespace, more="", releases="web"):
    listed = "".join(f"  - name: {release}\n    chart: {{dir: web}}\n    valuesFile: values-{name}.yaml\n{more}" for release in releases.split())
    return f"- name: {name}\n  clusterName: sim\n  kubeNamespace: {namespace}\n  releases:\n{listed}"


def environments(*parts):
    return "clusters:\n- name: sim\n  provider: {existingContext: {contextName: sim}}\nenvironments:\n" + "".join(parts)


CONTEXT = ("--kube-context", "sim")


def resource_versions(cluster):
    """What every object of a cluster was last written at, except for what the control plane writes by itself."""
    kinds = "configmaps,secrets,services,serviceaccounts,deployments,statefulsets,jobs,cronjobs,pods,leases"
    found = cluster.get(kinds, "--all-namespaces")
    own = lambda item: item["metadata"]["namespace"] not in ("kube-system", "kube-node-lease", "kube-public")
    return {(item["kind"], item["metadata"]["namespace"], item["metadata"]["name"]): item["metadata"]["resourceVersion"] for item in found["items"] if own(item)}


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
    before = resource_versions(cluster)
    started = time.time()
    again = repository.apply("testing", "production", *CONTEXT)
    check(again.returncode == 0 and again.stdout.count("unchanged shop") == 2, "shop: the second time nothing changes", again)
    check(resource_versions(cluster) == before, f"shop: the second time nothing is written ({time.time() - started:.2f} s)")
    values = place / "shop/values-testing.yaml"
    repository.write({"shop/values-testing.yaml": values.read_text().replace("replicaCount: 1", "replicaCount: 2")})
    plan = repository.apply("testing", *CONTEXT, "--dry-run", "--output", "json")
    check(json.loads(plan.stdout)["environments"][0]["plan"]["releases"][0]["action"] == "upgrade", "shop: an edit is an upgrade", plan)
    check(resource_versions(cluster) == before, "shop: a dry run writes nothing")
    done = repository.apply("testing", *CONTEXT, "--timeout", "60s")
    check(done.returncode == 0 and "is deployed, revision 2" in done.stdout, "shop: upgraded", done)
    replicas = cluster.get("deployment", "shop-storefront", "-n", "shop-testing")["spec"]["replicas"]
    check(replicas == 2, "shop: the cluster has what the file says", replicas)
    dirty = place / "shop/values-testing.yaml"
    dirty.write_text(dirty.read_text() + "# more\n")
    refused = repository.apply("testing", *CONTEXT)
    check(refused.returncode == 1 and "--allow-dirty" in refused.stderr, "shop: what is in no commit is refused", refused)


def good_state(cluster, namespace, release="web"):
    found = cluster.helm("status", release, "-n", namespace, "-o", "json")
    if found.returncode != 0:
        return None
    found = json.loads(found.stdout)
    return found["info"]["status"], re.sub(r"(?m)^\s+$", "", found.get("manifest", ""))


# Ways to fail: name, values of the environment, what is prepared, flags, what must be said.
FAILURES = [
    ("missing image", {"image": {"tag": "missing-2"}}, None, [], [r"ImagePullBackOff of registry\.example\.com/shop/web:missing-2", r"template: web/templates/deployment\.yaml:15", r"value: values-testing\.yaml:2"]),
    ("crash loop", {"image": {"tag": "crash-2"}}, None, [], [r"CrashLoopBackOff of registry\.example\.com/shop/web:crash-2: exit code 1, 3 restarts", r"deployment\.yaml:15", r"values-testing\.yaml:2"]),
    ("never ready", {"image": {"tag": "unready-2"}}, None, ["--timeout", "8s"], [r"Deployment web, container web: NotReady of registry\.example\.com/shop/web:unready-2", r"deployment\.yaml:(19|20)"]),
    ("failing hook", {"hook": {"tag": "failing-2"}}, None, [], [r"Job web-migrate", r"hook\.yaml:\d+"]),
    ("failing test", {"test": {"tag": "failing-2"}}, None, [], [r"Pod web-test", r"test\.yaml:\d+"]),
    ("quota exceeded", {"replicas": 3}, "quota", ["--timeout", "40s"], [r"exceeded quota", r"deployment\.yaml:\d+"]),
    ("immutable field", {"selector": "other"}, None, [], [r"ImmutableField", r"deployment\.yaml:8", r"values\.yaml:5"]),
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


def yaml_text(value, depth=0):
    text = ""
    for key, inner in value.items():
        if isinstance(inner, dict):
            text += "  " * depth + f"{key}:\n" + yaml_text(inner, depth + 1)
        else:
            text += "  " * depth + f"{key}: {json.dumps(inner)}\n"
    return text


CHECKS = [shop, failing]


def main():
    names = sys.argv[4:]
    wanted = [one for one in CHECKS if not names or one.__name__ in names]
    for one in wanted:
        started = time.time()
        cluster = Cluster()
        try:
            one(cluster)
        finally:
            if os.environ.get("KEEP_CLUSTER"):
                print(f"kept: {cluster.directory}")
            else:
                cluster.down()
        print(f"{one.__name__}: {time.time() - started:.0f} s", flush=True)
    if failures:
        sys.exit(f"{len(failures)} failed: " + "; ".join(failures))
    print("all passed")


if __name__ == "__main__":
    main()
