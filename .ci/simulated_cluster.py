"""A control plane with simulated pods that checks run in, a repository that is deployed to it, and what is asked about both.

The programs that use it are called with PROGRAM HELM SIMULATION, SIMULATION being the directory that ../shared/cluster/build.sh filled.
"""
import json
import os
import pathlib
import re
import shutil
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
        go = shutil.which("go") or "/usr/local/go/bin/go"
        self.path = f"{pathlib.Path(HELM).parent}:{os.environ['PATH']}:{pathlib.Path(go).parent}"
        place = self.started()
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI", "KUBE", "CHARTWRIGHT"))}
        self.env = {**keep, **GIT, "PATH": self.path, "KUBECONFIG": str(place / "kubeconfig"), "HOME": str(self.directory / "home")}
        (self.directory / "home").mkdir()

    def started(self):
        """The directory of a cluster that runs. Rarely the simulated node does not become ready, and another cluster is begun."""
        for attempt in range(3):
            place = self.directory / f"cluster-{attempt}"
            env = {**os.environ, "PATH": self.path}
            if subprocess.run(["sh", str(SCRIPT), "up", SIMULATION, str(place)], stdout=subprocess.PIPE, env=env).returncode == 0:
                return place
            run("sh", SCRIPT, "down", place, env=env)
        sys.exit("the cluster does not start")

    def down(self):
        run("sh", SCRIPT, "down", pathlib.Path(self.env["KUBECONFIG"]).parent, env=self.env)
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


def environment(name, namespace, releases="web"):
    listed = "".join(f"  - name: {release}\n    chart: {{dir: web}}\n    valuesFile: values-{name}.yaml\n" for release in releases.split())
    return f"- name: {name}\n  clusterName: sim\n  kubeNamespace: {namespace}\n  releases:\n{listed}"


def environments(*parts):
    return "clusters:\n- name: sim\n  provider: {existingContext: {contextName: sim}}\nenvironments:\n" + "".join(parts)


CONTEXT = ("--kube-context", "sim")


# What writes by itself, by the names of its programs: controllers go on after a command ends, and CronJobs run.
CONTROL_PLANE = ("kube", "kwok")


KINDS = "configmaps,secrets,services,serviceaccounts,deployments,statefulsets,jobs,cronjobs,pods,leases"


def written(cluster, kinds=KINDS):
    """What everyone but the control plane last wrote of each object: what is the same before and after a command was not written by it. Where the
    control plane has no part in an object, nobody may have written it at all."""
    found = cluster.get(kinds, "--all-namespaces", "--show-managed-fields")
    last = {}
    for item in found["items"]:
        metadata = item["metadata"]
        parts = metadata.get("managedFields", [])
        by_others = [part for part in parts if part["manager"] not in CONTROL_PLANE]
        if by_others and metadata["namespace"] not in ("kube-system", "kube-node-lease", "kube-public"):
            version = metadata["resourceVersion"] if by_others == parts else None
            last[item["kind"], metadata["namespace"], metadata["name"], metadata["uid"]] = by_others, version
    return last


def good_state(cluster, namespace, release="web"):
    found = cluster.helm("status", release, "-n", namespace, "-o", "json")
    if found.returncode != 0:
        return None
    found = json.loads(found.stdout)
    return found["info"]["status"], re.sub(r"(?m)^\s+$", "", found.get("manifest", ""))


def pending(cluster, namespace):
    """The releases whose newest revision is pending. Older revisions stay so in Helm's history after a rollback."""
    found = cluster.get("secrets", "-n", namespace, "-l", "owner=helm")
    labels = [item["metadata"]["labels"] for item in found["items"]]
    newest = {one["name"]: one["status"] for one in sorted(labels, key=lambda one: int(one["version"]))}
    return [name for name, status in newest.items() if status.startswith("pending-")]


def records(cluster, name="testing", namespace="testing"):
    found = cluster.get("configmap", f"chartwright-{name}", "-n", namespace)
    return json.loads(found["data"]["records.json"]) if found else []


def yaml_text(value, depth=0):
    text = ""
    for key, inner in value.items():
        if isinstance(inner, dict):
            text += "  " * depth + f"{key}:\n" + yaml_text(inner, depth + 1)
        else:
            text += "  " * depth + f"{key}: {json.dumps(inner)}\n"
    return text


def checked(one):
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


def ended():
    """Ends the program with what failed, if something did."""
    if failures:
        sys.exit(f"{len(failures)} failed: " + "; ".join(failures))
    print("all passed")
