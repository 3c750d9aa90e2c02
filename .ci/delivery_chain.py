#!/usr/bin/env python3
"""delivery_chain.py PROGRAM HELM SIMULATION [TIMES]: from a push of the application to production, and back where it fails.

A chart is packaged and pushed to the repository of an environment; an image is pushed to a real registry, whose notification reaches the agent;
the agent commits, applies, tests; the version is promoted by command; a broken image is deployed to testing, rolled back, explained, notified, and
never reaches production. Everything listens on the loopback.
"""
import contextlib
import http.server
import json
import pathlib
import re
import shutil
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import simulated_cluster as simulated
import event_to_commit
import test_servers
from running_agent import SECRET, TOKEN, Agent, git, wait

TIMES = int(sys.argv[4]) if len(sys.argv) > 4 else 1
check = simulated.check


@contextlib.contextmanager
def notifications():
    """A receiver of notifications: its address, and what arrived."""
    arrived = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            arrived.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", arrived
    finally:
        server.shutdown()


def files(host, charts):
    values = f"image:\n  repository: {host}/shop/web\n  tag: \"1.0.0\"\n"
    release = """releases:
- name: web
  chart: {reference: charts/web, version: 1.0.0}
  valuesFile: values-%s.yaml
"""
    triggers = """  triggers:
  - image: {track: Newest}
  - chart: {track: MajorVersion}
"""
    header = f"helmRepos:\n- name: charts\n  url: file://{charts}\n"
    environments = simulated.environments(*(
        f"- name: {name}\n  clusterName: sim\n  policy: {policy}\n  kubeNamespace: {name}\n  releasesFiles: [releases-{name}.yaml]\n"
        for name, policy in (("testing", "auto"), ("production", "manual"))))
    return {"environments.yaml": header + environments, "values-testing.yaml": values, "values-production.yaml": values,
            "releases-testing.yaml": release % "testing" + triggers, "releases-production.yaml": release % "production"}


def image(cluster, namespace):
    found = cluster.get("deployment", "web", "-n", namespace)
    return found and found["spec"]["template"]["spec"]["containers"][0]["image"].rsplit(":", 1)[1]


