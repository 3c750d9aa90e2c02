#!/usr/bin/env python3
"""The component of GitLab and the step of Codefresh: what they expand to is valid, and their scripts run.

Usage: pipelines.py BINARY [CHECK_JSONSCHEMA]
GitLab's own schema of pipelines comes with the Python package check-jsonschema. The template of the Codefresh step is a Go template,
so chartwright itself renders it."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

BINARY = pathlib.Path(sys.argv[1]).resolve()
CHECK_JSONSCHEMA = sys.argv[2] if len(sys.argv) > 2 else None
ROOT = pathlib.Path(__file__).resolve().parent.parent
CHART = "apiVersion: v2\nname: web\nversion: 0.1.0\nicon: https://example.org/i.png\nmaintainers: [{name: me}]\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports: [{port: {{ .Values.port }}}]\n"
results = []


def check(title, holds, output=""):
    results.append(holds)
    if not holds:
        print(f"{title}:\n{output}")


def write(directory, files):
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def shell(script, directory, variables):
    """A script as a job runs it, with the program in PATH."""
    with tempfile.TemporaryDirectory() as programs:
        (pathlib.Path(programs) / "chartwright").symlink_to(BINARY)
        environment = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": programs, **variables}
        return subprocess.run(["sh", "-e", "-c", script], cwd=directory, env=environment, capture_output=True, text=True, check=False)


def expanded(text, inputs):
    """A component as GitLab expands it: text of inputs takes the place of `$[[ inputs.NAME ]]`."""
    header, body = text.split("\n---\n")
    declared = yaml.safe_load(header)["spec"]["inputs"]
    assert set(inputs) <= set(declared), inputs
    values = {name: inputs.get(name, entry.get("default")) for name, entry in declared.items()}
    spelt = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}
    return re.sub(r"\$\[\[ inputs\.([a-z-]+) \]\]", lambda match: spelt[match[1]], body)


def check_schema(title, text):
    if not CHECK_JSONSCHEMA:
        return
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        file.write(text)
        file.flush()
        command = [CHECK_JSONSCHEMA, "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", file.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    check(f"{title}, by GitLab's schema", done.returncode == 0, done.stdout + done.stderr)


def check_gitlab(directory):
    component = (ROOT / "templates/chartwright.yml").read_text(encoding="utf-8")
    # Title, inputs, job, its exit code, and words of its output.
    rows = [
        ("a good directory", {"directory": "good"}, "chartwright-check", 0, []),
        ("a bad chart", {"directory": "bad"}, "chartwright-check", 1, ["bad/web/templates/service.yaml:5"]),
        ("inputs", {"directory": "good", "kubernetes-versions": "1.31..1.32", "fail-on": "warning", "stage": "lint"}, "chartwright-check", 0, []),
        ("an input that is wrong", {"directory": "good", "kubernetes-versions": "1.0"}, "chartwright-check", 2, ["1.0"]),
        ("a name with a quote", {"directory": "it's"}, "chartwright-check", 3, ["it's: no such file or directory"]),
        ("publication", {"directory": "good"}, "chartwright-publish", 0, ["Pushed web"]),
        ("no publication", {"directory": "good", "publish": False}, "chartwright-check", 0, []),
    ]
    for title, inputs, name, code, words in rows:
        text = expanded(component, inputs)
        check_schema(f"GitLab, {title}", text)
        jobs = yaml.safe_load(text)
        job = {**jobs[".chartwright"], **jobs[name]}
        # GitLab's schema does not look into hidden jobs.
        check_schema(f"GitLab, {title}, {name}", yaml.safe_dump({name: {key: value for key, value in job.items() if key != "extends"}}))
        done = shell("\n".join(job["script"]), directory, {**job["variables"], "CI_JOB_NAME": name})
        output = done.stdout + done.stderr
        fits = done.returncode == code and all(word in output for word in words)
        check(f"GitLab, {title}: exit code {done.returncode} instead of {code}, or lacks {words}", fits, output)
        if code < 2:
            for report in job["artifacts"]["reports"].values():
                check(f"GitLab, {title}: {report} is missing", (directory / report).is_file())
                (directory / report).unlink(missing_ok=True)
    publishes = [yaml.safe_load(expanded(component, {"publish": value}))["chartwright-publish"]["rules"][0]["if"] for value in (True, False)]
    check("GitLab, `publish`", publishes[0].startswith('"true" == "true" &&') and publishes[1].startswith('"false" == "true" &&'), publishes)


def rendered_step(step, arguments, directory):
    """The steps that Codefresh makes of the template, with the defaults of the arguments' schema."""
    schema = json.loads(step["spec"]["arguments"])
    values = {name: entry["default"] for name, entry in schema["properties"].items() if "default" in entry}
    left, right = step["spec"]["delimiters"]["left"], step["spec"]["delimiters"]["right"]
    template = step["spec"]["stepsTemplate"].replace(left, "{{").replace(right, "}}").replace(".Arguments", ".Values")
    chart = directory / "step-chart"
    write(chart, {"Chart.yaml": CHART, "templates/steps.yaml": template, "values.yaml": json.dumps({**values, **arguments})})
    done = subprocess.run([BINARY, "template", chart], capture_output=True, text=True, check=False)
    check("the template of the Codefresh step renders", done.returncode == 0, done.stderr)
    return yaml.safe_load(done.stdout) if done.returncode == 0 else {}


