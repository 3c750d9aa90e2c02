#!/usr/bin/env python3
"""agent_page.py PROGRAM HELM SIMULATION DIRECTORY [CHROMIUM]: the page of the agent in headless Chromium, with what an agent has after a day of work:
an environment whose upgrade was rolled back, one that waits for approval, one with drift, one whose chart says hostile words.

The page loads nothing else, is no wider than a phone, has enough contrast in light and dark, and works without scripts. Its buttons do nothing without the
token, and what they say with it. Screenshots are written to DIRECTORY. Without CHROMIUM the browser of Playwright is used."""
import os
import pathlib
import re
import sys
import time
import urllib.parse

SHOTS, CHROMIUM = pathlib.Path(sys.argv[4]), sys.argv[5] if len(sys.argv) > 5 else None
# The modules below have arguments of their own.
del sys.argv[4:]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import simulated_cluster as simulated
import delivery_chain
from playwright.sync_api import sync_playwright

check, wait, TOKEN = simulated.check, delivery_chain.wait, delivery_chain.TOKEN
SIZES = {"phone": (390, 844), "desk": (1280, 900)}
HOSTILE = "</pre></script><script>alert(1)</script><img src=x onerror=alert(1)>\"'"
FAILING = "{{ with .Values.hostile }}{{ fail . }}{{ end }}\n"

# Texts with less contrast than WCAG asks of texts of this size (4.5 : 1), and what they say.
CONTRAST = """() => {
  const parse = text => { const n = text.match(/[\\d.]+/g).map(Number); return text.startsWith('color(') ? [n[0] * 255, n[1] * 255, n[2] * 255, n[3] ?? 1] : [n[0], n[1], n[2], n[3] ?? 1]; };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => { for (let e = element; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] === 1) return c; } return [255, 255, 255, 1]; };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; node = walker.nextNode();) {
    if (!node.textContent.trim() || !node.parentElement.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(node.parentElement).color)), light(behind(node.parentElement))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) bad.push(`${ratio.toFixed(2)} ${node.textContent.trim().slice(0, 60)}`);
  }
  return bad;
}"""


def parts():
    """Five environments: a name with its policy and releases each."""
    manual = lambda text: text.replace("  releases:", "  policy: manual\n  releases:")
    listed = [simulated.environment(name, name, releases) for name, releases in (("testing", "web worker"), ("staging", "web"), ("hostile", "web"), ("idle", "web"))]
    return [*listed[:2], manual(simulated.environment("production", "production", "web worker")), *listed[2:]]


def values(tag, more=""):
    return f"image:\n  repository: registry.example.com/shop/storefront/web\n  tag: \"{tag}\"\n{more}"


