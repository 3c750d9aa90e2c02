#!/usr/bin/env python3
"""Bumps at the same time, and bumps that are killed: usage: bump_race.py BINARY [ROUNDS] [KILLS]

Rounds: four processes change a key each of one file at once; all four changes must arrive, and all processes must exit 0.
Kills: a bump of three files in two directories is killed (SIGKILL) at a random moment; after the next bump of a file in
each directory all three files have the change or none has it, and nothing else is left in the directories.
"""

import os
import random
import subprocess
import sys
import tempfile
import time

BINARY = os.path.realpath(sys.argv[1])
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 60
KILLS = int(sys.argv[3]) if len(sys.argv) > 3 else 200
FILES = ["a.yaml", "b.yaml", "sub/c.yaml"]


def start(arguments):
    return subprocess.Popen([BINARY, "bump", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(process):
    _, errors = process.communicate()
    if process.returncode != 0:
        print(errors.decode(errors="replace"))
    return process.returncode == 0


def race():
    """How many rounds lost a change, or had a process that failed."""
    failed = 0
    for number in range(1, ROUNDS + 1):
        with open("race.yaml", "w") as file:
            file.writelines(f"k{key}: 0\n" for key in range(4))
        processes = [start(["-f", "race.yaml", "--set", f"k{key}={number}"]) for key in range(4)]
        ended = [finish(process) for process in processes]
        with open("race.yaml") as file:
            arrived = file.read() == "".join(f"k{key}: {number}\n" for key in range(4))
        failed += not (arrived and all(ended))
    os.remove("race.yaml")
    return failed


def tags():
    lines = []
    for name in FILES:
        with open(name) as file:
            lines.append(file.readline().strip())
    return lines


def names():
    return sorted(os.path.join(root, name)[2:] for root, _, found in os.walk(".") for name in found)


def kill():
    """How many kills left some of the files changed after the next bump, or left other files; and what was seen."""
    os.mkdir("sub")
    for name in FILES:
        with open(name, "w") as file:
            file.write("tag: 0\nother: 0\n")
    all_files = [argument for name in FILES for argument in ("-f", name)]
    started = time.monotonic()
    assert finish(start([*all_files, "--set", "tag=1"]))
    longest = 1.2 * (time.monotonic() - started)
    failed, seen = 0, {"changed nothing": 0, "changed all": 0, "was completed by the next": 0}
    for number in range(2, KILLS + 2):
        before = tags()[0]
        process = start([*all_files, "--set", f"tag={number}"])
        time.sleep(random.uniform(0, longest))
        process.kill()
        process.communicate()
        killed = tags()
        for name in (random.sample(FILES, 1)[0], "a.yaml", "sub/c.yaml"):
            assert finish(start(["-f", name, "--set", f"other={number}"]))
        after = tags()
        is_whole = after in ([before] * 3, [f"tag: {number}"] * 3)
        if not is_whole or names() != FILES:
            failed += 1
            print(f"kill {number}: {killed}, then {after}; {names()}")
        key = "was completed by the next" if killed != after else "changed nothing" if after[0] == before else "changed all"
        seen[key] += 1
    return failed, seen


with tempfile.TemporaryDirectory() as directory:
    os.chdir(directory)
    lost = race()
    print(f"{ROUNDS - lost} of {ROUNDS} rounds of four bumps at once kept all changes")
    wrong, seen = kill()
    print(f"{KILLS - wrong} of {KILLS} killed bumps changed all files or none ({', '.join(f'{n} {k}' for k, n in seen.items())})")
    os.chdir("/")
sys.exit(1 if lost or wrong else 0)
