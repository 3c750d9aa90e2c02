#!/usr/bin/env python3
"""agent_idle.py PROGRAM HELM SIMULATION MINUTES: an agent with nothing to do needs no more memory, files or processes as time goes by, and writes nothing.

It keeps two environments, a small chart and fixtures/shop, fetches every ten seconds and compares the cluster with the files every minute. One
line a minute says what it needs.
"""
import json
import os
import pathlib
import re
import shutil
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import simulated_cluster as simulated
from running_agent import Agent, git, wait

MINUTES = int(sys.argv[4])
# A page server, threads and allocator are warm after a while.
WARM_UP = min(5, MINUTES // 4)
WINDOW = min(10, max(1, (MINUTES - WARM_UP) // 3))
MOST_GROWTH = 1.02
check = simulated.check


def repository(cluster):
    """The address of a repository with both environments, and the volumes that the shop claims."""
    work = cluster.directory / "work"
    shutil.copytree(simulated.ROOT / "fixtures/shop", work)
    parts = [simulated.environment("small", "small"), """- name: shop
  clusterName: sim
  kubeNamespace: shop
  releases:
  - {name: shop, chart: {dir: shop}, valuesFile: shop/values-testing.yaml}
"""]
    files = {**simulated.CHART, "environments.yaml": simulated.environments(*parts), "values-small.yaml": "text: idle\n"}
    for name, text in files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(text)
    git(work, "init", "--quiet", "--initial-branch=main")
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message", "Start")
    for number, storage in enumerate(["", "fast", "fast"]):
        volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": f"volume-{number}"}, "spec": {
            "storageClassName": storage, "capacity": {"storage": "500Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": f"/tmp/volume-{number}"}}}
        cluster.kubectl("apply", "-f", "-", stdin=json.dumps(volume))
    origin = cluster.directory / "origin.git"
    git(work, "clone", "--quiet", "--bare", str(work), str(origin))
    return origin


def written(cluster):
    """What others than the control plane last wrote of the objects of every kind, Leases included."""
    kinds = cluster.kubectl("api-resources", "--verbs=list", "--namespaced", "-o", "name").stdout.split()
    return simulated.written(cluster, ",".join(kinds))


def status(process):
    text = pathlib.Path(f"/proc/{process}/status").read_text()
    return {name: int(re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)[1]) for name in ("VmRSS", "VmHWM", "Threads")}


def children(process):
    return sum((pathlib.Path(f"/proc/{process}/task/{task}/children").read_text().split() for task in os.listdir(f"/proc/{process}/task")), [])


def size(directory):
    return sum(path.lstat().st_size for path in directory.rglob("*") if path.is_file() and not path.is_symlink())


def sample(agent, temporary):
    """What the agent needs at a moment without a command of its own."""
    process = agent.process.pid
    wait("alone", lambda: not children(process), 20)
    return {**status(process), "files": len(os.listdir(f"/proc/{process}/fd")), "children": children(process), "bytes": size(temporary)}


def idle(cluster):
    temporary = cluster.directory / "temporary"
    temporary.mkdir()
    agent = Agent(cluster, repository(cluster), {"TMPDIR": str(temporary)}, "--drift-interval", "1m", interval="10s", timeout="60s")
    try:
        deployed = lambda name: [record["result"] for record in simulated.records(cluster, name, name)] == ["deployed"]
        installed = lambda: all(deployed(name) and agent.metric("chartwright_drift", name) == 0 for name in ("small", "shop"))
        if not check(wait("installed", installed, 180), "idle: both environments are installed, and compared", agent.log.read_text()):
            return
        time.sleep(30)
        before, first = written(cluster), agent.log.read_text()
        samples = []
        for minute in range(1, MINUTES + 1):
            time.sleep(60)
            if agent.process.poll() is not None:
                check(False, "idle: it runs", agent.log.read_text())
                return
            samples.append(sample(agent, temporary))
            print(f"minute {minute}: " + ", ".join(f"{name} {value}" for name, value in samples[-1].items()), flush=True)
        judge(samples, before, written(cluster))
        check(agent.log.read_text() == first, "idle: it says nothing", agent.log.read_text()[len(first):])
    finally:
        agent.kill()


def judge(samples, before, after):
    warm = samples[WARM_UP:]
    middle = lambda part, name: statistics.median(one[name] for one in part)
    for name, most in (("VmRSS", MOST_GROWTH), ("files", 1), ("Threads", 1), ("bytes", MOST_GROWTH)):
        start, end = middle(warm[:WINDOW], name), middle(warm[-WINDOW:], name)
        check(end <= start * most, f"idle: {name} {start:.0f} at the start, {end:.0f} at the end", samples)
    stay = [set(one["children"]) & set(other["children"]) for one, other in zip(samples, samples[1:])]
    check(not any(stay), "idle: no command stays for longer than a minute", stay)
    others = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    check(not others, f"idle: none of {len(before)} objects was written, Leases included", others)


def main():
    simulated.checked(idle)
    simulated.ended()


if __name__ == "__main__":
    main()
