#!/usr/bin/env python3
"""defaults.py PROGRAM HELM SIMULATION [ROWS COUNT]: what a new object is when validating admission sees it, by an API server and by us.

Creates objects with dryRun=All and a validating webhook, which is sent what validating admission sees (the answer to the client has gone through the
store's encoding and has defaults again): those that PROGRAM renders from the public charts of ../shared/conformance/charts-corpus, the objects of
tests/verdicts/objects.yaml and tests/defaults/objects.yaml, and each of them with some of its fields left out or zero. What it is sent goes to
tests/defaults/rows.jsonl, without what is random or only known to a cluster, and `cargo test --test it defaults` compares. ROWS is another file,
to which COUNT objects of other charts are written instead.

Rows are chosen so that each has a field that no earlier one of its kind has, or one that the server sets or drops for the first time; long texts are
shortened.
"""
import base64
import copy
import hashlib
import http.server
import json
import os
import pathlib
import random
import re
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import simulated_cluster as simulated

CORPUS = simulated.ROOT.parent / "shared/conformance/charts-corpus"
ROWS = simulated.ROOT / "tests/defaults/rows.jsonl"
OWN = [simulated.ROOT / "tests" / name for name in ("verdicts/objects.yaml", "defaults/objects.yaml")]
VARIANTS, SEED, BYTES = 40, 7, 390_000
# What a cluster alone knows, in objects of all kinds.
SYSTEM = ("uid", "creationTimestamp", "managedFields", "resourceVersion", "selfLink")