class Work:
    """A cluster, a repository, and an agent that keeps it."""

    def __init__(self):
        self.cluster = simulated.Cluster()
        self.origin = self.cluster.directory / "origin.git"
        simulated.run("git", "init", "--quiet", "--bare", "--initial-branch=main", self.origin, env=self.cluster.env)
        names = ("testing", "staging", "production", "hostile", "idle")
        files = {"environments.yaml": simulated.environments(*parts()), "web/templates/fail.yaml": FAILING}
        self.repository = self.cluster.repository("work", {**files, **{f"values-{name}.yaml": values("1.4.0") for name in names}})
        delivery_chain.git(self.repository.place, "branch", "--move", "main")
        self.push()
        self.agent = delivery_chain.Agent(self.cluster, self.origin, {}, "--drift-interval", "3s", "--skip-tests")

    def push(self, **changed):
        if changed:
            delivery_chain.git(self.repository.place, "pull", "--quiet", "--rebase", str(self.origin), "main")
            self.repository.write({f"values-{name}.yaml": text for name, text in changed.items()})
        delivery_chain.git(self.repository.place, "push", "--quiet", str(self.origin), "main")

    def down(self):
        self.agent.kill()
        self.cluster.down()

    def image(self, namespace, name="web"):
        found = self.cluster.get("deployment", name, "-n", namespace)
        return found["spec"]["template"]["spec"]["containers"][0]["image"].rsplit(":", 1)[1] if found else None

    def section(self, name):
        found = re.search(rf'<h2 id="{name}">.*?(?=<h2|</main>)', self.agent.ask("/")[1], re.S)
        return found[0] if found else ""

    def fill(self):
        """What happens in a day."""
        says = lambda name, words: wait(name, lambda: words in self.section(name), 120)
        check(says("production", "waits for approval"), "page: production waits for approval", self.agent.log.read_text())
        self.approve()
        for name in ("testing", "staging", "hostile", "idle", "production"):
            check(says(name, "the cluster has what the files say"), f"page: {name} is applied", self.section(name))
        self.push(testing=values("crash-2"), production=values("1.5.0"), hostile=values("1.4.0", f"hostile: {repr_yaml(HOSTILE)}\n"))
        check(says("testing", "CrashLoopBackOff"), "page: testing fails", self.section("testing"))
        head = delivery_chain.git(self.repository.place, "rev-parse", "HEAD")
        check(says("staging", f"commit {head[:10]} is applied"), "page: staging is applied again", self.section("staging"))
        self.cluster.kubectl("set", "image", "deployment/web", "web=registry.example.com/shop/storefront/web:hotfix", "-n", "staging")
        self.cluster.kubectl("delete", "configmap", "web", "-n", "staging")
        check(says("staging", "does not have what the files say"), "page: staging has drift", self.section("staging"))
        check(says("production", "waits for approval"), "page: production waits for approval again", self.section("production"))
        wait("hostile", lambda: ">applied<" not in self.section("hostile"), 30)
        check(self.image("testing") == "1.4.0" and self.image("production") == "1.4.0", "page: both run what they ran before")

    def approve(self):
        commit = delivery_chain.git(self.repository.place, "rev-parse", "HEAD")
        body = urllib.parse.urlencode({"environment": "production", "who": "Ada", "token": TOKEN, "commit": commit})
        check(self.agent.ask("/approve", body.encode())[0] == 303, "page: approved")


def repr_yaml(text):
    return "'" + text.replace("'", "''") + "'"


def look(browser, agent, title, open_details=True):
    """The page in every size and colour, with and without scripts."""
    backgrounds = set()
    for scheme in ("light", "dark"):
        for size, (width, height) in SIZES.items():
            for scripts in (True, False):
                context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, java_script_enabled=scripts)
                page = context.new_page()
                complaints, requests = [], []
                page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
                page.on("pageerror", lambda error: complaints.append(str(error)))
                page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
                page.on("request", lambda request: requests.append(request.url))
                page.goto(agent.address + "/")
                where = f"{title}, {size}, {scheme}, {'with' if scripts else 'without'} scripts"
                if open_details:
                    for summary in page.locator("details > summary").all():
                        summary.click()
                # A browser asks for its icon by itself.
                foreign = [url for url in requests if url not in (agent.address + "/", agent.address + "/favicon.ico")]
                complaints = [one for one in complaints if "favicon" not in one and "404" not in one]
                good = not complaints and not foreign
                check(good, f"page: {where}: it loads itself only, and nothing is complained of", [complaints, foreign])
                if scripts:
                    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
                    check(wide[0] <= wide[1], f"page: {where}: not wider than the screen", wide)
                    pale = page.evaluate(CONTRAST)
                    check(not pale, f"page: {where}: enough contrast", pale)
                    check(page.locator("script, img, iframe, object").count() == 0, f"page: {where}: nothing of the cluster is markup")
                    backgrounds.add((scheme, page.evaluate("getComputedStyle(document.body).backgroundColor")))
                page.screenshot(path=SHOTS / f"{title}-{size}-{scheme}{'' if scripts else '-no-scripts'}.png", full_page=True)
                context.close()
    check(len({colour for _, colour in backgrounds}) == 2, f"page: {title}: light and dark differ", backgrounds)


def send(page, name, label, token, **fields):
    """Fills in a form of an environment and sends it; the status and the words of the answer."""
    form = page.locator(f"form:has(input[name=environment][value={name}])").filter(has=page.locator("button", has_text=label)).first
    details = form.locator("xpath=ancestor::details")
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    for field, value in fields.items():
        box = form.locator(f"[name={field}]")
        (box.select_option if box.evaluate("e => e.tagName") == "SELECT" else box.fill)(value)
    form.locator("input[name=token]").fill(token)
    answers = []
    page.on("response", lambda response: answers.append((response.request.method, response.status)))
    form.get_by_role("button", name=label).click()
    page.wait_for_load_state()
    status = next((status for method, status in answers if method == "POST"), None)
    return status, page.locator("body").inner_text()


