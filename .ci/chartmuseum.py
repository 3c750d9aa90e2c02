#!/usr/bin/env python3
"""Pushes to a real ChartMuseum: what we push Helm reads, and no push of many at once is lost.

    chartmuseum.py BINARY HELM [CHARTMUSEUM]

CHARTMUSEUM is the program; `.ci/run` builds it from its repository, where it can. Without it, the step says so."""
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

BINARY, HELM = (os.path.abspath(path) for path in sys.argv[1:3])
CHARTMUSEUM = shutil.which(sys.argv[3] if len(sys.argv) > 3 else "chartmuseum")
PROCESSES, CHARTS = 16, 5
USER, PASSWORD = "me", "a-password-of-the-test"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(work, name, *flags):
    port = free_port()
    command = [CHARTMUSEUM, "--port", str(port), "--storage", "local", "--storage-local-rootdir", os.path.join(work, name), *flags]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health")
            return process, f"http://127.0.0.1:{port}"
        except urllib.error.HTTPError:
            return process, f"http://127.0.0.1:{port}"
        except OSError:
            time.sleep(0.1)
    sys.exit("ChartMuseum does not start")


def main():
    if not CHARTMUSEUM:
        print("skipped: ChartMuseum is not there (build github.com/helm/chartmuseum, ./cmd/chartmuseum)")
        return
    work = tempfile.mkdtemp()
    env = {**os.environ, "HOME": work, "HELM_CONFIG_HOME": work, "HELM_CACHE_HOME": os.path.join(work, "cache"), "HELM_DATA_HOME": work}
    processes = []

    def run(command, code=0, more=None, **options):
        done = subprocess.run(command, env={**env, **(more or {})}, cwd=work, capture_output=True, text=True, **options)
        if done.returncode != code:
            sys.exit(f"{' '.join(command)} ends with {done.returncode}\n{done.stdout}{done.stderr}")
        if PASSWORD in done.stdout + done.stderr:
            sys.exit(f"{' '.join(command)} shows the password")
        return done.stdout + done.stderr

    def expect(text, words):
        if words not in text:
            sys.exit(f"{words!r} is not in: {text}")

    def digest(path):
        with open(os.path.join(work, path), "rb") as archive:
            return hashlib.sha256(archive.read()).hexdigest()

    try:
        process, server = start(work, "one", "--depth", "1")
        processes.append(process)
        repository = f"{server}/team"
        run([HELM, "create", "web"])
        # Many at once, each process its own charts.
        for writer in range(PROCESSES):
            for number in range(CHARTS):
                run([HELM, "package", "web", "--version", f"0.{writer}.{number}"])
        pushes = [subprocess.Popen([BINARY, "push", *(f"web-0.{writer}.{number}.tgz" for number in range(CHARTS)), repository],
                                   env=env, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                  for writer in range(PROCESSES)]
        for push in pushes:
            said, _ = push.communicate()
            if push.returncode != 0 or "does not list it yet" in said:
                sys.exit(f"a push ends with {push.returncode}: {said}")
        run([HELM, "repo", "add", "team", repository])
        index = urllib.request.urlopen(f"{repository}/index.yaml").read().decode()
        lost = [f"0.{writer}.{number}" for writer in range(PROCESSES) for number in range(CHARTS)
                if digest(f"web-0.{writer}.{number}.tgz") not in index]
        if lost:
            sys.exit(f"lost: {lost}")
        print(f"{PROCESSES} processes pushed {CHARTS} charts each at once: all are listed, with their digests")

        # One content for one version, unless forced.
        archive = "web-0.0.0.tgz"
        expect(run([BINARY, "push", archive, repository]), "already, with the same content")
        with open(os.path.join(work, "web", "values.yaml"), "a") as values:
            values.write("other: content\n")
        run([HELM, "package", "web", "--version", "0.0.0", "-d", "other"])
        expect(run([BINARY, "push", f"other/{archive}", repository], code=1), "with different content")
        expect(run([BINARY, "push", "--skip-existing", f"other/{archive}", repository]), "Skipped")
        expect(run([BINARY, "push", "--dry-run", "--force", f"other/{archive}", repository]), "Would replace")
        expect(run([BINARY, "push", "--force", f"other/{archive}", repository]), "Replaced")
        if digest(f"other/{archive}") not in urllib.request.urlopen(f"{repository}/index.yaml").read().decode():
            sys.exit("--force did not replace the archive")
        process, guarded = start(work, "guarded", "--disable-force-overwrite", "--context-path", "/charts")
        processes.append(process)
        run([BINARY, "push", archive, f"{guarded}/charts"])
        expect(run([BINARY, "push", "--force", f"other/{archive}", f"{guarded}/charts"], code=1), "does not replace it")
        print("a version has one content, unless it is replaced by force where the server allows that")

        # Helm reads what we pushed.
        run([HELM, "repo", "update"])
        os.makedirs(os.path.join(work, "pulled"))
        run([HELM, "pull", "team/web", "--version", "0.3.2", "-d", "pulled"])
        if digest("pulled/web-0.3.2.tgz") != digest("web-0.3.2.tgz"):
            sys.exit("helm pulls another archive")
        run([HELM, "show", "chart", "team/web", "--version", "0.3.2"])
        run([HELM, "template", "team/web", "--version", "0.3.2"])
        run([HELM, "create", "parent"])
        with open(os.path.join(work, "parent", "Chart.yaml"), "a") as chart:
            chart.write(f"dependencies:\n- {{name: web, version: 0.3.x, repository: '{repository}'}}\n")
        run([HELM, "dependency", "update", "parent"])
        shutil.rmtree(os.path.join(work, "parent", "charts"))
        run([HELM, "dependency", "build", "parent"])
        if digest("parent/charts/web-0.3.4.tgz") != digest("web-0.3.4.tgz"):
            sys.exit("helm dependency build has another archive")
        expect(run([BINARY, "repo", "list", repository, "web"]), "0.15.4")
        run([BINARY, "repo", "copy", repository, f"{server}/other", "web", "0.3.2"])
        print("helm pulls, shows, renders and builds dependencies from what we pushed")

        # A signature goes with its archive, and one that is missing is added.
        if shutil.which("gpg"):
            home = os.path.join(work, "gnupg")
            os.makedirs(home, mode=0o700)
            gpg = ["gpg", "--homedir", home, "--batch", "--quiet"]
            run([*gpg, "--passphrase", "", "--quick-generate-key", "me <me@example.com>", "rsa2048", "sign"])
            for name, command in [("secret.gpg", "--export-secret-keys"), ("public.gpg", "--export")]:
                run([*gpg, "--output", os.path.join(work, name), command])
            run([HELM, "package", "web", "--version", "1.0.0", "--sign", "--key", "me", "--keyring", "secret.gpg"])
            run([BINARY, "push", "web-1.0.0.tgz", repository])
            os.rename(os.path.join(work, "web-1.0.0.tgz.prov"), os.path.join(work, "kept.prov"))
            run([BINARY, "push", "web-1.0.0.tgz", f"{server}/other"])
            os.rename(os.path.join(work, "kept.prov"), os.path.join(work, "web-1.0.0.tgz.prov"))
            expect(run([BINARY, "push", "web-1.0.0.tgz", f"{server}/other"]), "already, with the same content")
            for place in (repository, f"{server}/other"):
                run([HELM, "pull", "web", "--repo", place, "--version", "1.0.0", "--verify", "--keyring", "public.gpg", "-d", "pulled"])
                os.remove(os.path.join(work, "pulled", "web-1.0.0.tgz"))
                os.remove(os.path.join(work, "pulled", "web-1.0.0.tgz.prov"))
            print("helm verifies what we pushed with a signature")
        else:
            print("without signatures: gpg is not installed")

        # A server with a password, from the environment, a flag, and Helm's list.
        process, private = start(work, "private", "--basic-auth-user", USER, "--basic-auth-pass", PASSWORD)
        processes.append(process)
        expect(run([BINARY, "push", archive, private], code=3), "401")
        run([BINARY, "push", archive, private], more={"HELM_REPO_USERNAME": USER, "HELM_REPO_PASSWORD": PASSWORD})
        run([BINARY, "push", "web-0.1.0.tgz", private, "--username", USER, "--password-stdin"], input=PASSWORD)
        run([HELM, "repo", "add", "private", private, "--username", USER, "--password-stdin"], input=PASSWORD)
        run([BINARY, "push", "web-0.2.0.tgz", private])
        expect(run([BINARY, "push", "web-0.3.0.tgz", private], code=3,
                   more={"HELM_REPOSITORY_CONFIG": "/no/such/file", "HELM_REPO_USERNAME": USER, "HELM_REPO_PASSWORD": "wrong"}), "401")
        # Nothing is uploaded anywhere, if one of two servers refuses.
        expect(run([BINARY, "push", "web-0.4.0.tgz", f"{server}/third", "--repository", private], code=3,
                   more={"HELM_REPOSITORY_CONFIG": "/no/such/file"}), "nothing was written")
        if "web" in urllib.request.urlopen(f"{server}/third/index.yaml").read().decode():
            sys.exit("a chart is in the first of two repositories, although the second refused it")
        print("a server with a password accepts the logins of the environment, of flags and of helm")
    finally:
        for process in processes:
            process.terminate()
        shutil.rmtree(work, ignore_errors=True)


main()
