#!/usr/bin/env python3
"""agent_chart.py PROGRAM HELM SIMULATION: the chart deploy/agent, and the rights that it gives to the agent.

The chart is linted, rendered and packed. Then `chartwright apply` deploys it to a simulated control plane, and an agent that has nothing but the token of
the chart's service account keeps an environment: charts with every kind that docs/agent.md has, an upgrade that removes them, a failing upgrade. What it
asks of the API server is written down on the way: that must be what the chart allows, no less and no more, and what docs/agent.md says."""
import http.client
import http.server
import json
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import simulated_cluster as simulated
import delivery_chain

ROOT = HERE.parent
CHART = ROOT / "deploy/agent"
NAME = "chartwright-agent"
SECRET = "agent-settings"
REPOSITORY = "https://git.example.com/shop/deployments.git"
check, run, wait = simulated.check, simulated.run, delivery_chain.wait

# All versions that the program has definitions of.
KUBERNETES = "1.25..latest"
# Values that the schema refuses, and what it says.
REFUSED = [
    ("repositroy=x", "repositroy"),
    ("repository=https://user:password@git.example.com/x.git", "git.passwordSecret"),
    ("drift=sometimes", "drift"),
    ("interval=often", "interval"),
    ("createNamespaces=true", "clusterWide"),
    ("git.password=hunter2", "password"),
]

# One of each kind that the chart gives rights for.
KINDS = """{{- if .Values.kinds }}
apiVersion: v1
kind: Secret
metadata: {name: kinds}
stringData: {text: {{ .Values.kinds | quote }}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: kinds}
data: {text: {{ .Values.kinds | quote }}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: kinds, labels: {text: {{ .Values.kinds | quote }}}}
---
apiVersion: v1
kind: Service
metadata: {name: kinds, labels: {text: {{ .Values.kinds | quote }}}}
spec: {selector: {app: kinds}, ports: [{port: 80}]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: kinds, labels: {text: {{ .Values.kinds | quote }}}}
spec: {storageClassName: "", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: kinds, labels: {text: {{ .Values.kinds | quote }}}}
spec: {containers: [{name: main, image: "registry.example.com/shop/web:1.0"}]}
{{- range $kind := list "Deployment" "StatefulSet" "DaemonSet" }}
---
apiVersion: apps/v1
kind: {{ $kind }}
metadata: {name: kinds, labels: {text: {{ $.Values.kinds | quote }}}}
spec:
  selector: {matchLabels: {kind: {{ $kind }}}}
  {{- if eq $kind "StatefulSet" }}
  serviceName: kinds
  {{- end }}
  template:
    metadata: {labels: {kind: {{ $kind }}}}
    spec: {containers: [{name: main, image: "registry.example.com/shop/web:1.0"}]}
{{- end }}
---
apiVersion: batch/v1
kind: Job
metadata: {name: kinds, labels: {text: {{ .Values.kinds | quote }}}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: "registry.example.com/shop/web:1.0"}]}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: kinds, labels: {text: {{ .Values.kinds | quote }}}}
spec:
  schedule: "0 4 * * *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: "registry.example.com/shop/web:1.0"}]}}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: kinds, labels: {text: {{ .Values.kinds | quote }}}}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: kinds}, maxReplicas: 2}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: kinds, labels: {text: {{ .Values.kinds | quote }}}}
spec: {defaultBackend: {service: {name: kinds, port: {number: 80}}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: kinds, labels: {text: {{ .Values.kinds | quote }}}}
spec: {podSelector: {}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: kinds, labels: {text: {{ .Values.kinds | quote }}}}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: kinds}}}
{{- end }}
"""
VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class Recorder:
    """What stands between the agent and the API server: it adds the token, and writes down what is asked for."""

    def __init__(self, server, token):
        self.asked, self.refused = set(), []
        host, port = urllib.parse.urlsplit(server).netloc.split(":")
        context = ssl._create_unverified_context()
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                skipped = ("host", "connection", "authorization", "content-length")
                headers = {name: value for name, value in self.headers.items() if name.lower() not in skipped}
                upstream = http.client.HTTPSConnection(host, int(port), context=context, timeout=120)
                try:
                    upstream.request(self.command, self.path, body or None, {**headers, "Authorization": f"Bearer {token}"})
                    found = upstream.getresponse()
                    recorder.note(self.command, self.path, found.status)
                    self.send_response(found.status)
                    for name, value in found.getheaders():
                        if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                            self.send_header(name, value)
                    self.end_headers()
                    while part := found.read1(65536):
                        self.wfile.write(part)
                        self.wfile.flush()
                except (OSError, http.client.HTTPException):
                    # One side went away.
                    self.close_connection = True
                finally:
                    upstream.close()

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"

    def note(self, method, path, status):
        """/apis/apps/v1/namespaces/testing/deployments/web is `deployments.apps` in `testing`."""
        place = urllib.parse.urlsplit(path)
        found = re.fullmatch(r"/(?:api/v1|apis/([^/]+)/[^/]+)(?:/namespaces/([^/]+))?(?:/([^/]+)(?:/([^/]+)(?:/([^/]+))?)?)?", place.path)
        if not found or (not found[2] and not found[3]):
            return
        group, namespace, resource, name, sub = found.groups()
        if resource is None:
            resource, name = "namespaces", namespace
        elif namespace is None and resource == "namespaces":
            namespace = name
        resource = "/".join(filter(None, [resource, sub])) + (f".{group}" if group else "")
        verb = VERBS[method]
        if verb == "get" and not name:
            verb = "watch" if urllib.parse.parse_qs(place.query).get("watch") else "list"
        if status == 403:
            self.refused.append((namespace, resource, verb))
        else:
            self.asked.add((namespace, resource, verb))


