#!/usr/bin/env python3
"""The action, the hooks, the workflows and the pages about CI systems: they name commands, flags and versions that exist, and linters
find nothing in them.

Usage: check_integrations.py BINARY ACTIONLINT ZIZMOR"""
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

import yaml

BINARY, ACTIONLINT, ZIZMOR = sys.argv[1:4]
ROOT = pathlib.Path(__file__).resolve().parent.parent
FILES = ["action.yml", ".pre-commit-hooks.yaml", "README.md", "templates/chartwright.yml", "codefresh/step.yaml", "codefresh/codefresh.yml"]
# Our own releases are named by tags in examples; their commits are not known when the page is written.
ZIZMOR_SETTINGS = "rules:\n  unpinned-uses:\n    config:\n      policies:\n        chartwright/*: ref-pin\n        '*': hash-pin\n"
results = []


def check(title, holds, output=""):
    results.append(bool(holds))
    if not holds:
        print(f"{title}\n{output}".strip())


def run(command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)


def pages():
    return [ROOT / name for name in FILES] + sorted((ROOT / "docs/ci").glob("*.md"))


def check_flags():
    help_of = {}
    commands = re.findall(r"^  ([a-z]+) ", run([BINARY, "--help"]).stdout, re.M)
    for path in pages():
        for command, rest in re.findall(r"chartwright ([a-z]+)((?:[ \t]+[^\s`|&;]+)*)", path.read_text(encoding="utf-8")):
            if command in commands:
                flags = help_of.setdefault(command, run([BINARY, command, "--help"]).stdout)
                for flag in re.findall(r"(?<!\S)(--[a-z][a-z-]*)", rest):
                    check(f"{path.name}: `chartwright {command}` has no {flag}", flag in flags)


def check_versions():
    """One version everywhere: a release changes all of them."""
    cargo = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["package"]
    version = cargo["version"]
    hooks = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    check("pyproject.toml has another version", hooks["version"] == version)
    check("pyproject.toml depends on another version", hooks["dependencies"] == [f"chartwright=={version}"])
    step = yaml.safe_load((ROOT / "codefresh/step.yaml").read_text(encoding="utf-8"))
    check("codefresh/step.yaml has another version", step["metadata"]["version"] == version)
    mention = r"chartwright/chartwright(?::|@v?|/chartwright@)(\d[^-\s\"]*)|rev: v(\S+)|chartwright-v(\d+\.\d+\.\d+)|download/v([^/]+)/|version: v(\d[^`\s]*)"
    for path in pages():
        for groups in re.findall(mention, path.read_text(encoding="utf-8")):
            found = "".join(groups)
            check(f"{path.name} mentions version {found}", found == version)
    binstall = cargo["metadata"]["binstall"]
    for target in ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"]:
        values = {"repo": cargo["repository"], "version": version, "target": target, "bin": "chartwright", "binary-ext": ""}
        filled = {key: re.sub(r"\{ ([a-z-]+) \}", lambda match: values[match[1]], text) for key, text in binstall.items()}
        name = f"chartwright-v{version}-{target}"
        check("binstall looks elsewhere", filled["pkg-url"] == f"{cargo['repository']}/releases/download/v{version}/{name}.tar.gz", filled)
        check("binstall looks for another file", filled["bin-dir"] == f"{name}/chartwright" and filled["pkg-fmt"] == "tgz", filled)
        check("the release has no such archive", target in (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))


def check_workflows():
    """Ours, those in the pages, and the action."""
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        workflows = directory / ".github/workflows"
        workflows.mkdir(parents=True)
        names = []
        for path in pages():
            for number, block in enumerate(re.findall(r"^```yaml\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S)):
                try:
                    document = yaml.safe_load(block)
                except yaml.YAMLError as error:
                    check(f"{path.name}: a block is not YAML", False, error)
                    continue
                if isinstance(document, dict) and "jobs" in document:
                    names.append(workflows / f"{path.stem}-{number}.yml")
                    names[-1].write_text(block, encoding="utf-8")
        check("docs/ci/github.md has workflows", len(names) >= 3, names)
        settings = directory / "zizmor.yml"
        settings.write_text(ZIZMOR_SETTINGS, encoding="utf-8")
        ours = sorted((ROOT / ".github/workflows").glob("*.yml"))
        done = run([ACTIONLINT, *names, *ours])
        check("actionlint:", done.returncode == 0, done.stdout + done.stderr)
        done = run([ZIZMOR, "--offline", "--quiet", "--config", settings, *names, *ours, ROOT / "action.yml"])
        check("zizmor:", done.returncode == 0, done.stdout + done.stderr)


def main():
    check_flags()
    check_versions()
    check_workflows()
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


sys.exit(main())
