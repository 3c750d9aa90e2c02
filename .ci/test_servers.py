"""Servers that the checks start: files over HTTP, S3 (moto, MinIO), Google Cloud Storage, an OCI registry. Each is a context manager that
gives what is needed to reach it, or `None` where the program is not installed."""
import contextlib
import functools
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

BUCKET = "charts"
CREATE = """
import json, os, time, boto3
client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
for attempt in range(200):
    try:
        client.create_bucket(Bucket="charts")
        break
    except Exception:
        time.sleep(0.2)
else:
    raise SystemExit("the server does not answer")
policy = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::charts/*"]}]}
client.put_bucket_policy(Bucket="charts", Policy=json.dumps(policy))
"""


class Files(http.server.SimpleHTTPRequestHandler):
    """Files of a directory, without a log, on connections that stay open."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def files(directory):
    """The address of a server of a directory's files."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=directory))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


@contextlib.contextmanager
def running(command, log):
    with open(log, "w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def python_with_moto(tools):
    venv = os.path.join(tools, "moto")
    if not os.path.exists(os.path.join(venv, "bin", "moto_server")):
        for command in ([sys.executable, "-m", "venv", venv], [os.path.join(venv, "bin", "pip"), "install", "--quiet", "moto[server]"]):
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"moto cannot be installed: {done.stderr}")
    return os.path.join(venv, "bin", "python")


@contextlib.contextmanager
def s3(name, tools, work):
    """The variables that reach a server of S3, `moto` or `minio`, whose bucket everyone may read."""
    python, port = python_with_moto(tools), free_port()
    if name == "moto":
        command = [os.path.join(os.path.dirname(python), "moto_server"), "-p", str(port)]
    else:
        minio = os.path.join(tools, "minio")
        if not os.path.exists(minio):
            yield None
            return
        command = [minio, "server", "--address", f"127.0.0.1:{port}", os.path.join(work, "minio")]
    variables = {
        "AWS_ACCESS_KEY_ID": "minioadmin", "AWS_SECRET_ACCESS_KEY": "minioadmin", "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
    }
    with running(command, os.path.join(work, f"{name}.log")):
        done = subprocess.run([python, "-c", CREATE], env={**os.environ, **variables}, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{name}: {done.stderr}")
        yield variables


@contextlib.contextmanager
def google(tools, work):
    """The variables that reach a server of Google Cloud Storage, whose objects everyone may read."""
    program = os.path.join(tools, "fake-gcs-server")
    if not os.path.exists(program):
        yield None
        return
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [program, "-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-public-host", f"127.0.0.1:{port}", "-backend", "memory"]
    with running(command, os.path.join(work, "gcs.log")):
        create = urllib.request.Request(
            f"{url}/storage/v1/b?project=x", json.dumps({"name": BUCKET}).encode(), {"Content-Type": "application/json"})
        for _ in range(200):
            try:
                urllib.request.urlopen(create).read()
                break
            except OSError:
                time.sleep(0.2)
        else:
            sys.exit("fake-gcs-server does not answer")
        yield {"STORAGE_EMULATOR_HOST": url}


@contextlib.contextmanager
def registry(work, name="registry", program="docker-registry", deletes=False, more=""):
    """`HOST:PORT` of Debian's docker-registry, whose content is in `work/name`: whether it removes manifests, and more of its settings."""
    program = shutil.which(program)
    if not program:
        yield None
        return
    port = free_port()
    config = os.path.join(work, f"{name}.yml")
    with open(config, "w") as out:
        out.write(f"version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem: {{rootdirectory: {work}/{name}}}\n"
                  f"  delete: {{enabled: {str(deletes).lower()}}}\nhttp: {{addr: 127.0.0.1:{port}}}\n{more}")
    with running([program, "serve", config], os.path.join(work, f"{name}.log")):
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/")
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.1)
        else:
            sys.exit("the registry does not start")
        yield f"127.0.0.1:{port}"