def rendered(*arguments):
    return run(simulated.PROGRAM, "template", "agent", CHART, "--namespace", "agents", *arguments)


def lint_and_package(place):
    """Clean for us and for helm, the same bytes from both, and packed."""
    done = run(simulated.PROGRAM, "lint", CHART, "--strict", "--kube-version", KUBERNETES)
    check(done.returncode == 0, f"chart: lint for Kubernetes {KUBERNETES}", f"{done.stdout}\n{done.stderr}")
    for values in sorted(CHART.glob("ci/*-values.yaml")):
        ours = rendered("--values", values)
        theirs = run(simulated.HELM, "template", "agent", CHART, "--namespace", "agents", "--values", values)
        same = ours.returncode == theirs.returncode == 0 and ours.stdout == theirs.stdout
        check(same, f"chart: {values.name} is rendered as helm does", f"{ours.stdout}\n{ours.stderr}\n{theirs.stdout}\n{theirs.stderr}")
    done = run(simulated.HELM, "lint", CHART, "--strict", "--set", f"repository={REPOSITORY}")
    check(done.returncode == 0, "chart: helm lint", done)
    none = rendered()
    check(none.returncode != 0 and "the address of the repository" in none.stderr, "chart: a missing repository is said", none)
    for setting, word in REFUSED:
        done = rendered("--set", f"repository=x,{setting}")
        check(done.returncode != 0 and word in done.stderr, f"chart: {setting.split('=')[0]} is refused", done)
    done = run(simulated.PROGRAM, "package", CHART, "--destination", place / "packages")
    check(done.returncode == 0 and list((place / "packages").glob(f"{NAME}-*.tgz")), "chart: packaged", done)
    cargo = re.search(r'(?m)^version = "(.*)"', (ROOT / "Cargo.toml").read_text())[1]
    chart = dict(re.findall(r"(?m)^(version|appVersion): (.*)", (CHART / "Chart.yaml").read_text()))
    check(chart == {"version": cargo, "appVersion": cargo}, "chart: its versions are those of the program", (chart, cargo))


def documented():
    """Rights by the table in docs/agent.md: resource and verb."""
    table = re.search(r"(?m)^\| resources \| verbs \|.*\n\|.*\n((?:\|.*\n)+)", (ROOT / "docs/agent.md").read_text())
    found = set()
    for row in table[1].splitlines() if table else []:
        resources, verbs, *_ = (cell.strip() for cell in row.strip("|").split("|"))
        found |= {(resource, verb) for resource in re.findall(r"`([^`]+)`", resources) for verb in verbs.split(", ")}
    return found