def check_codefresh(directory):
    step = yaml.safe_load((ROOT / "codefresh/step.yaml").read_text(encoding="utf-8"))
    schema = json.loads(step["spec"]["arguments"])
    cases = [example["workflow"] for example in step["metadata"]["examples"]]
    for workflow in cases:
        (used,) = workflow.values()
        check("the Codefresh example names the step", used["type"] == step["metadata"]["name"])
        check("the Codefresh example has declared arguments", set(schema["required"]) <= set(used["arguments"]) <= set(schema["properties"]))
    odd = "it's \"$HOME\" `id` : # {a}\n[b]"
    rows = [
        (["lint", "good/web"], [], 0, "1 chart(s) linted"),
        (["lint", "bad/web"], [], 1, "bad/web/templates/service.yaml:5"),
        (["template", "good/web", "--set-string", "text=" + odd], [], 0, json.dumps(odd)),
        (["lint", "good/web"], ["SOURCE_DATE_EPOCH=1", "NOTE=it's \"a\" # b"], 0, "linted"),
    ]
    for arguments, environment, code, word in rows:
        steps = rendered_step(step, {"arguments": arguments, "environment": environment}, directory)
        if not steps:
            continue
        main = steps["main"]
        variables = dict(entry.split("=", 1) for entry in main["environment"])
        lacks = [entry for entry in environment if entry not in main["environment"]]
        done = shell("\n".join(main["commands"]), directory, variables)
        output = done.stdout + done.stderr
        fits = done.returncode == code and word in output and not lacks
        check(f"Codefresh, {arguments}: exit code {done.returncode} instead of {code}, or lacks {word} or {lacks}", fits, output)
    pipeline = yaml.safe_load((ROOT / "codefresh/codefresh.yml").read_text(encoding="utf-8"))
    for name, entry in pipeline["steps"].items():
        check(f"codefresh.yml: {name} has a stage", entry["stage"] in pipeline["stages"])


def main():
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        for name, port in [("good", 80), ("bad", 70000)]:
            write(directory, {f"{name}/web/Chart.yaml": CHART, f"{name}/web/values.yaml": f"port: {port}\ntext: ''\n"})
            write(directory, {f"{name}/web/templates/service.yaml": SERVICE + "  externalName: {{ .Values.text | toJson }}\n"})
        write(directory, {"good/chartwright.yaml": "repository: file://./repository\n"})
        check_gitlab(directory)
        check_codefresh(directory)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


sys.exit(main())