class Loader(yaml.CSafeLoader):
    """YAML as Helm reads it: dates are texts."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()}


def documents(text):
    for document in yaml.load_all(text, Loader=Loader):
        if isinstance(document, dict) and isinstance(document.get("kind"), str) and isinstance(document.get("apiVersion"), str):
            items = document.get("items")
            yield from (item for item in items if isinstance(item, dict)) if document["kind"] == "List" and isinstance(items, list) else [document]


class Webhook:
    """A validating webhook that allows everything and keeps the last object it was sent."""

    def __init__(self, directory):
        certificate, key = directory / "webhook.crt", directory / "webhook.key"
        simulated.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-subj", "/CN=127.0.0.1",
                      "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2")
        self.bundle = base64.b64encode(certificate.read_bytes()).decode()
        self.seen = None
        webhook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                webhook.seen = review["request"]["object"]
                answer = json.dumps({"apiVersion": review["apiVersion"], "kind": review["kind"],
                                     "response": {"uid": review["request"]["uid"], "allowed": True}}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def configuration(self):
        return {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": "sees"}, "webhooks": [{
            "name": "sees.example.org", "sideEffects": "None", "admissionReviewVersions": ["v1"], "matchPolicy": "Exact",
            "clientConfig": {"url": f"https://127.0.0.1:{self.server.server_port}/", "caBundle": self.bundle},
            "rules": [{"apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"], "operations": ["CREATE"]}],
            "matchConditions": [{"name": "dry", "expression": "request.dryRun"}]}]}


class Server:
    """The API server of a simulated cluster."""

    def __init__(self, cluster):
        config = pathlib.Path(cluster.env["KUBECONFIG"]).read_text()
        self.address = re.search(r'server: "([^"]+)"', config)[1]
        self.context = ssl._create_unverified_context()
        self.webhook = Webhook(cluster.directory)
        self.resources = {}
        versions = ["api/v1"] + [f"apis/{version['groupVersion']}" for group in self.ask("apis")["groups"] for version in group["versions"]]
        for version in versions:
            for resource in self.ask(version)["resources"]:
                if "/" not in resource["name"] and "create" in resource["verbs"]:
                    self.resources[version.split("/", 1)[1], resource["kind"]] = version, resource["name"], resource["namespaced"]

    def ask(self, path, body=None):
        request = urllib.request.Request(f"{self.address}/{path}", data=body and json.dumps(body).encode(), headers={
            "Authorization": "Bearer tok", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, context=self.context, timeout=60) as answer:
            return json.load(answer)

    def seen(self, given):
        """The object as validating admission sees it; nothing if the server refuses it or does not know the kind. The configuration of admission
        itself is not shown to webhooks, nor to policies: of that, the answer counts."""
        self.webhook.seen = None
        answer = self.created(given)
        return answer and (self.webhook.seen or answer)

    def created(self, given, dry=True):
        """What the server answers; nothing if it refuses the object or does not know the kind."""
        found = self.resources.get((given["apiVersion"], given["kind"]))
        if not found:
            return None
        version, name, namespaced = found
        namespace = f"namespaces/{given['metadata'].get('namespace', 'default')}/" if namespaced else ""
        try:
            return self.ask(f"{version}/{namespace}{name}?dryRun=All" if dry else f"{version}/{namespace}{name}", given)
        except urllib.error.HTTPError as error:
            account = re.search(r'serviceaccount \\"([^"\\]+)\\" not found', error.read().decode(errors="replace"))
            if account and self.created({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account[1]}}, dry=False):
                return self.created(given, dry)
            return None


def without_cluster(given, seen):
    """What the server answers, without what is random or only known to a cluster."""
    metadata, spec, status = seen["metadata"], seen.get("spec", {}), seen.get("status", {})
    for name in SYSTEM:
        metadata.pop(name, None)
    for name in ("namespace", "name"):
        if not given["metadata"].get(name):
            metadata.pop(name, None)
    kind, asked = given["kind"], given.get("spec") or {}
    if kind == "Service":
        if not asked.get("clusterIP"):
            spec.pop("clusterIP", None), spec.pop("clusterIPs", None)
        if not asked.get("ipFamilies") and asked.get("clusterIP") in (None, "", "None"):
            spec.pop("ipFamilies", None)
        if not asked.get("healthCheckNodePort"):
            spec.pop("healthCheckNodePort", None)
        for port, wanted in zip(spec.get("ports", []), asked.get("ports") or []):
            if not wanted.get("nodePort"):
                port.pop("nodePort", None)
    if kind == "Pod":
        spec["volumes"] = [volume for volume in spec.get("volumes", []) if not volume["name"].startswith("kube-api-access-")]
        for container in spec["containers"] + spec.get("initContainers", []):
            mounts = [mount for mount in container.get("volumeMounts", []) if not mount["name"].startswith("kube-api-access-")]
            container["volumeMounts"] = mounts
            if not mounts:
                del container["volumeMounts"]
        if not spec["volumes"]:
            del spec["volumes"]
        if not (asked.get("priorityClassName") or "system-").startswith("system-"):
            spec.pop("priority", None), spec.pop("preemptionPolicy", None)
        for condition in status.get("conditions", []):
            condition.pop("lastTransitionTime", None)
    if kind == "Job" and not spec.get("manualSelector"):
        spec.pop("selector", None)
        for labels in (spec["template"]["metadata"].get("labels", {}), metadata.get("labels", {})):
            for label in ("controller-uid", "batch.kubernetes.io/controller-uid"):
                labels.pop(label, None)
    if kind == "StatefulSet":
        # Kubernetes 1.35.4 turned MaxUnavailableStatefulSet off, which 1.35.0 has on, until 1.37.
        rolling = [(one.get("updateStrategy") or {}).get("rollingUpdate") or {} for one in (asked, spec)]
        if not rolling[0].get("maxUnavailable"):
            rolling[1].pop("maxUnavailable", None)
    if kind == "PersistentVolume":
        status.pop("lastPhaseTransitionTime", None)
    if kind == "CertificateSigningRequest":
        for name in ("username", "groups", "uid", "extra"):
            spec.pop(name, None)
    if kind == "APIService":
        for condition in status.get("conditions", []):
            condition.pop("lastTransitionTime", None)
    return seen


def difference(given, seen, pointer=""):
    """What must be set at which pointers to make one value the other, and what must be removed."""
    if isinstance(given, dict) and isinstance(seen, dict):
        wanted, gone = {}, []
        for key in sorted({**given, **seen}):
            below = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            if key not in seen:
                gone.append(below)
            elif key not in given:
                wanted[below] = seen[key]
            else:
                inner = difference(given[key], seen[key], below)
                wanted.update(inner[0]), gone.extend(inner[1])
        return wanted, gone
    if isinstance(given, list) and isinstance(seen, list) and len(given) <= len(seen):
        wanted, gone = {}, []
        for at, value in enumerate(seen):
            inner = difference(given[at], value, f"{pointer}/{at}") if at < len(given) else ({f"{pointer}/{at}": value}, [])
            wanted.update(inner[0]), gone.extend(inner[1])
        return wanted, gone
    same = type(given) is type(seen) and given == seen
    return ({} if same else {pointer: seen}), []


def shortened(value):
    """Long texts are cut, and large mappings have a few entries."""
    if isinstance(value, dict):
        kept = list(value.items())
        if len(kept) > 3 and all(isinstance(inner, str) and len(inner) > 60 for _, inner in kept):
            kept = kept[:2]
        return {key: shortened(inner) for key, inner in kept if key not in ("description", "caBundle")}
    if isinstance(value, list):
        return [shortened(inner) for inner in (value[:2] if len(value) > 8 else value)]
    return value[:40].strip() if isinstance(value, str) and len(value) > 120 else value


def shape(value, path=""):
    """The paths of an object, and which of its values are empty."""
    if isinstance(value, dict):
        found = set() if value else {path + "{}"}
        for key, inner in value.items():
            is_free = path.endswith(("labels", "annotations", "data", "nodeSelector", "matchLabels", "stringData", "parameters", "properties"))
            found |= shape(inner, path if is_free else f"{path}/{key}")
        return found
    if isinstance(value, list):
        return set().union(*(shape(inner, path + "/-") for inner in value)) if value else {path + "[]"}
    return {f"{path}:{value!r}" if value in ("", 0, None) else path}


def variants(given, rng):
    """The object without some of its fields, chosen at random, or with null or a zero there."""
    for _ in range(VARIANTS):
        changed = copy.deepcopy(given)
        spots = []

        def collect(value, depth):
            pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
            for key, inner in pairs:
                if depth or key not in ("apiVersion", "kind", "metadata"):
                    spots.append((value, key))
                collect(inner, depth + 1)
        collect(changed, 0)
        for owner, key in rng.sample(spots, min(len(spots), rng.randint(1, 3))):
            if isinstance(owner, dict) and key in owner:
                zero = owner.pop(key)
                if rng.random() < 0.5:
                    owner[key] = rng.choice([None, type(zero)()])
        yield changed


def rendered(held_back):
    """Objects of the charts: those of every other chart, or of the others."""
    for case in map(json.loads, (CORPUS / "cases.jsonl").open()):
        is_held = int(hashlib.sha256(case["chart"].encode()).hexdigest(), 16) % 2 == 1
        if case["exit"] == 0 and is_held == held_back:
            done = simulated.run(simulated.PROGRAM, "template", *case["args"], cwd=CORPUS)
            if done.returncode == 0:
                try:
                    yield from documents(done.stdout)
                except yaml.YAMLError:
                    continue


def rows(server, objects, limit, chosen_by_shape):
    """Rows of objects whose fields are new. Ends at a limit of bytes, or of rows if all are wanted."""
    known, size, count = {}, 0, 0
    for given in objects:
        if not isinstance(given.get("metadata"), dict):
            continue
        # Nothing else is in the cluster.
        for name in ("namespace", "ownerReferences"):
            given["metadata"].pop(name, None)
        given = shortened(given)
        of_kind = known.setdefault((given["apiVersion"], given["kind"]), set())
        text = json.dumps(given)
        seen = None if text in of_kind else server.seen(given)
        of_kind.add(text)
        if not seen:
            continue
        wanted, gone = difference(given, without_cluster(given, seen))
        features = shape(given) | {re.sub(r"/[0-9]+(/|$)", r"/-\1", pointer) for pointer in [*wanted, *gone]}
        if chosen_by_shape and features <= of_kind:
            continue
        of_kind |= features
        row = json.dumps({"object": given, "set": wanted, "gone": gone}, separators=(",", ":"), ensure_ascii=False)
        size, count = size + len(row.encode()) + 1, count + 1
        yield row
        if (size if chosen_by_shape else count) >= limit:
            return


def own_objects():
    rng = random.Random(SEED)
    for path in OWN:
        for given in documents(path.read_text()):
            yield given
            yield from variants(given, rng)


def prepared(server):
    """What objects refer to, and the webhook, which the server calls after a second or so."""
    for given in [
        server.webhook.configuration(),
        {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"}, "value": 1000},
        {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "gvisor"}, "handler": "runsc"},
    ]:
        server.created(given, dry=False)
    probe = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "probe"}}
    while not (server.seen(probe) and server.webhook.seen):
        time.sleep(0.2)


def main(cluster):
    server = Server(cluster)
    prepared(server)
    if len(sys.argv) > 4:
        found = list(rows(server, rendered(held_back=True), int(sys.argv[5]), chosen_by_shape=False))
        pathlib.Path(sys.argv[4]).write_text("".join(row + "\n" for row in found))
    else:
        objects = [*own_objects(), *sorted(rendered(held_back=False), key=lambda given: len(json.dumps(given)))]
        found = list(rows(server, objects, BYTES, chosen_by_shape=True))
        ROWS.write_text("".join(row + "\n" for row in sorted(found)))
    print(f"{len(found)} rows")
    test = simulated.run("cargo", "test", "--locked", "--test", "it", "defaults::", cwd=simulated.ROOT, timeout=3600,
                         env={**os.environ, "DEFAULTS_ROWS": sys.argv[4] if len(sys.argv) > 4 else str(ROWS)})
    simulated.check(test.returncode == 0, "objects become what the server makes of them", test.stdout + test.stderr)


if __name__ == "__main__":
    simulated.checked(main)
    simulated.ended()