def granted(role):
    return {(resource + (f".{group}" if group else ""), verb)
            for rule in role["rules"] for group in rule["apiGroups"] for resource in rule["resources"] for verb in rule["verbs"]}


def deploy(cluster):
    """The chart by our own tool, with the tests of the chart."""
    place = cluster.directory / "agents"
    shutil.copytree(CHART, place / "agent")
    git = lambda *arguments: delivery_chain.git(place, *arguments)
    git("init", "--quiet")
    (place / "values.yaml").write_text(f"repository: {REPOSITORY}\nenvironments: [testing]\nnamespaces: [testing]\nexistingSecret: {SECRET}\n")
    (place / "environments.yaml").write_text(simulated.environments(
        f"- name: agents\n  clusterName: sim\n  kubeNamespace: agents\n  releases:\n  - name: {NAME}\n    chart: {{dir: agent}}\n    valuesFile: values.yaml\n"))
    git("add", "--all")
    git("commit", "--quiet", "--message", "Deploy the agent")
    for namespace in ("agents", "testing", "other"):
        cluster.kubectl("create", "namespace", namespace)
    cluster.kubectl("create", "secret", "generic", SECRET, "-n", "agents", "--from-literal=CHARTWRIGHT_AGENT_TOKEN=t")
    done = run(simulated.PROGRAM, "apply", "agents", *simulated.CONTEXT, "--timeout", "60s", cwd=place, env=cluster.env)
    check(done.returncode == 0 and "is deployed, revision 1" in done.stdout, "agent: deployed by `chartwright apply`, its test passes", done)
    again = run(simulated.PROGRAM, "drift", "agents", *simulated.CONTEXT, cwd=place, env=cluster.env)
    check(again.returncode == 0, "agent: no drift", again)
    status = cluster.get("deployment", NAME, "-n", "agents")["status"]
    check(status.get("readyReplicas") == 1, "agent: its pod is ready", status)
    check(cluster.get("role", NAME, "-n", "other") is None and cluster.get("clusterrole", NAME) is None, "agent: it has rights in its namespace only")
    return granted(cluster.get("role", NAME, "-n", "testing"))


def agent_environments(*more):
    return simulated.environments(simulated.environment("testing", "testing"), *more)


