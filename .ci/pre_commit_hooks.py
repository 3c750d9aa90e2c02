#!/usr/bin/env python3
"""The hooks, run by the real pre-commit in a repository of their own: the README's example word for word, and those that use the
program in PATH. They pass where charts are fine and fail where one is not.

Usage: pre_commit_hooks.py BINARY PRE_COMMIT [DIRECTORY WITH WHEELS]
Without wheels only the hooks that use the program in PATH run."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

BINARY, PRE_COMMIT = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
WHEELS = pathlib.Path(sys.argv[3]).resolve() if len(sys.argv) > 3 else None
ROOT = pathlib.Path(__file__).resolve().parent.parent
ADDRESS = "https://github.com/chartwright/chartwright"

CHART = "apiVersion: v2\nname: {}\nversion: 0.1.0\nicon: https://example.org/i.png\nmaintainers: [{{name: me}}]\n"
SERVICE = """apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  ports: [{port: {{ .Values.port }}}]
"""
FILES = {
    "charts/web/Chart.yaml": CHART.format("web"),
    "charts/web/values.yaml": "port: 80\n",
    "charts/web/templates/service.yaml": SERVICE,
    "charts/other/Chart.yaml": CHART.format("other"),
    "charts/other/values.yaml": "port: 80\n",
    "charts/other/templates/service.yaml": SERVICE,
    "manifests/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    "docs/templates/letter.txt": "Dear customer\n",
    ".sops.yaml": "creation_rules:\n  - path_regex: secrets.*\\.yaml$\n    age: age1abc\n",
}

# What a commit changes, the hooks that must fail, and words of their output.
COMMITS = [
    ("nothing wrong", {"charts/web/values.yaml": "port: 8080\n"}, [], []),
    ("a file of no chart", {"docs/templates/letter.txt": "Dear customer,\n"}, [], []),
    ("a broken value", {"charts/web/values.yaml": "port: 70000\n"}, ["ci", "lint"], ["charts/web/templates/service.yaml:5", "1 chart(s) linted"]),
    (
        "two charts at once, each linted once",
        {
            "charts/web/values.yaml": "port: 81\n",
            "charts/web/templates/NOTES.txt": "Hello\n",
            "charts/other/values.yaml": "port: 70001\n",
        },
        ["ci", "lint"],
        ["2 chart(s) linted", "charts/other/templates/service.yaml:5"],
    ),
    ("a manifest", {"manifests/a.yaml": "apiVersion: v1\nkind: ConfigMap\ndta: {}\nmetadata: {name: a}\n"}, ["validate"], ["manifests/a.yaml"]),
    ("a manifest of an unknown kind", {"manifests/b.yaml": "apiVersion: example.org/v1\nkind: Web\nmetadata: {name: a}\n"}, [], []),
    ("a plain secret", {"charts/web/secrets.yaml": "password: hunter2\n"}, ["ci", "lint", "secrets"], ["charts/web/secrets.yaml", "sops"]),
]


def run(command, directory, environment, check=True):
    done = subprocess.run([str(part) for part in command], cwd=directory, env=environment, capture_output=True, text=True, check=False)
    if check and done.returncode:
        sys.exit(f"{command} failed:\n{done.stdout}{done.stderr}")
    return done


def example():
    """The configuration in the README."""
    blocks = re.findall(r"```yaml\n(repos:\n.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    (block,) = [block for block in blocks if ADDRESS in block]
    return block


def commit_all(directory, environment, message):
    run(["git", "add", "--all"], directory, environment)
    run(["git", "commit", "--quiet", "--no-verify", "--message", message], directory, environment)


def hooks_repository(directory, environment, revision):
    """A repository with what pre-commit needs of this one, as the working tree has it."""
    directory.mkdir()
    run(["git", "init", "--quiet", "--initial-branch", "main"], directory, environment)
    (directory / "python").mkdir()
    for name in [".pre-commit-hooks.yaml", "pyproject.toml", "python/hooks_package.py"]:
        shutil.copy(ROOT / name, directory / name)
    commit_all(directory, environment, "Hooks")
    if revision != "main":
        run(["git", "tag", revision], directory, environment)


def write(directory, files):
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def failed_hooks(output):
    """The ids of the hooks that pre-commit reports as failed."""
    return re.findall(r"^- hook id: chartwright-([a-z]+)", output, re.M)


def check(name, config, repository, environment):
    """Makes each commit of the table, and counts those that ended as they should."""
    bad = 0
    (repository / ".pre-commit-config.yaml").write_text(config, encoding="utf-8")
    commit_all(repository, environment, "Configure hooks")
    run([PRE_COMMIT, "install"], repository, environment)
    started = time.monotonic()
    run([PRE_COMMIT, "install-hooks"], repository, environment)
    print(f"{name}: installed in {time.monotonic() - started:.1f} s")
    ids = set(re.findall(r"- id: chartwright-([a-z]+)", config))
    for title, files, fails, words in COMMITS:
        fails = [hook for hook in fails if hook in ids]
        write(repository, files)
        run(["git", "add", "--all"], repository, environment)
        started = time.monotonic()
        done = run(["git", "commit", "--message", title], repository, environment, check=False)
        seconds = time.monotonic() - started
        output = done.stdout + done.stderr
        failed = failed_hooks(output)
        lacks = [word for word in words if word not in output] if fails else []
        if sorted(failed) != fails or (done.returncode != 0) != bool(fails) or lacks:
            bad += 1
            print(f"{name}: {title}: failed {failed} instead of {fails}, lacks {lacks}:\n{output}")
        else:
            print(f"{name}: {title}: {'refused' if done.returncode else 'committed'} in {seconds:.2f} s")
        run(["git", "reset", "--quiet", "--hard", "start"], repository, environment)
        run(["git", "clean", "--quiet", "-fd"], repository, environment)
        (repository / ".pre-commit-config.yaml").write_text(config, encoding="utf-8")
        commit_all(repository, environment, "Configure hooks")
    return bad


def main():
    with tempfile.TemporaryDirectory() as root:
        root = pathlib.Path(root)
        (root / "home").mkdir()
        (root / "bin").mkdir()
        (root / "bin/chartwright").symlink_to(BINARY)
        environment = {
            **os.environ,
            "HOME": str(root / "home"),
            "PATH": f"{root / 'bin'}:{PRE_COMMIT.parent}:{os.environ['PATH']}",
            "GIT_AUTHOR_NAME": "A",
            "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "A",
            "GIT_COMMITTER_EMAIL": "a@example.org",
        }
        revision = re.search(r"rev: (\S+)", example())[1]
        hooks_repository(root / "hooks", environment, revision)
        (root / "home/.gitconfig").write_text(f'[url "file://{root / "hooks"}"]\n\tinsteadOf = {ADDRESS}\n', encoding="utf-8")
        repository = root / "repository"
        repository.mkdir()
        run(["git", "init", "--quiet", "--initial-branch", "main"], repository, environment)
        write(repository, FILES)
        commit_all(repository, environment, "Start")
        run(["git", "tag", "start"], repository, environment)
        hooks = ["lint", "validate", "secrets"]
        system = f"repos:\n  - repo: {ADDRESS}\n    rev: {revision}\n    hooks:\n"
        system += "".join(f"      - id: chartwright-{hook}-system\n" for hook in hooks)
        bad = check("system", system, repository, environment)
        ran = len(COMMITS)
        if WHEELS:
            # The program must be the one of the wheel.
            (root / "bin/chartwright").unlink()
            environment |= {"PIP_FIND_LINKS": str(WHEELS), "PIP_NO_INDEX": "1"}
            bad += check("README", example(), repository, environment)
            ran += len(COMMITS)
        else:
            print("without a wheel: the hooks of the README did not run")
        print(f"{ran - bad} passed, {bad} failed")
        return 1 if bad else 0


sys.exit(main())