def buttons(browser, work):
    """Nothing without the token, and with it what the button says."""
    agent, page = work.agent, browser.new_page(viewport={"width": 390, "height": 844})
    for path, fields in (("/approve", {"who": "Eve", "commit": "x"}), ("/rollback", {"release": "web"}), ("/promote", {"to": "staging"})):
        for token in ({}, {"token": "wrong"}):
            status, words = agent.ask(path, urllib.parse.urlencode({"environment": "production", **fields, **token}).encode())
            check(status == 401 and "token is missing or wrong" in words, f"page: {path} with {token or 'no token'} is refused", (status, words))
    page.goto(agent.address + "/")
    status, words = send(page, "production", "Approve", "wrong", who="Eve")
    check(status == 401 and "token is missing or wrong" in words, "page: the button refuses a wrong token, and says so", (status, words))
    page.screenshot(path=SHOTS / "refused-phone-light.png")
    check(work.image("production") == "1.4.0", "page: production is as before")
    page.goto(agent.address + "/")
    check(page.locator("form[action=approve] input[name=token]").first.get_attribute("required") is not None, "page: the browser asks for the token")
    status, words = send(page, "production", "Approve", TOKEN, who="Grace")
    check(status == 303 and "production" in words, "page: approving leads back to the page", (status, words))
    check(wait("approved", lambda: work.image("production") == "1.5.0", 60), "page: what was approved is applied", agent.log.read_text())
    recorded = simulated.records(work.cluster, "production", "production")
    check(recorded[-1]["approved"].startswith("Grace"), "page: who approved is recorded", recorded[-1])
    wait("settled", lambda: "applied" in work.section("production"), 30)
    page.goto(agent.address + "/")
    status, _ = send(page, "production", "Roll back", TOKEN, release="web")
    check(status == 303 and wait("back", lambda: work.image("production") == "1.4.0", 60), "page: a release is rolled back", agent.log.read_text())
    drifted = wait("drift", lambda: "does not have what the files say" in work.section("production"), 30)
    check(drifted, "page: it says that the files are ahead", work.section("production"))
    work.push(testing=values("1.6.0"))
    check(wait("testing", lambda: work.image("testing") == "1.6.0", 60), "page: the next commit brings testing on", agent.log.read_text())
    wait("settled", lambda: "the cluster has what the files say" in work.section("testing"), 30)
    page.goto(agent.address + "/")
    status, _ = send(page, "testing", "Promote", TOKEN, to="idle")
    check(status == 303 and wait("promoted", lambda: work.image("idle") == "1.6.0", 60), "page: versions are promoted", agent.log.read_text())
    page.close()


def without_token(browser, work):
    """Without a token the page has no form, and says so."""
    work.agent.kill()
    work.agent.env.pop("CHARTWRIGHT_AGENT_TOKEN")
    work.agent.start()
    wait("ready", lambda: work.agent.ask("/readyz")[0] == 200)
    page = browser.new_page()
    page.goto(work.agent.address + "/")
    check(page.locator("form").count() == 0, "page: without a token there are no forms")
    status, words = work.agent.ask("/sync", b"")
    check(status == 403 and "no token is set" in words, "page: without a token nothing is accepted", (status, words))
    page.close()


def main():
    started = time.time()
    SHOTS.mkdir(parents=True, exist_ok=True)
    work = Work()
    try:
        with sync_playwright() as playwright:
            options = {"executable_path": CHROMIUM} if CHROMIUM else {}
            # Root has no sandbox.
            browser = playwright.chromium.launch(args=["--no-sandbox"] if os.geteuid() == 0 else [], **options)
            wait("port", lambda: work.agent.ask("/healthz")[0] == 200)
            work.fill()
            page = work.agent.ask("/")[1]
            check(HOSTILE not in page and "<script" not in page, "page: nothing from a chart is markup")
            look(browser, work.agent, "agent")
            look(browser, work.agent, "agent-closed", open_details=False)
            buttons(browser, work)
            look(browser, work.agent, "agent-later", open_details=False)
            without_token(browser, work)
            browser.close()
    finally:
        work.down()
    print(f"agent page: {time.time() - started:.0f} s", flush=True)
    simulated.ended()


if __name__ == "__main__":
    main()
