#!/usr/bin/env python3
"""Helm as the client of what we pushed, from every backend that it can read: a table of backends and commands; any miss fails.

    helm_clients.py BINARY TOOLS HELM...

Charts are packaged and signed by us, and pushed by us to a directory (which is served over HTTP), to moto, MinIO and fake-gcs-server
(which everyone may read) and to docker-registry. Each HELM then adds the repository, pulls, verifies, shows and renders the charts, and fills
the charts/ of a chart that depends on them; charts/ and the lock are compared with ours. Backends that are not installed are named."""
import base64
import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

import test_servers

BINARY, TOOLS = (os.path.abspath(path) for path in sys.argv[1:3])
HELMS = [os.path.abspath(path) for path in sys.argv[3:]]
KEYS = os.path.abspath(os.path.join("tests", "keys"))
SHOP = os.path.abspath(os.path.join("fixtures", "shop"))
VERSIONS = {"web": ["1.0.0", "1.1.0+build.1", "2.0.0-rc.1"], "db": ["0.3.0"]}
# Helm 3 encodes the URL of a dependency again. S3 takes `+` for a space, so there it is encoded by us.
KNOWN = {(backend, "v3", command) for backend in ("moto", "minio") for command in ("dependency update", "dependency build", "as ours")}
COMMANDS = ["repo add", "pull", "pull --verify", "show all", "template", "dependency update", "dependency build", "as ours"]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def must(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ends with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def keyring(work):
    """The public keys without their armor, as Helm reads them."""
    with open(os.path.join(KEYS, "public.asc")) as file:
        blocks = re.findall(r"-----BEGIN[^\n]*\n(?:[^\n]+\n)*\n(.*?)\n=", file.read(), re.S)
    path = os.path.join(work, "public.gpg")
    with open(path, "wb") as file:
        for block in blocks:
            file.write(base64.b64decode(block))
    return path


def packages(work):
    """The archives, signed, and the names and versions of their charts."""
    directory = os.path.join(work, "packages")
    sign = ["--sign", "--key", "Plain", "--keyring", os.path.join(KEYS, "plain.secret.gpg"), "-d", directory]
    charts = []
    for name, versions in VERSIONS.items():
        chart = os.path.join(work, "charts", name)
        write(os.path.join(chart, "Chart.yaml"), f"apiVersion: v2\nname: {name}\nversion: 0.0.0\ndescription: '{name}: é, a chart'\n")
        write(os.path.join(chart, "values.yaml"), "# The size.\nsize: 3\n")
        write(os.path.join(chart, "README.md"), f"# {name}\n")
        write(os.path.join(chart, "templates", "a.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {size: '{{ .Values.size }}'}\n")
        for version in versions:
            must([BINARY, "package", chart, "--version", version, *sign])
            charts.append((name, version))
    must([BINARY, "package", os.path.join(SHOP, "shop"), *sign])
    charts.append(("shop", "0.3.0"))
    return [os.path.join(directory, f"{name}-{version}.tgz") for name, version in charts], charts


class Client:
    """One Helm with a home of its own, and the repository that it reads."""

    def __init__(self, helm, home, url, keys):
        self.helm, self.home, self.url, self.keys = helm, home, url, keys
        self.is_registry = url.startswith("oci://")
        self.plain = ["--plain-http"] if self.is_registry else []
        self.misses = {}
        os.makedirs(home)

    def run(self, command, *arguments):
        home = {"HELM_CONFIG_HOME": self.home, "HELM_CACHE_HOME": self.home, "HELM_DATA_HOME": self.home}
        done = subprocess.run([self.helm, *command.split(), *arguments], cwd=self.home, env={**os.environ, **home}, capture_output=True, text=True)
        if done.returncode:
            self.miss(command, f"{' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def miss(self, command, reason):
        self.misses.setdefault(command, []).append(reason)

    def name(self, chart):
        return f"{self.url}/{chart}" if self.is_registry else f"ours/{chart}"


def read_charts(client, archives, charts):
    if not client.is_registry:
        client.run("repo add", "ours", client.url)
    for archive, (name, version) in zip(archives, charts):
        chosen = [client.name(name), "--version", version, *client.plain]
        for command in ("pull", "pull --verify"):
            directory = os.path.join(client.home, command.replace(" ", ""))
            os.makedirs(directory, exist_ok=True)
            flags = ["-d", directory] + (["--keyring", client.keys] if "verify" in command else [])
            client.run(command, *chosen, *flags)
            pulled = os.path.join(directory, os.path.basename(archive))
            # Helm 3 keeps the `_` of a tag in the name.
            others = [pulled, pulled.replace("+", "_")]
            found = [path for path in others if os.path.exists(path)]
            if not found or digest(found[0]) != digest(archive):
                client.miss(command, f"{os.path.basename(archive)} is not what was pushed")
        shown = client.run("show all", *chosen)
        if f"name: {name}" not in shown or f"version: {version}" not in shown:
            client.miss("show all", f"{name} {version}: {shown[:200]}")
        rendered = client.run("template", "r", *chosen)
        ours = must([BINARY, "template", "r", archive] + (["--compat", "helm3"] if "v3" in must([client.helm, "version", "--short"]) else []))
        if rendered != ours:
            client.miss("template", f"{name} {version} is not what we render")


def depend(client, binary_environment):
    """A chart that depends on what was pushed, filled by Helm and by us."""
    text = "apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n"
    for name, version in (("web", "^1.0.0"), ("web", ">=2.0.0-0"), ("db", "0.x")):
        alias = "  alias: next\n" if version.startswith(">") else ""
        # Helm does not keep two versions of one chart in a registry apart.
        if alias and client.is_registry:
            continue
        text += f"- name: {name}\n  version: '{version}'\n  repository: {client.url}\n{alias}"
    paths = [os.path.join(client.home, side, "app") for side in ("theirs", "ours")]
    for path in paths:
        write(os.path.join(path, "Chart.yaml"), text)
    cache = os.path.join(client.home, "cache")
    for command in ("dependency update", "dependency build"):
        client.run(command, paths[0], *client.plain)
        must([BINARY, *command.split(), paths[1], "--cache-dir", cache, *client.plain], env=binary_environment)
        trees = []
        for path in paths:
            charts = os.path.join(path, "charts")
            archives = sorted(os.listdir(charts)) if os.path.isdir(charts) else []
            lock = os.path.join(path, "Chart.lock")
            found = re.search(r"^digest: (.*)$", open(lock).read(), re.M) if os.path.exists(lock) else None
            trees.append(([(name, digest(os.path.join(charts, name))) for name in archives], found and found[1]))
            if command.endswith("update"):
                shutil.rmtree(charts, ignore_errors=True)
        if trees[0] != trees[1] or not trees[0][0] or not trees[0][1]:
            client.miss("as ours", f"{command}: helm {trees[0]}, we {trees[1]}")


def backends(work, archives, stack):
    """Pushes to each backend. Gives names, the addresses that Helm reads, and the variables that we need; no address for what is missing."""
    directory = os.path.join(work, "repository")
    must([BINARY, "push", *archives, f"file://{directory}"])
    yield "file", stack.enter_context(test_servers.files(directory)), {}
    for name in ("moto", "minio"):
        variables = stack.enter_context(test_servers.s3(name, TOOLS, work))
        if variables:
            must([BINARY, "push", *archives, f"s3://{test_servers.BUCKET}/stable"], env={**os.environ, **variables})
        yield name, variables and f"{variables['AWS_ENDPOINT_URL']}/{test_servers.BUCKET}/stable", {}
    variables = stack.enter_context(test_servers.google(TOOLS, work))
    if variables:
        must([BINARY, "push", *archives, f"gs://{test_servers.BUCKET}/stable"], env={**os.environ, **variables})
    yield "fake-gcs", variables and f"{variables['STORAGE_EMULATOR_HOST']}/{test_servers.BUCKET}/stable", {}
    host = stack.enter_context(test_servers.registry(work))
    if host:
        must([BINARY, "push", *archives, f"oci://{host}/stable", "--plain-http"])
    yield "registry", host and f"oci://{host}/stable", {}


def main():
    if not HELMS:
        sys.exit(__doc__)
    failed = passed = 0
    with tempfile.TemporaryDirectory() as work, contextlib.ExitStack() as stack:
        os.environ.update(HOME=work, XDG_CACHE_HOME=f"{work}/cache", XDG_CONFIG_HOME=f"{work}/config")
        keys = keyring(work)
        archives, charts = packages(work)
        print(f"{'':24}" + "".join(f"{command:>20}" for command in COMMANDS))
        for backend, url, variables in backends(work, archives, stack):
            for helm in HELMS:
                version = must([helm, "version", "--short"]).split("+")[0].strip()
                if not url:
                    print(f"{backend:10} {version:13}" + f"{'is not installed':>20}")
                    continue
                client = Client(helm, os.path.join(work, f"{backend}-{version}"), url, keys)
                read_charts(client, archives, charts)
                depend(client, {**os.environ, **variables})
                cells = []
                for command in COMMANDS:
                    if command == "repo add" and client.is_registry:
                        cells.append("-")
                        continue
                    is_well = command not in client.misses
                    is_known = (backend, version.split(".")[0], command) in KNOWN
                    is_expected = is_well != is_known
                    passed, failed = passed + is_expected, failed + (not is_expected)
                    cells.append({(True, False): "ok", (False, True): "known miss", (True, True): "WORKS NOW"}.get((is_well, is_known), "FAILS"))
                print(f"{backend:10} {version:13}" + "".join(f"{cell:>20}" for cell in cells))
                for command, reasons in client.misses.items():
                    for reason in reasons:
                        print(f"    {command}: {reason}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
