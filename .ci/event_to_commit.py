#!/usr/bin/env python3
"""From an image in a real registry to a commit in a repository of git: usage: event_to_commit.py BINARY

Debian's docker-registry gets images and sends its notifications to a listener; each notification, byte for byte, is given to
`chartwright event --patch --chart-version patch --push` in a clone of a bare repository with fixtures/shop-environments. First one, then the
same again, then eight at once in eight clones: every commit arrives, has its own image only, and the versions of the chart are in order."""
import contextlib
import hashlib
import http.server
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import test_servers

BINARY = os.path.abspath(sys.argv[1])
CHART = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures", "shop-environments")
SERVICES = ["api", "mailer", "orders", "payments", "reports", "search", "web", "worker"]
VALUES = "values-testing.yaml"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def check(is_right, message):
    if not is_right:
        sys.exit(f"event_to_commit: {message}")


@contextlib.contextmanager
def listener():
    """The address of a server that keeps what is posted to it, and the queue of what arrived."""
    arrived = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            arrived.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/events", arrived
    finally:
        server.shutdown()


def push_image(host, name, tag):
    """An image with a layer, a configuration with labels, and a manifest, as docker pushes it."""
    def send(method, url, body, kind):
        request = urllib.request.Request(url, body, {"Content-Type": kind}, method=method)
        with urllib.request.urlopen(request) as answer:
            return answer.headers

    def blob(content):
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        location = send("POST", f"http://{host}/v2/shop/{name}/blobs/uploads/", b"", "application/octet-stream")["Location"]
        mark = "&" if "?" in location else "?"
        send("PUT", f"{location}{mark}digest={digest}", content, "application/octet-stream")
        return {"digest": digest, "size": len(content)}

    labels = {"org.opencontainers.image.source": f"https://git.example.com/shop/{name}",
              "org.opencontainers.image.revision": hashlib.sha1(f"{name} {tag}".encode()).hexdigest()}
    config = blob(json.dumps({"os": "linux", "architecture": "amd64", "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "config": {"Labels": labels}}).encode())
    layer = blob(f"{name} {tag}".encode())
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST,
                "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **config},
                "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **layer}]}
    send("PUT", f"http://{host}/v2/shop/{name}/manifests/{tag}", json.dumps(manifest).encode(), MANIFEST)


def notification(arrived, name, tag):
    """The notification about a tag, byte for byte; those about blobs are passed over."""
    while True:
        try:
            body = arrived.get(timeout=30)
        except queue.Empty:
            sys.exit(f"event_to_commit: the registry sent no notification about {name}:{tag}")
        targets = [event["target"] for event in json.loads(body)["events"] if event["action"] == "push"]
        if any(target.get("repository") == f"shop/{name}" and target.get("tag") == tag for target in targets):
            return body


def main():
    if not shutil.which("docker-registry"):
        print("skipped: docker-registry is not installed (apt-get install docker-registry)")
        return
    work = tempfile.mkdtemp()
    origin = os.path.join(work, "origin.git")
    env = {**os.environ, "HOME": work, "GIT_CONFIG_NOSYSTEM": "1", "DOCKER_CONFIG": work}
    for name in list(env):
        if name.startswith(("GITHUB_", "CI_")):
            del env[name]

    def run(command, cwd=work):
        done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
        check(done.returncode == 0, f"{' '.join(command)} ends with {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def git(*arguments, cwd=origin):
        return run(["git", *arguments], cwd)

    def clone(name):
        git("clone", "--quiet", "--depth=1", f"file://{origin}", name, cwd=work)
        return os.path.join(work, name)

    def event(directory, payload):
        path = os.path.join(work, f"{os.path.basename(directory)}.json")
        with open(path, "wb") as out:
            out.write(payload)
        return [BINARY, "event", path, "-f", VALUES, "--patch", "--chart-version", "patch", "--push", "--plain-http", "-o", "json"]

    def tags(commit):
        lines = [line.strip() for line in git("show", f"{commit}:{VALUES}").splitlines()]
        names = [line.rsplit("/", 1)[1] for line in lines if line.startswith("repository:")]
        return dict(zip(names, (line.split()[1].strip('"') for line in lines if line.startswith("tag:"))))

    def version(commit):
        line = next(line for line in git("show", f"{commit}:Chart.yaml").splitlines() if line.startswith("version:"))
        check(line.endswith(" # raised by each change of an environment"), f"the comment of the version is lost: {line}")
        return tuple(int(part) for part in line.split()[1].split("."))

    def check_commit(commit, name, tag):
        """One image and the version changed, and no other line."""
        diff = git("show", "--format=", "--unified=0", commit).splitlines()
        changed = [line for line in diff if line[:1] in "+-" and line[:3] not in ("+++", "---")]
        check(len(changed) == 4, f"{commit} changes other lines too:\n" + "\n".join(changed))
        before, after = tags(f"{commit}~"), tags(commit)
        moved = {key: value for key, value in after.items() if before[key] != value}
        check(moved == {name: tag}, f"{commit} moves {moved}, not {name} to {tag}")
        check(version(commit) == (*version(f"{commit}~")[:2], version(f"{commit}~")[2] + 1), f"{commit} does not raise the version by one")
        message = git("log", "-1", "--format=%B", commit)
        check(message.startswith(f"Move {host}/shop/{name} from {before[name]} to {tag}\n"), f"the message of {commit} is {message}")
        revision = hashlib.sha1(f"{name} {tag}".encode()).hexdigest()
        link = next((line.strip() for line in message.splitlines() if line.startswith("  https://")), "none")
        is_link = link.startswith(f"https://git.example.com/shop/{name}/") and link.endswith(revision)
        check(is_link, f"the message of {commit} has the link {link}")

    servers = contextlib.ExitStack()
    try:
        address, arrived = servers.enter_context(listener())
        more = f"notifications:\n  endpoints:\n    - {{name: listener, url: {address}, timeout: 5s, threshold: 5, backoff: 1s}}\n"
        host = servers.enter_context(test_servers.registry(work, more=more))
        git("init", "--quiet", "--bare", "--initial-branch=main", origin, cwd=work)
        git("clone", "--quiet", origin, "first", cwd=work)
        first = os.path.join(work, "first")
        shutil.copytree(CHART, first, dirs_exist_ok=True)
        for name in os.listdir(first):
            path = os.path.join(first, name)
            if name.startswith("values-"):
                with open(path) as source:
                    text = source.read().replace("registry.example.com", host)
                with open(path, "w") as target:
                    target.write(text)
        git("checkout", "--quiet", "-b", "main", cwd=first)
        git("add", "--all", cwd=first)
        git("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "--quiet", "-m", "Start", cwd=first)
        git("push", "--quiet", "origin", "main", cwd=first)
        env["GIT_COMMITTER_NAME"] = env["GIT_AUTHOR_NAME"] = "Robot"
        env["GIT_COMMITTER_EMAIL"] = env["GIT_AUTHOR_EMAIL"] = "robot@example.com"

        push_image(host, "web", "2.11.0")
        payload = notification(arrived, "web", "2.11.0")
        one = clone("one")
        said = json.loads(run(event(one, payload), one))
        check(said.get("commit") == git("rev-parse", "main").strip(), f"the commit in {said} is not that of the branch")
        check_commit("main", "web", "2.11.0")
        said = json.loads(run(event(one, payload), one))
        check("commit" not in said and git("rev-list", "--count", "main").strip() == "2", f"the same event makes a second commit: {said}")
        print("one event of a real registry is one commit, and the same event again is none")

        before = git("rev-parse", "main").strip()
        wanted = {name: f"{9 + number}.0.{number}" for number, name in enumerate(SERVICES)}
        clones, payloads = {}, {}
        for name, tag in wanted.items():
            push_image(host, name, tag)
            payloads[name] = notification(arrived, name, tag)
            clones[name] = clone(f"clone-{name}")
        started = time.monotonic()
        commands = {name: [*event(clones[name], payloads[name]), "--track", "MajorVersion"] for name in SERVICES}
        processes = {name: subprocess.Popen(command, cwd=clones[name], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                     for name, command in commands.items()}
        for name, process in processes.items():
            out, errors = process.communicate()
            check(process.returncode == 0, f"the event of {name} ends with {process.returncode}\n{out}{errors}")
        took = time.monotonic() - started
        commits = git("rev-list", "--reverse", f"{before}..main").split()
        check(len(commits) == len(SERVICES), f"{len(SERVICES)} events at once make {len(commits)} commits")
        expected = {**tags(before), **wanted}
        check(tags("main") == expected, f"an image is lost: {tags('main')}, not {expected}")
        versions = [version(commit) for commit in [before, *commits]]
        check(all(a < b for a, b in zip(versions, versions[1:])), f"the versions are not in order: {versions}")
        for commit in commits:
            previous = tags(f"{commit}~")
            moved = [name for name, tag in tags(commit).items() if previous[name] != tag]
            check(len(moved) == 1, f"{commit} moves {moved}")
            check_commit(commit, moved[0], wanted[moved[0]])
        for name, directory in clones.items():
            status = git("status", "--porcelain", cwd=directory)
            check(status == "", f"the clone of {name} is left with {status}")
        git("fsck", "--strict")
        print(f"{len(SERVICES)} events at once are {len(commits)} commits in {took:.1f} s, versions "
              f"{'.'.join(map(str, versions[1]))} to {'.'.join(map(str, versions[-1]))}")
    finally:
        servers.close()
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
