#!/usr/bin/env python3
"""The steps of action.yml, run one after the other as a runner would, with a release on a local server.

Usage: action_steps.py BINARY
The program that is built from source is replaced by a `cargo` that copies BINARY, and the GitHub CLI by one that records its call."""
import functools
import hashlib
import http.server
import os
import pathlib
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading

import yaml

BINARY = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
VERSION = "v" + re.search(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(encoding="utf-8"), re.M)[1]
ARCHIVE = f"chartwright-{VERSION}-x86_64-unknown-linux-gnu"


def value_of(expression, context):
    """A name such as `steps.choose.outputs.key`; what does not exist is empty."""
    value = context
    for name in expression.split("."):
        value = value.get(name, "") if isinstance(value, dict) else ""
    return value


def filled(text, context):
    return re.sub(r"\$\{\{ *(.*?) *\}\}", lambda match: value_of(match[1], context), str(text))


def holds(condition, context):
    expression, operator, literal = re.fullmatch(r"(\S+) (==|!=) '(.*)'", condition).groups()
    return (value_of(expression, context) == literal) == (operator == "==")


def outputs_of(text):
    """Outputs as the runner reads them: NAME=VALUE, or NAME<<END and lines up to END."""
    outputs, lines = {}, iter(text.splitlines())
    for line in lines:
        name, marker, end = line.partition("<<")
        if marker and "=" not in name:
            outputs[name] = "\n".join(iter(lambda: next(lines), end))
        else:
            name, value = line.split("=", 1)
            outputs[name] = value
    return outputs


def run_action(directory, inputs, ref, environment, cached=False):
    """Runs all steps. Returns the last exit code, the outputs of the action, the log and the summary."""
    temporary = pathlib.Path(tempfile.mkdtemp(dir=directory))
    unknown = set(inputs) - set(ACTION["inputs"])
    assert not unknown, unknown
    context = {
        "inputs": {name: inputs.get(name, filled(entry["default"], {"github": {"token": "a-token"}})) for name, entry in ACTION["inputs"].items()},
        "github": {"action_ref": ref},
        "steps": {},
    }
    log, code, path = "", 0, os.environ["PATH"]
    summary = temporary / "summary"
    for step in ACTION["runs"]["steps"]:
        if "if" in step and not holds(step["if"], context):
            continue
        if "uses" in step:
            assert re.fullmatch(r"actions/cache@[0-9a-f]{40}", step["uses"]), step["uses"]
            if cached:
                place = pathlib.Path(filled(step["with"]["path"], context))
                place.mkdir(parents=True)
                (place / "chartwright").symlink_to(BINARY)
            continue
        assert "${{" not in step["run"], step["run"]
        output, paths = temporary / "output", temporary / "path"
        output.write_text("")
        paths.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=directory / filled(step.get("working-directory", "."), context),
            env={
                **os.environ,
                "PATH": path,
                "RUNNER_OS": "Linux",
                "RUNNER_ARCH": "X64",
                "RUNNER_TEMP": str(temporary),
                "GITHUB_ACTIONS": "true",
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_WORKSPACE": str(directory),
                "GITHUB_OUTPUT": str(output),
                "GITHUB_PATH": str(paths),
                "GITHUB_STEP_SUMMARY": str(summary),
                **environment,
                **({"PATH": f"{environment['PATH_FIRST']}:{path}"} if "PATH_FIRST" in environment else {}),
                **{name: filled(text, context) for name, text in step.get("env", {}).items()},
            },
            capture_output=True,
            text=True,
            check=False,
        )
        log += done.stdout + done.stderr
        code = done.returncode
        path = ":".join([*paths.read_text().split(), path])
        context["steps"][step.get("id", step["name"])] = {"outputs": outputs_of(output.read_text())}
        if code:
            break
    outputs = {name: filled(entry["value"], context) for name, entry in ACTION["outputs"].items()}
    return code, outputs, log, summary.read_text() if summary.exists() else ""