def chain(number, cluster):
    work = cluster.directory / f"chain-{number}"
    work.mkdir()
    charts = work / "charts"
    with contextlib.ExitStack() as servers:
        receiver, notified = servers.enter_context(notifications())
        origin = work / "deployments.git"
        simulated.run("git", "init", "--quiet", "--bare", "--initial-branch=main", origin)
        port = test_servers.free_port()
        more = ("notifications:\n  endpoints:\n    - name: agent\n      url: " + f"http://127.0.0.1:{port}/event" + "\n      headers: {Authorization: [Bearer "
                + SECRET + "]}\n      timeout: 5s\n      threshold: 5\n      backoff: 1s\n")
        host = servers.enter_context(test_servers.registry(str(work), more=more))
        if host is None:
            print("without the delivery chain: docker-registry is not installed")
            return
        event_to_commit.push_image(host, "web", "1.0.0")

        # The application's own repository: its pipeline packages the chart and pushes it.
        app = work / "app"
        app.mkdir()
        for name, text in simulated.CHART.items():
            if name.startswith("web/"):
                path = app / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        git(app, "init", "--quiet", "--initial-branch=main")
        git(app, "add", "--all")
        git(app, "commit", "--quiet", "--message", "Start")

        def pipeline():
            return simulated.run(simulated.PROGRAM, "ci", ".", "--repository", f"file://{charts}", cwd=app, env=cluster.env)

        published = pipeline()
        check((charts / "web-1.0.0.tgz").exists(), f"chain {number}: the chart is packaged and pushed", published)

        deployments = work / "deployments"
        simulated.run("git", "clone", "--quiet", origin, deployments)
        git(deployments, "checkout", "--quiet", "-B", "main")
        for name, text in files(host, charts).items():
            (deployments / name).write_text(text)
        git(deployments, "add", "--all")
        git(deployments, "commit", "--quiet", "--message", "Start")
        git(deployments, "push", "--quiet", "origin", "main")

        agent = Agent(cluster, origin, {"CHARTWRIGHT_NOTIFY_WEBHOOK": receiver, "DOCKER_CONFIG": str(work)}, "--plain-http",
                      "--poll-interval", "3s", "--environment", "testing", "--environment", "production", port=port)
        try:
            both = lambda wanted: all(image(cluster, one) == wanted for one in ("testing", "production"))
            waiting = lambda: "Approve" in agent.ask("/")[1]
            def approve():
                commit = re.search(r'name="commit" value="([0-9a-f]+)"', agent.ask("/")[1])[1]
                return agent.ask("/approve", f"environment=production&who=Grace&token={TOKEN}&commit={commit}".encode())

            check(wait("approval", waiting), f"chain {number}: production waits for approval", agent.log.read_text())
            check(image(cluster, "production") is None, f"chain {number}: nothing is there before")
            approve()
            check(wait("both", lambda: both("1.0.0")), f"chain {number}: both environments run what the files say", agent.log.read_text())

            # A push of the application: a new chart, and an image.
            chart = app / "web/Chart.yaml"
            chart.write_text(chart.read_text().replace("1.0.0", "1.1.0"))
            git(app, "commit", "--quiet", "--all", "--message", "Release")
            pipeline()
            event_to_commit.push_image(host, "web", "1.1.0")
            is_there = lambda: image(cluster, "testing") == "1.1.0"
            check(wait("image", is_there), f"chain {number}: the image reaches testing by its notification", agent.log.read_text())
            version = lambda namespace: json.loads(cluster.helm("list", "-n", namespace, "-o", "json").stdout or "[]")
            chart_there = lambda: any(release["chart"] == "web-1.1.0" for release in version("testing"))
            check(wait("chart", chart_there), f"chain {number}: the chart reaches testing by its version", agent.log.read_text())
            tests = wait("test", lambda: (cluster.get("pod", "web-test", "-n", "testing") or {}).get("status", {}).get("phase") == "Succeeded")
            check(tests, f"chain {number}: its tests ran")
            check(image(cluster, "production") == "1.0.0", f"chain {number}: production is as before", image(cluster, "production"))

            # Promoted by command.
            git(deployments, "pull", "--quiet", "origin", "main")
            promoted = simulated.run(simulated.PROGRAM, "promote", "testing", "production", "--push", cwd=deployments, env=cluster.env)
            check(promoted.returncode == 0, f"chain {number}: promoted by command", promoted)
            check(wait("approval", waiting), f"chain {number}: production waits for approval again", agent.log.read_text())
            approve()
            check(wait("production", lambda: image(cluster, "production") == "1.1.0"), f"chain {number}: production runs it", agent.log.read_text())

            # A broken image.
            before = len(notified)
            event_to_commit.push_image(host, "web", "crash-2")
            failed = wait("failure", lambda: agent.metric("chartwright_failed", "testing") == 1)
            check(failed, f"chain {number}: a broken image fails in testing", agent.log.read_text())
            check(image(cluster, "testing") == "1.1.0", f"chain {number}: it is rolled back", image(cluster, "testing"))
            check(image(cluster, "production") == "1.1.0", f"chain {number}: it never reaches production")
            page = agent.ask("/")[1]
            check("CrashLoopBackOff" in page and "crash-2" in page, f"chain {number}: the page explains it", page)
            said = wait("notice", lambda: [one for one in notified[before:] if "rolled back" in one["subject"]], 20)
            check(said and "CrashLoopBackOff" in json.dumps(said), f"chain {number}: it is notified and explained", notified[before:])
            records = simulated.records(cluster)
            check(records[-1]["result"] == "rolled-back" and "crash-2" in records[-1]["message"], f"chain {number}: it is recorded", records[-1])

            # Restarted, the agent does not try again what failed.
            count = len(records)
            agent.kill()
            agent.start()
            wait("ready", lambda: agent.ask("/readyz")[0] == 200)
            time.sleep(8)
            check(len(simulated.records(cluster)) == count, f"chain {number}: a restart does not try again what failed", agent.log.read_text())

            # The port.
            for path, body, headers, want in (
                ("/healthz", None, {}, 200), ("/", None, {}, 200), ("/sync", b"", {}, 401), ("/sync", b"", {"Authorization": f"Bearer {TOKEN}"}, 202),
                ("/rollback", b"environment=testing&release=web", {}, 401), ("/event", b"{}", {}, 400), ("/nothing", None, {}, 404),
                ("/rollback", f"environment=production&release=web&token={TOKEN}".encode(), {}, 303)):
                found = agent.ask(path, body, headers)
                check(found[0] == want, f"chain {number}: {path} answers {want}", found)
            check(wait("rollback", lambda: image(cluster, "production") == "1.0.0", 40), f"chain {number}: the page's button rolls production back", agent.log.read_text())
            log = agent.log.read_text()
            check(SECRET not in log and TOKEN not in log, f"chain {number}: no secret is in the log")
        finally:
            agent.kill()


def main():
    if not shutil.which("docker-registry"):
        print("without the delivery chain: docker-registry is not installed")
        return
    for number in range(TIMES):
        started = time.time()
        cluster = simulated.Cluster()
        try:
            chain(number + 1, cluster)
        finally:
            cluster.down()
        print(f"chain {number + 1}: {time.time() - started:.0f} s", flush=True)
    simulated.ended()


if __name__ == "__main__":
    main()
