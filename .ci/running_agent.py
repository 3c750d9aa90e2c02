"""An agent that a check runs beside a simulated cluster: its process, its log, its port."""
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

import simulated_cluster as simulated
import test_servers

SECRET, TOKEN = "s3cret-of-the-registry", "t0ken-of-the-page"


def wait(what, found, seconds=90):
    """Waits until something is so."""
    end = time.time() + seconds
    while time.time() < end:
        value = found()
        if value:
            return value
        time.sleep(0.3)
    return None


class Agent:
    """An agent, and its port."""

    def __init__(self, cluster, origin, more_env, *arguments, port=None, interval="2s", timeout="40s", session=False):
        self.cluster, self.session = cluster, session
        port = port or test_servers.free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.log = cluster.directory / f"agent-{port}.log"
        self.command = [simulated.PROGRAM, "agent", "--repository", str(origin), "--listen", f"127.0.0.1:{port}", "--kube-context", "sim",
                        "--interval", interval, "--timeout", timeout, "--create-namespace", *arguments]
        self.env = {**cluster.env, "CHARTWRIGHT_AGENT_TOKEN": TOKEN, "CHARTWRIGHT_EVENT_SECRET": SECRET, **more_env}
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, env=self.env, stdout=log, stderr=log, start_new_session=self.session)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def ask(self, path, body=None, headers=None):
        request = urllib.request.Request(self.address + path, body, headers or {})
        opener = urllib.request.build_opener(NoRedirects)
        try:
            with opener.open(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def metric(self, name, environment):
        found = re.search(rf'^{name}{{environment="{environment}"}} (\S+)$', self.ask("/metrics")[1], re.MULTILINE)
        return float(found[1]) if found else None


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def git(place, *arguments):
    found = simulated.git(place, *arguments)
    if found.returncode != 0:
        sys.exit(f"git {arguments}: {found.stderr}")
    return found.stdout.strip()