def write(path, text, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def publish(directory):
    """A release as the workflow makes it."""
    subprocess.run([ROOT / ".ci/archive", BINARY, VERSION, ARCHIVE.removeprefix(f"chartwright-{VERSION}-"), directory], check=True)
    digest = hashlib.sha256((directory / f"{ARCHIVE}.tar.gz").read_bytes()).hexdigest()
    write(directory / "SHA256SUMS", f"{digest}  {ARCHIVE}.tar.gz\n")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def check_words():
    """Words are split as Python's `shlex` splits them, and where that is not a shell's way, as written here."""
    function = re.search(r"^split\(\) \{.*?^\}$", (ROOT / "action/run").read_text(encoding="utf-8"), re.M | re.S)[0]
    script = function + '\nwhile IFS= read -r -d "" text; do split "$text"; printf "%s\\0" "${#words[@]}" "${words[@]}"; done'
    cases = [
        ("ci charts/\n--no-push --report sarif=x.sarif", ["ci", "charts/", "--no-push", "--report", "sarif=x.sarif"]),
        ("template 'my chart' --set \"a=b c\"", ["template", "my chart", "--set", "a=b c"]),
        ("a \\\n  b\r\nc", ["a", "b", "c"]),
        ("lint charts/* $HOME `id` $(id) ~ {a,b}", ["lint", "charts/*", "$HOME", "`id`", "$(id)", "~", "{a,b}"]),
        ('"\\$x" "\\n" \'\\n\' "" é"ü"', ["$x", "\\n", "\\n", "", "éü"]),
        ("", []),
        (" \n\t", []),
    ]
    letters = random.Random(1)
    while len(cases) < 400:
        text = "".join(letters.choice("ab  \t\n'\"\\") for _ in range(letters.randrange(12)))
        try:
            if "\\\n" not in text:
                cases.append((text, shlex.split(text)))
        except ValueError:
            pass
    done = subprocess.run(["bash", "-c", script], input="".join(text + "\0" for text, _ in cases).encode(), capture_output=True, check=True)
    found, bad = done.stdout.decode().split("\0"), 0
    for text, wanted in cases:
        count = int(found.pop(0))
        words, found = found[:count], found[count:]
        if words != wanted:
            bad += 1
            print(f"{text!r} is split into {words}, not {wanted}")
    return len(cases), bad


def main():
    ran, bad = check_words()
    with tempfile.TemporaryDirectory() as root:
        root = pathlib.Path(root)
        publish(root / "releases" / VERSION)
        for directory in ["tampered", "unlisted"]:
            shutil.copytree(root / "releases", root / directory)
        write(root / "tampered" / VERSION / "SHA256SUMS", f"{'0' * 64}  {ARCHIVE}.tar.gz\n")
        write(root / "unlisted" / VERSION / "SHA256SUMS", f"{'0' * 64}  other.tar.gz\n")
        write(root / "gh/gh", f'#!/bin/sh\necho "$@ $GH_TOKEN" >>{root}/gh/calls\n', 0o755)
        write(root / "bad-gh/gh", '#!/bin/sh\ntest "$2" = --help\n', 0o755)
        write(root / "old-gh/gh", "#!/bin/sh\nexit 1\n", 0o755)
        write(root / "cargo/cargo", f'#!/bin/sh\necho "cargo $*"\nmkdir -p "$6/bin"\ncp {BINARY} "$6/bin/chartwright"\n', 0o755)
        chart = "apiVersion: v2\nname: web\nversion: 0.1.0\nicon: https://example.org/i.png\nmaintainers: [{name: me}]\n"
        service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports: [{port: {{ .Values.port }}}]\n"
        for name, port in [("good", 80), ("bad", 70000), ("my chart", 80)]:
            write(root / f"repository/charts/{name}/Chart.yaml", chart)
            write(root / f"repository/charts/{name}/values.yaml", f"port: {port}\n")
            write(root / f"repository/charts/{name}/templates/service.yaml", service)
        write(root / "repository/more.yaml", "port: 90000\n")
        subprocess.run(["git", "init", "--quiet", root / "repository"], check=True)
        handler = functools.partial(Quiet, directory=str(root))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        at = f"http://127.0.0.1:{server.server_port}"
        release = {"releases": f"{at}/releases"}
        no_gh = {"PATH_FIRST": str(root / "old-gh")}
        # Title, reference of the action, inputs, environment, whether a cache has the program; exit code, outputs, words of the log
        # and of the summary.
        rows = [
            ("a good chart", VERSION, {"command": "lint charts/good"}, no_gh, False, 0, {"exit-code": "0", "findings": "0"}, ["attestation was not"], []),
            (
                "findings",
                "v0",
                {"command": "lint\n  'charts/bad'\n"},
                no_gh,
                False,
                1,
                {"exit-code": "1", "findings": "1", "errors": "1", "warnings": "0"},
                ["::error file=charts/bad/templates/service.yaml,line=5"],
                ["charts/bad/templates/service.yaml"],
            ),
            ("ci", VERSION, {"command": "ci --no-push charts"}, no_gh, False, 1, {"errors": "1", "packages": "[]", "changed-charts": "[]"}, ["::error file=charts/bad/"], ["charts/bad", "1 of 3 charts failed"]),
            ("no summary", VERSION, {"command": "lint --no-summary charts/bad"}, no_gh, False, 1, {"exit-code": "1", "errors": ""}, [], []),
            ("a directory", VERSION, {"command": "lint bad", "working-directory": "charts"}, no_gh, False, 1, {}, ["::error file=charts/bad/templates"], []),
            ("a name with a blank", VERSION, {"command": 'lint "charts/my chart"'}, no_gh, False, 0, {"findings": "0"}, ["1 chart(s) linted"], []),
            (
                "flags as inputs",
                VERSION,
                {"command": "lint charts/good", "values": "more.yaml\n", "kubernetes-version": "1.31,1.32", "fail-on": "error", "report": "text\nsarif=out.sarif"},
                no_gh,
                False,
                1,
                {"errors": "1"},
                ["Invalid value: 90000"],
                [],
            ),
            ("another command", VERSION, {"command": "template charts/good --set port=81"}, no_gh, False, 0, {"exit-code": "0", "findings": ""}, ["port: 81"], []),
            ("usage", VERSION, {"command": "lint --nonsense charts/good"}, no_gh, False, 2, {"exit-code": "2"}, ["unknown flag: --nonsense"], []),
            ("a quote that does not end", VERSION, {"command": "lint 'a"}, no_gh, False, 2, {}, ["does not end"], []),
            ("no command", VERSION, {"command": "\n"}, no_gh, False, 2, {}, ["is empty"], []),
            ("attestation", VERSION, {"command": "--version"}, {"PATH_FIRST": str(root / "gh")}, False, 0, {}, ["checksum and attestation verified"], []),
            ("no attestation", VERSION, {"command": "--version"}, {"PATH_FIRST": str(root / "bad-gh")}, False, 3, {}, ["has no attestation"], []),
            ("wrong checksum", VERSION, {"releases": f"{at}/tampered"}, no_gh, False, 3, {}, ["does not have the checksum"], []),
            ("no checksum", VERSION, {"releases": f"{at}/unlisted"}, no_gh, False, 3, {}, ["does not list"], []),
            ("no such release", "main", {"version": "9.9.9"}, no_gh, False, 3, {}, ["cannot download", "/v9.9.9/"], []),
            ("not a release", "main", {"version": "../x"}, no_gh, False, 2, {}, ["is not a release such as"], []),
            ("a release at a commit", "0" * 40, {"version": VERSION, "command": "--version"}, no_gh, False, 0, {}, ["checksum verified"], []),
            ("from source", "0" * 40, {"command": "--version"}, {"PATH_FIRST": str(root / "cargo")}, False, 0, {}, [f"cargo install --locked --path {ROOT}"], []),
            ("from a cache", "main", {"command": "--version"}, no_gh, True, 0, {}, ["comes from the cache"], []),
            ("an asked release for another machine", "main", {"version": VERSION}, {**no_gh, "RUNNER_OS": "macOS"}, False, 2, {}, ["there is no release for macOS"], []),
            ("another machine", VERSION, {"command": "--version"}, {"PATH_FIRST": str(root / "cargo"), "RUNNER_OS": "macOS"}, False, 0, {}, ["cargo install"], []),
        ]
        for title, ref, inputs, environment, cached, code, outputs, words, summary_words in rows:
            ran += 1
            found = run_action(root / "repository", {**release, **inputs}, ref, environment, cached)
            found_outputs = {name: found[1][name] for name in outputs}
            lacks = [word for word in words if word not in found[2]] + [word for word in summary_words if word not in found[3]]
            if found[0] != code or found_outputs != outputs or lacks:
                bad += 1
                print(f"{title}: exit code {found[0]} instead of {code}, outputs {found_outputs}, lacks {lacks}:\n{found[2]}\n{found[3]}")
        calls = (root / "gh/calls").read_text()
        if "attestation verify" not in calls or "--repo chartwright/chartwright a-token" not in calls:
            bad += 1
            print(f"the GitHub CLI was called with {calls}")
        if not (root / "repository/out.sarif").is_file():
            bad += 1
            print("out.sarif was not written")
    print(f"{ran - bad} passed, {bad} failed")
    return 1 if bad else 0


sys.exit(main())
