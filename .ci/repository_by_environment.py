#!/usr/bin/env python3
"""Repositories of a configuration in a real S3 server: usage: repository_by_environment.py BINARY TOOLS HELM

A chart of a branch is packaged and pushed to moto (from PyPI, installed below TOOLS) by the rules of a chartwright.yaml. The object must
be where the template puts it, with the encryption and the access control list of the configuration, and plain Helm must find and render
it by the index. The access control list of the environment counts for a repository that has none.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile

BINARY, TOOLS, HELM = (os.path.abspath(path) for path in sys.argv[1:4])
CONFIGURATION = """
repositories:
  - name: develop
    url: s3://charts/develop
    branches: ["*"]
    path: "{chart}/{branch}/{chart}-{version}.tgz"
    versionSuffix: "-{branch}.{n}+{sha}"
    sse: aws:kms
    sseKmsKeyId: alias/charts
    acl: public-read
  - {name: plain, url: "s3://charts/plain"}
"""
ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
INSPECT = """
import json, os, sys, time, boto3
client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
if sys.argv[1] == "create":
    for attempt in range(200):
        try:
            client.create_bucket(Bucket="charts")
            sys.exit()
        except Exception:
            time.sleep(0.2)
    sys.exit("the server does not answer")
head = client.head_object(Bucket="charts", Key=sys.argv[2])
grants = client.get_object_acl(Bucket="charts", Key=sys.argv[2])["Grants"]
print(json.dumps({
    "sse": head.get("ServerSideEncryption"), "key": head.get("SSEKMSKeyId"), "type": head["ContentType"],
    "readers": [grant["Grantee"].get("URI") for grant in grants if grant["Permission"] == "READ"],
}))
"""


def must(arguments, **options):
    done = subprocess.run(arguments, capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def python_with_moto():
    venv = os.path.join(TOOLS, "moto")
    if not os.path.exists(os.path.join(venv, "bin", "moto_server")):
        must([sys.executable, "-m", "venv", venv])
        must([os.path.join(venv, "bin", "pip"), "install", "--quiet", "moto[server]"])
    return os.path.join(venv, "bin")


def check(work, programs, port):
    branch = {"CI_COMMIT_BRANCH": "feature/#1", "CI_COMMIT_SHA": "0123456789abcdef", "CI_PIPELINE_IID": "3"}
    os.environ.update(branch)
    python = os.path.join(programs, "python")
    must([python, "-c", INSPECT, "create"])
    with open(os.path.join(work, "chartwright.yaml"), "w") as file:
        file.write(CONFIGURATION)
    must([HELM, "create", "web"], cwd=work)
    must([BINARY, "package", "web", "--version-suffix"], cwd=work)
    version = "0.1.0-feature-1.3+01234567"
    archive = f"web-{version}.tgz"
    must([BINARY, "push", archive], cwd=work)
    must([BINARY, "push", archive, "--to", "plain"], cwd=work, env={**os.environ, "S3_ACL": "public-read"})
    must([BINARY, "push", os.path.join(work, archive), "s3://charts/default"])
    encrypted = {"sse": "aws:kms", "key": "alias/charts", "readers": [ALL_USERS]}
    unencrypted = {"sse": None, "key": None}
    wrong = 0
    for key, want in [
        (f"develop/web/feature/=231/{archive}", encrypted),
        ("develop/index.yaml", encrypted),
        (f"plain/{archive}", {**unencrypted, "readers": [ALL_USERS]}),
        ("plain/index.yaml", {**unencrypted, "readers": [ALL_USERS]}),
        (f"default/{archive}", {**unencrypted, "readers": []}),
    ]:
        found = json.loads(must([python, "-c", INSPECT, "read", key]))
        # moto gives buckets' own encryption to objects that name none.
        for option in want:
            if found[option] != want[option] and not (option == "sse" and want[option] is None and found[option] == "AES256"):
                print(f"{key}: {option} is {found[option]}, not {want[option]}")
                wrong += 1
    for name in ["develop", "plain"]:
        url = f"http://127.0.0.1:{port}/charts/{name}"
        rendered = must([HELM, "template", "web", "--repo", url, "--version", version], cwd=work)
        wrong += "kind: Deployment" not in rendered
    must([BINARY, "repo", "check", "s3://charts/develop"])
    return wrong


def main():
    programs = python_with_moto()
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
    with tempfile.TemporaryDirectory() as work:
        os.environ.update(
            AWS_ACCESS_KEY_ID="key", AWS_SECRET_ACCESS_KEY="secret", AWS_REGION="us-east-1",
            AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}", HOME=work, HELM_CACHE_HOME=os.path.join(work, "cache"),
        )
        with open(os.path.join(work, "server.log"), "w") as log:
            process = subprocess.Popen([os.path.join(programs, "moto_server"), "-p", str(port)], stdout=log, stderr=log)
        try:
            wrong = check(work, programs, port)
        finally:
            process.terminate()
            process.wait()
    print("0 failed" if not wrong else f"{wrong} failed")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
