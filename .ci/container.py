#!/usr/bin/env python3
"""The program in the file system of the image `program`: what the Dockerfile copies there, and nothing else. Docker is not needed.

Usage: container.py BINARY
The directory becomes the root of a process in namespaces of its own with /dev, as in a container without privileges."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BINARY = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parent.parent
# What the stage `build` has, on this machine.
BUILT = {"/chartwright": BINARY, "/ca-certificates.crt": pathlib.Path("/etc/ssl/certs/ca-certificates.crt")}


def stage(name):
    """The instructions of a stage of the Dockerfile, and what it begins with."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    base, body = re.search(rf"^FROM (\S+) AS {name}\n(.*?)(?=^FROM |\Z)", text, re.M | re.S).groups()
    return base, [line.split(maxsplit=1) for line in body.splitlines() if line and not line.startswith("#")]


def main():
    if subprocess.run(["unshare", "--user", "--map-root-user", "--net", "--mount", "true"], check=False).returncode:
        print("did not run: this machine refuses namespaces to users")
        return 0
    base, instructions = stage("program")
    assert base == "scratch", base
    with tempfile.TemporaryDirectory() as directory:
        root, work, entry = pathlib.Path(directory), "/", None
        for instruction, rest in instructions:
            if instruction == "COPY":
                source, target = re.fullmatch(r"--from=build (\S+) (\S+)", rest).groups()
                (root / target[1:]).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(BUILT[source], root / target[1:])
            elif instruction == "WORKDIR":
                work = rest
                (root / work[1:]).mkdir()
            elif instruction == "ENTRYPOINT":
                entry = re.fullmatch(r'\["(.*)"\]', rest)[1]
        shutil.copytree(ROOT / "fixtures/shop", root / work[1:] / "shop")
        (root / "dev").mkdir()
        # What container runtimes do: devices, then the new root.
        enter = 'mount --rbind /dev "$1/dev" && cd "$1" && shift && exec unshare --root=. "--wd=$@"'
        isolated = ["unshare", "--user", "--map-root-user", "--net", "--mount", "sh", "-c", enter, "sh", root, work, entry]
        rows = [
            (["--version"], 0, "chartwright "),
            (["lint", "shop/orders"], 0, "1 chart(s) linted"),
            (["ci", "shop", "--no-push"], 0, "storefront"),
            (["package", "shop/orders", "-d", "dist"], 0, "orders"),
            (["event", "--image", "example.org/a:1", "-f", "none.yaml"], 3, "none.yaml"),
        ]
        bad = 0
        for arguments, code, word in rows:
            done = subprocess.run([*isolated, *arguments], capture_output=True, text=True, check=False, env={})
            output = done.stdout + done.stderr
            if done.returncode != code or word not in output:
                bad += 1
                print(f"{arguments}: exit code {done.returncode} instead of {code}, or lacks {word}:\n{output}")
    print(f"{len(rows) - bad} passed, {bad} failed")
    return 1 if bad else 0


sys.exit(main())