def keep(cluster, recorder):
    """What the agent does with the token of the chart's service account."""
    origin = cluster.directory / "origin.git"
    run("git", "init", "--quiet", "--bare", "--initial-branch=main", origin, env=cluster.env)
    volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "volume"}, "spec": {
        "storageClassName": "", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/tmp/volume"}}}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(volume))
    repository = cluster.repository("work", {"environments.yaml": agent_environments(), "web/templates/kinds.yaml": KINDS, "values-testing.yaml": "kinds: first\n"})
    git = lambda *arguments: delivery_chain.git(repository.place, *arguments)
    git("branch", "--move", "main")

    def push(**files):
        if files:
            repository.write({name.replace("_", "-") + ".yaml": text for name, text in files.items()})
        git("push", "--quiet", str(origin), "main")

    push()
    port = delivery_chain.test_servers.free_port()
    log = cluster.directory / "agent.log"
    command = [simulated.PROGRAM, "agent", "--repository", str(origin), "--listen", f"127.0.0.1:{port}", "--kube-context", "agent",
               "--interval", "1s", "--drift-interval", "4s", "--drift", "enforce", "--timeout", "120s"]
    with open(log, "ab") as output:
        process = subprocess.Popen(command, env={**cluster.env, "KUBECONFIG": str(recorder.kubeconfig), "CHARTWRIGHT_AGENT_TOKEN": "t"}, stdout=output, stderr=output)
    try:
        ended = lambda count: (lambda found: len(found) >= count and found[-1]["result"] != "running" and found)(simulated.records(cluster))
        first = wait("install", lambda: ended(1), 150)
        check(first and first[-1]["result"] == "deployed", "rights: installed and recorded", log.read_text())
        push(values_testing="kinds: second\n")
        check(wait("upgrade", lambda: ended(2), 150) and ended(2)[-1]["result"] == "deployed", "rights: upgraded", [simulated.records(cluster)[-1:], log.read_text()])
        cluster.kubectl("delete", "configmap", "kinds", "-n", "testing")
        cluster.kubectl("set", "image", "deployment/web", "web=registry.example.com/shop/web:9", "-n", "testing")
        mended = wait("drift", lambda: cluster.get("configmap", "kinds", "-n", "testing") is not None, 150)
        check(mended, "rights: drift is found and taken back", log.read_text())
        count = len(simulated.records(cluster))
        push(values_testing="kinds: third\nimage: {tag: crash-2}\n")
        wait("failure", lambda: ended(count + 1), 150)
        last = simulated.records(cluster)[-1]
        check(last["result"] == "rolled-back" and "CrashLoopBackOff" in last["message"], "rights: a failing upgrade is rolled back and explained", last)
        push(values_testing="text: second\n")
        wait("removal", lambda: ended(count + 2), 150)
        gone = cluster.get("secrets,configmaps,serviceaccounts,services,deployments,statefulsets,cronjobs", "-n", "testing")
        names = [item["metadata"]["name"] for item in gone["items"]]
        check(simulated.records(cluster)[-1]["result"] == "deployed" and "kinds" not in names, "rights: what the chart does not have any more is removed", names)
        check(not recorder.refused, "rights: nothing is refused in its namespace", sorted(set(recorder.refused)))
        asked = {(resource, verb) for namespace, resource, verb in recorder.asked if namespace == "testing"}

        # Another namespace, which it has no rights in.
        before = simulated.written(cluster)
        repository.write({"values-other.yaml": "text: first\n"})
        push(environments=agent_environments(simulated.environment("other", "other")))
        metric = lambda: re.search(r'(?m)^chartwright_failed\{environment="other"\} 1$', ask(port, "/metrics"))
        wait("refusal", lambda: [one for one in recorder.refused if one[0] == "other"], 90)
        wait("failure", metric, 60)
        changed = {key for key, version in simulated.written(cluster).items() if before.get(key) != version and key[1] == "other"}
        check(not changed, "rights: nothing is written in another namespace", changed)
        page = re.search(r'<h2 id="other">.*?(?=<h2|\Z)', ask(port, "/"), re.S)[0]
        log_text = log.read_text()
        check("forbidden" in page.lower() or "forbidden" in log_text.lower(), "rights: that is said", page + log_text)
        if "forbidden" not in page.lower():
            print(f"note: the page does not say why it may not: {re.sub('<[^>]*>', ' ', page)[:300]}")
        return asked
    finally:
        process.kill()
        process.wait()


def ask(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    return connection.getresponse().read().decode()


def lines(pairs):
    return "\n".join(f"  {resource}: {verb}" for resource, verb in sorted(pairs))


def main():
    started = time.time()
    with tempfile.TemporaryDirectory() as place:
        lint_and_package(pathlib.Path(place))
    cluster = simulated.Cluster()
    try:
        allowed = deploy(cluster)
        check(allowed == documented(), "rights: docs/agent.md has those of the chart", f"only in the chart:\n{lines(allowed - documented())}\nonly in the docs:\n{lines(documented() - allowed)}")
        token = cluster.kubectl("create", "token", NAME, "-n", "agents").stdout.strip()
        server = cluster.kubectl("config", "view", "-o", "jsonpath={.clusters[0].cluster.server}").stdout
        recorder = Recorder(server, token)
        recorder.kubeconfig = cluster.directory / "agent-kubeconfig"
        recorder.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "agent", "clusters": [{"name": "agent", "cluster": {"server": recorder.address}}],
            "users": [{"name": "agent", "user": {}}], "contexts": [{"name": "agent", "context": {"cluster": "agent", "user": "agent"}}]}))
        asked = keep(cluster, recorder)
        # A server-side apply is a `patch` to whoever watches requests, and of something new it needs `create` as well.
        used = asked | {(resource, "create") for resource, verb in asked if verb == "patch"}
        check(not allowed - used, "rights: the chart gives none that is not used", lines(allowed - used))
    finally:
        cluster.down()
    print(f"agent chart: {time.time() - started:.0f} s", flush=True)
    simulated.ended()


if __name__ == "__main__":
    main()
