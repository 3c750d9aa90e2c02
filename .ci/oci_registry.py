#!/usr/bin/env python3
"""Charts in a real registry: what Helm pushes we pull, and what we push Helm pulls.

    oci_registry.py BINARY HELM [REGISTRY]

REGISTRY is the program of Debian's docker-registry, and htpasswd is in Debian's apache2-utils. Without them, the step says so and
leaves out what needs them."""
import base64
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request

import test_servers

BINARY, HELM = (os.path.abspath(path) for path in sys.argv[1:3])
REGISTRY = shutil.which(sys.argv[3] if len(sys.argv) > 3 else "docker-registry")
VERSIONS = ["1.0.0", "1.1.0+build.1", "2.0.0-rc.1"]
USER, PASSWORD = "me", "a-password-of-the-test"


def start(servers, work, name, more="", deletes=True):
    return servers.enter_context(test_servers.registry(work, name, REGISTRY, deletes, more))


def main():
    if not REGISTRY:
        print("skipped: docker-registry is not installed (apt-get install docker-registry)")
        return
    work = tempfile.mkdtemp()
    env = {**os.environ, "HOME": work, "HELM_CONFIG_HOME": work, "HELM_CACHE_HOME": work, "HELM_DATA_HOME": work, "DOCKER_CONFIG": work}
    servers = contextlib.ExitStack()

    def run(command, code=0, **more):
        done = subprocess.run(command, env=env, cwd=work, capture_output=True, text=True, **more)
        if done.returncode != code:
            sys.exit(f"{' '.join(command)} ends with {done.returncode}\n{done.stdout}{done.stderr}")
        if PASSWORD in done.stdout + done.stderr:
            sys.exit(f"{' '.join(command)} shows the password")
        return done.stdout + done.stderr

    def digest(path):
        with open(os.path.join(work, path), "rb") as archive:
            return hashlib.sha256(archive.read()).hexdigest()

    try:
        host = start(servers, work, "open")
        run([HELM, "create", "web"])
        for version in VERSIONS:
            run([HELM, "package", "web", "--version", version])
            run([HELM, "push", f"web-{version}.tgz", f"oci://{host}/charts", "--plain-http"])
            os.makedirs(os.path.join(work, "pulled"), exist_ok=True)
            run([BINARY, "pull", f"oci://{host}/charts/web", "--version", version, "-d", "pulled", "--plain-http"])
            if digest(f"web-{version}.tgz") != digest(f"pulled/web-{version}.tgz"):
                sys.exit(f"{version} is not what helm pushed")
        for arguments, want in [([], "web-1.1.0+build.1.tgz"), (["--devel"], "web-2.0.0-rc.1.tgz"), (["--version", "~1.0"], "web-1.0.0.tgz")]:
            said = run([BINARY, "pull", f"oci://{host}/charts/web", "--plain-http", "--dry-run", *arguments])
            if want not in said:
                sys.exit(f"{arguments}: {said}")
        print(f"{len(VERSIONS)} versions that helm pushed are pulled, with the same digests")
        # What we push: a package that helm made, one with a signature beside it, and one of ours.
        packages = os.path.join(work, "packages")
        os.makedirs(packages)
        for version in VERSIONS:
            shutil.copy(os.path.join(work, f"web-{version}.tgz"), packages)
        with open(os.path.join(packages, "web-1.0.0.tgz.prov"), "w") as out:
            out.write("a signature")
        run([HELM, "create", "ours"])
        run([BINARY, "package", "ours", "-d", packages])
        archives = sorted(os.path.join(packages, name) for name in os.listdir(packages) if name.endswith(".tgz"))
        digests = []
        for registry in (host, None):
            if registry is None:
                registry = start(servers, work, "second")
            push = [BINARY, "push", *archives, f"oci://{registry}/ours", "--plain-http", "--output", "json"]
            first, second = (json.loads(run(push))["repositories"][0]["charts"] for _ in range(2))
            outcomes = [[chart["outcome"] for chart in charts] for charts in (first, second)]
            if outcomes != [["published"] * len(archives), ["unchanged"] * len(archives)]:
                sys.exit(f"two pushes of the same packages: {outcomes}")
            digests.append([(chart["name"], chart["version"], chart["digest"]) for chart in first])
            if digests[-1] != [(chart["name"], chart["version"], chart["digest"]) for chart in second]:
                sys.exit("the second push has other digests")
        if len(digests[0]) != len(VERSIONS) + 1 or digests[0] != digests[1]:
            sys.exit(f"two registries do not have the same digests: {digests}")
        os.makedirs(os.path.join(work, "back"))
        for archive in sorted(name for name in os.listdir(packages) if name.endswith(".tgz")):
            name, version = archive[:-len(".tgz")].split("-", 1)
            run([HELM, "pull", f"oci://{host}/ours/{name}", "--version", version, "--plain-http", "-d", "back"])
            if digest(f"back/{archive}") != digest(f"packages/{archive}"):
                sys.exit(f"helm pulls another {archive}")
            run([HELM, "show", "chart", f"oci://{host}/ours/{name}", "--version", version, "--plain-http"])
            run([HELM, "template", f"oci://{host}/ours/{name}", "--version", version, "--plain-http"])
            # Helm's manifest of the same package differs in its time, which is that of a file on disk.
            if name == "web":
                theirs, ours = (manifest(host, f"{path}/web", version) for path in ("charts", "ours"))
                created = "org.opencontainers.image.created"
                for one in (theirs, ours):
                    one["annotations"].pop(created)
                    one["layers"] = [layer for layer in one["layers"] if not layer["mediaType"].endswith(".prov")]
                if json.dumps(theirs) != json.dumps(ours):
                    sys.exit(f"the manifests differ:\n{json.dumps(theirs)}\n{json.dumps(ours)}")
        run([HELM, "pull", f"oci://{host}/ours/web", "--version", "1.0.0", "--plain-http", "-d", "back", "--prov"])
        with open(os.path.join(work, "back", "web-1.0.0.tgz.prov")) as signature:
            if signature.read() != "a signature":
                sys.exit("helm pulls another signature")
        print(f"{len(digests[0])} packages that we pushed are pulled, shown and rendered by helm; the manifests are those of helm")
        # What looks after a registry: lists, checks, copies that keep every byte, and removals where the registry allows them.
        keeps = start(servers, work, "keeps", deletes=False)

        def repo(*arguments, code=0):
            return run([BINARY, "repo", *arguments, "--plain-http"], code)

        listed = json.loads(repo("list", f"oci://{host}/ours", "--output", "json"))["charts"]
        if sorted(chart["name"] for chart in listed) != ["ours"] + ["web"] * len(VERSIONS):
            sys.exit(f"the list is {listed}")
        for chart in listed:
            if chart["digest"] != digest(f"packages/{chart['name']}-{chart['version']}.tgz"):
                sys.exit(f"another digest is listed: {chart}")
        if repo("list", f"oci://{host}/ours", "web") != repo("list", f"oci://{host}/ours/web"):
            sys.exit("a chart has two lists")
        repo("check", f"oci://{host}/ours")
        for target in (f"oci://{host}/stable", f"oci://{keeps}/stable"):
            for version in VERSIONS:
                repo("copy", f"oci://{host}/ours", target, "web", version)
                copied = manifest(target.split("/")[2], "stable/web", version, text=True)
                if copied != manifest(host, "ours/web", version, text=True):
                    sys.exit(f"the copy of {version} has another manifest")
            repo("check", target)
            if "Unchanged" not in repo("copy", f"oci://{host}/ours", target, "web", VERSIONS[0]):
                sys.exit("a second copy changes something")
        directory = os.path.join(work, "indexed")
        os.makedirs(directory)
        repo("copy", f"oci://{host}/ours", f"file://{directory}", "web", "1.0.0")
        repo("copy", f"file://{directory}", f"oci://{keeps}/back", "web", "1.0.0")
        if manifest(keeps, "back/web", "1.0.0", text=True) != manifest(host, "ours/web", "1.0.0", text=True):
            sys.exit("a copy through a directory has another manifest")
        refused = repo("delete", f"oci://{keeps}/stable", "web", "1.0.0", code=3)
        if "REGISTRY_STORAGE_DELETE_ENABLED" not in refused:
            sys.exit(f"a registry that removes nothing: {refused}")
        repo("delete", f"oci://{host}/stable", "web", "1.1.0+build.1")
        repo("delete", f"oci://{host}/stable", "web", "1.1.0+build.1", code=3)
        repo("prune", f"oci://{host}/stable", "--keep", "1")
        left = json.loads(repo("list", f"oci://{host}/stable/web", "--output", "json"))["charts"]
        # The newest release and the newest pre-release.
        if [chart["version"] for chart in left] != ["2.0.0-rc.1", "1.0.0"]:
            sys.exit(f"what is left: {left}")
        repo("check", f"oci://{host}/ours")
        print("lists, checks, copies and removals agree with the registry, and one that removes nothing is reported")
        # A registry that asks for a password, which docker's file has.
        if shutil.which("htpasswd"):
            secret = run_htpasswd()
            with open(os.path.join(work, "htpasswd"), "w") as out:
                out.write(secret)
            private = start(servers, work, "private", f"auth:\n  htpasswd: {{realm: test, path: {work}/htpasswd}}\n")
            run([HELM, "registry", "login", private, "-u", USER, "--password-stdin", "--plain-http"], input=PASSWORD)
            run([HELM, "push", "web-1.0.0.tgz", f"oci://{private}/charts", "--plain-http"])
            run([BINARY, "pull", f"oci://{private}/charts/web", "-d", "pulled", "--plain-http"])
            env["HELM_REGISTRY_CONFIG"] = "/no/such/file"
            run([BINARY, "pull", f"oci://{private}/charts/web", "--plain-http"], code=3)
            with open(os.path.join(work, "config.json"), "w") as out:
                auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
                out.write(f'{{"auths": {{"{private}": {{"auth": "{auth}"}}}}}}')
            run([BINARY, "pull", f"oci://{private}/charts/web", "-d", "pulled", "--plain-http"])
            print("a registry with a password is read with the logins of helm and of docker")
    finally:
        servers.close()
        shutil.rmtree(work)


def manifest(host, repository, version, text=False):
    tag = version.replace("+", "_")
    request = urllib.request.Request(f"http://{host}/v2/{repository}/manifests/{tag}",
                                     headers={"Accept": "application/vnd.oci.image.manifest.v1+json"})
    with urllib.request.urlopen(request) as answer:
        return answer.read() if text else json.load(answer)


def run_htpasswd():
    return subprocess.run(["htpasswd", "-nbB", USER, PASSWORD], capture_output=True, text=True, check=True).stdout


main()
