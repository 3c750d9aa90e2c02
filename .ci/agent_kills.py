#!/usr/bin/env python3
"""agent_kills.py PROGRAM HELM SIMULATION [KILLS]: an agent that is killed at any moment goes on when it is started again.

Commits arrive, some of them broken; the agent is killed while it works on one, every second time with all that it runs, and started again, half
of the times with a clone in a directory of its own (--work-dir). Each time what the files say is there in the end, or the last good revision
where they are broken.
"""
import json
import os
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import simulated_cluster as simulated
from running_agent import Agent, git, wait

KILLS = int(sys.argv[4]) if len(sys.argv) > 4 else 8
# A lease is taken from whoever does not renew it after 30 s, and a broken revision is given up and taken back in less than that.
LONGEST = 60
check = simulated.check


class Scene:
    """A repository, its clone, and an agent that is killed."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.work = cluster.repository("work").place
        self.origin = cluster.directory / "origin.git"
        git(self.work, "clone", "--quiet", "--bare", str(self.work), str(self.origin))
        git(self.work, "remote", "add", "origin", str(self.origin))
        self.branch = git(self.work, "branch", "--show-current")
        self.temporary, self.named = cluster.directory / "temporary", cluster.directory / "named"
        self.temporary.mkdir()
        self.agent = Agent(cluster, self.origin, {"TMPDIR": str(self.temporary)}, "--drift-interval", "10m", interval="1s", timeout="20s", session=True)
        self.command = self.agent.command

    def push(self, tag, text):
        (self.work / "values-testing.yaml").write_text(f"image:\n  tag: {json.dumps(tag)}\ntext: {text}\n")
        git(self.work, "commit", "--quiet", "--all", "--message", text)
        git(self.work, "push", "--quiet", "origin", self.branch)
        return git(self.work, "rev-parse", "HEAD")

    def start(self, is_named):
        self.agent.command = [*self.command, "--work-dir", str(self.named)] if is_named else self.command
        self.agent.start()

    def pending(self):
        return len(simulated.pending(self.cluster, "testing"))

    def last(self, head):
        """The result of the last record, if it is about a commit."""
        records = simulated.records(self.cluster)
        return records[-1]["result"] if records and records[-1]["commit"] == head else None

    def text(self):
        return ((self.cluster.get("configmap", "web", "-n", "testing") or {}).get("data") or {}).get("text")

    def left(self):
        """Programs of the agents that still run: they all have the directory for temporary files in their environment."""
        mark, found = f"TMPDIR={self.temporary}".encode(), []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append((entry / "cmdline").read_text().replace("\0", " "))
            except OSError:
                pass
        return found


def kills(scene):
    dice = random.Random(11)
    good, pending, slowest, wrong = "number -1", 0, 0.0, 0
    head = scene.push("1.9", good)
    check(wait("first", lambda: scene.last(head) == "deployed"), "kills: the first commit is applied", scene.agent.log.read_text())
    for number in range(KILLS):
        is_broken = number % 4 == 3
        text = f"number {number}"
        head = scene.push(f"crash-{number}" if is_broken else f"2.{number}", text)
        time.sleep(dice.uniform(0.2, 8 if is_broken else 5))
        (os.killpg if number % 2 else os.kill)(scene.agent.process.pid, signal.SIGKILL)
        scene.agent.process.wait()
        pending += scene.pending() > 0
        started = time.time()
        scene.start(is_named=number % 4 in (1, 2))
        if not is_broken:
            good = text
        results = ("rolled-back",) if is_broken else ("deployed", "interrupted")
        is_there = lambda: scene.text() == good and scene.last(head) in results and scene.pending() == 0
        recovered = wait("recovered", is_there, LONGEST + 30)
        slowest = max(slowest, time.time() - started)
        if not recovered:
            wrong += 1
            print(number, text, scene.text(), scene.last(head), scene.pending(), scene.agent.log.read_text()[-1000:], flush=True)
    check(wrong == 0, f"kills: {KILLS} of {KILLS} end in the wanted state ({pending} were left pending, the longest took {slowest:.1f} s)")
    check(slowest <= LONGEST, f"kills: none takes longer than {LONGEST} s")


def after(scene):
    """What is there in the end is what one undisturbed agent leaves."""
    head = scene.push("3.0", "last")
    started = time.time()
    check(wait("last", lambda: scene.last(head) == "deployed"), f"kills: the next commit is applied ({time.time() - started:.1f} s)", scene.agent.log.read_text())
    records = simulated.records(scene.cluster)
    check(not [record for record in records if record["result"] == "running"] and len(records) <= 50, "kills: no record stays open", records)
    status = simulated.good_state(scene.cluster, "testing")
    check(status and status[0] == "deployed" and scene.pending() == 0, "kills: no release stays pending", status)
    lease = lambda: not scene.cluster.get("lease", "chartwright-testing", "-n", "testing")["spec"].get("holderIdentity")
    check(wait("lease", lease, 10), "kills: the lease is given back")
    scene.agent.process.send_signal(signal.SIGTERM)
    try:
        status = scene.agent.process.wait(30)
    except simulated.subprocess.TimeoutExpired:
        status = "it still runs"
    check(status == 0, "kills: asked to stop, it ends well", status)
    left = sorted(path.name for path in scene.temporary.iterdir())
    check(not left, "kills: nothing is left in the directory for temporary files", left)
    scene.start(is_named=True)
    clone = scene.named / "repository"
    check(wait("ready", lambda: scene.agent.ask("/readyz")[0] == 200, 20), "kills: the clone in a directory of its own is used again", scene.agent.log.read_text())
    is_clean = git(clone, "rev-parse", "HEAD") == head and not git(clone, "status", "--porcelain") and not list(clone.glob(".git/**/*.lock"))
    check(is_clean, "kills: the clone has the commit, and no lock of git's")
    scene.agent.process.send_signal(signal.SIGTERM)
    scene.agent.process.wait(30)
    check(wait("alone", lambda: not scene.left(), 15), "kills: no program is left", scene.left())


def main():
    cluster = simulated.Cluster()
    scene = None
    try:
        scene = Scene(cluster)
        kills(scene)
        after(scene)
    finally:
        if scene:
            scene.agent.kill()
        if os.environ.get("KEEP_CLUSTER"):
            print(f"kept: {cluster.directory}")
        else:
            cluster.down()
    simulated.ended()


if __name__ == "__main__":
    main()
