#!/usr/bin/env python3
"""Reports that people read in a browser, looked at in headless Chromium: the HTML report of `ci` and of `lint`, the pages of `diff` and
`coverage`, and the Markdown of the step summary through a Markdown renderer. The report of `ci` is that of a branch: what changes, the images of
environments, and what of the templates is reached.

Usage: html_report.py BINARY DIRECTORY [CHROMIUM]
Screenshots are written to DIRECTORY. Without CHROMIUM the browser of Playwright is used."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from markdown_it import MarkdownIt
from playwright.sync_api import sync_playwright

BINARY, SHOTS = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
CHROMIUM = sys.argv[3] if len(sys.argv) > 3 else None
# A phone and a desk.
SIZES = {"phone": (390, 844), "desk": (1280, 900)}
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>|`\"' [a](javascript:alert(1)) @acme **b** ::error::x"
CHART = "apiVersion: v2\nname: {name}\nversion: 1.2.0\nicon: https://example.org/i.png\nmaintainers: [{{name: me}}]\n"
SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  ports:
  - port: {{ .Values.port }}
    nmae: web
"""
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      containers:
      - name: main
        image: example.org/main:latest
        resource: {}
"""
# Lines in all states: reached, with a way that is never taken, never run, and unreachable for each reason.
COVERED = """{{- if .Values.enabled }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "covered.name" . }}
data:
  {{- range .Values.hosts }}
  {{ . }}: "a line that is never reached, and that is long enough to be broken on the screen of a phone and also on a desk: 0123456789 0123456789"
  {{- end }}
  password: hunter-two-2
  hostile: HOSTILE
  note: {{ .Values.note | default "none" | quote }}
  {{- if false }}
  never: x
  {{- end }}
  {{- if semverCompare "<1.10-0" .Capabilities.KubeVersion.Version }}
  old: x
  {{- end }}
{{- end }}
"""
COVERED_HELPERS = """{{- define "covered.name" -}}
{{ .Release.Name }}
{{- end }}
{{- define "covered.unused" -}}
unused
{{- end }}
"""
results = []


def check(title, holds, output=""):
    results.append(bool(holds))
    if not holds:
        print(f"{title}\n{output}".strip())


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def make_charts(root):
    """Charts that are well, that have warnings, that fail, and one whose names and texts are hostile."""
    for name in ["api", "auth", "billing", "cache", "docs", "gateway", "mail", "queue", "search", "worker"]:
        write(root / f"charts/{name}/Chart.yaml", CHART.format(name=name))
        write(root / f"charts/{name}/values.yaml", "port: 80\n")
        write(root / f"charts/{name}/templates/service.yaml", SERVICE.replace("    nmae: web\n", ""))
    write(root / "charts/billing/values-production.yaml", "port: 70000\n")
    write(root / "charts/billing/templates/service.yaml", SERVICE)
    write(root / "charts/worker/templates/deployment.yaml", DEPLOYMENT)
    write(root / "charts/hostile/Chart.yaml", CHART.format(name="hostile"))
    write(root / "charts/hostile/values.yaml", f"text: |-\n  {HOSTILE}\n")
    write(root / "charts/hostile/templates/a|b`<i>c.yaml", "kind: Service\napiVersion: v1\nmetadata: {name: {{ .Values.text | quote }}}\nspec: {ports: [{port: 0}]}\n")
    write(root / "charts/hostile/templates/fail.yaml", "{{ if .Values.fails }}{{ fail .Values.text }}{{ end }}\n")
    write(root / "charts/hostile/values-fails.yaml", "fails: true\n")
    # Two hundred findings.
    write(root / "large/Chart.yaml", CHART.format(name="large"))
    for number in range(100):
        write(root / f"large/templates/service-{number:03}.yaml", SERVICE.replace("{{ .Values.port }}", str(70000 + number)))


def make_covered(root):
    """A chart with templates that are reached in part, as a whole and not at all."""
    chart = root / "charts/covered"
    write(chart / "Chart.yaml", CHART.format(name="covered"))
    write(chart / "values.yaml", "enabled: true\nhosts: []\nnote: ''\nunread: {a: 1, password: hunter-two-2}\n")
    write(chart / "templates/a|b`<i>c.yaml", COVERED.replace("HOSTILE", "'" + HOSTILE.replace("'", "''").replace("|", "").replace("`", "") + "'"))
    write(chart / "templates/_helpers.tpl", COVERED_HELPERS)
    write(chart / "templates/whole.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: whole\n")
    write(chart / "templates/missed.yaml", "{{- if .Values.unread.b }}\n# missed\n{{- end }}\n")


def make_change(root):
    """A commit, and what differs from it: an image in one environment, an object that is removed, a chart that is new and hostile."""
    environments = ["dev", "staging", "production"]
    entries = [f"- {{name: {name}, chart: charts/gateway, values: [values-{name}.yaml]}}\n" for name in environments]
    write(root / "chartwright.yaml", "charts: [charts]\nenvironments:\n" + "".join(entries))
    gateway = root / "charts/gateway"
    for name, tag in zip(environments, ["2.8.1", "2.8.0", "2.7.4"]):
        write(gateway / f"values-{name}.yaml", f"tag: {tag}\n")
    write(gateway / "values.yaml", "port: 80\ntag: 2.8.1\npassword: hunter-two-2\n")
    images = ["registry.example.org/platform/gateway:{{ .Values.tag }}", "registry.example.org/platform/a-rather-long-name-of-a-sidecar:1.0"]
    containers = "".join(f"      - name: c{number}\n        image: {image}\n" for number, image in enumerate(images))
    pods = DEPLOYMENT.replace("      - name: main\n        image: example.org/main:latest\n        resource: {}\n", containers)
    write(gateway / "templates/deployment.yaml", pods)
    write(gateway / "templates/config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: old}\ndata: {a: b}\n")
    write(gateway / "templates/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: {{ .Values.password }}}\n")
    git = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-C", str(root)]
    for arguments in [["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "Start"]]:
        subprocess.run([*git, *arguments], check=True)
    write(gateway / "values-production.yaml", "tag: 2.8.0\n")
    write(gateway / "values.yaml", "port: 8081\ntag: 2.8.1\npassword: hunter-three-3\n")
    (gateway / "templates/config.yaml").unlink()
    version = gateway / "Chart.yaml"
    write(version, version.read_text(encoding="utf-8").replace("1.2.0", "1.3.0"))
    # Those that are not committed are new.
    for name in ["hostile", "billing", "worker"]:
        write(root / f"charts/{name}/NOTES.md", "Changed.\n")
    write(root / "charts/hostile/templates/map.yaml", "kind: ConfigMap\napiVersion: v1\nmetadata: {name: map}\ndata: {text: {{ .Values.text | quote }}}\n")


def run(root, arguments, **variables):
    done = subprocess.run([BINARY, *arguments], cwd=root, env={**os.environ, **variables}, capture_output=True, text=True, check=False)
    check(f"{arguments} ended with {done.returncode}", done.returncode in (0, 1), done.stderr)
    return done


def look(browser, title, page_file, visible):
    """Opens a page in every size and colour, and writes a screenshot of each."""
    backgrounds = set()
    for scheme in ["light", "dark"]:
        for size, (width, height) in SIZES.items():
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            page = context.new_page()
            complaints, requests = [], []
            page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
            page.on("request", lambda request: requests.append(request.url))
            page.goto(page_file.as_uri())
            where = f"{title}, {size}, {scheme}"
            check(f"{where}: the console is not empty", not complaints, "\n".join(complaints))
            check(f"{where}: it loads more than itself", len(requests) == 1, "\n".join(requests))
            wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
            check(f"{where}: wider than the screen: {wide}", wide[0] <= wide[1])
            check(f"{where}: it has a script, an image or a frame", page.locator("script, img, iframe, object, form").count() == 0)
            for text in visible:
                check(f"{where}: {text!r} is not visible", page.get_by_text(text).first.is_visible())
            backgrounds.add((scheme, page.evaluate("getComputedStyle(document.body).backgroundColor")))
            # The whole of a page with hundreds of findings is too large for a picture.
            page.set_viewport_size({"width": width, "height": 2400})
            page.screenshot(path=SHOTS / f"{title}-{size}-{scheme}.png")
            context.close()
    check(f"{title}: light and dark have the same background", len({colour for _, colour in backgrounds}) == 2, str(backgrounds))


def shows_changes_and_images(browser, page_file):
    """Both sections are there, without the secret; switching findings off hides no change; a wide table is scrolled in its own box."""
    text = page_file.read_text(encoding="utf-8")
    check("a secret is on the page", "hunter" not in text)
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(page_file.as_uri())
    for anchor in ["#changes", "#images"]:
        check(f"{anchor} is not linked", page.locator(f"a[href='{anchor}']").count() == 1)
    for switch in page.locator(".filter input").all():
        switch.uncheck()
    for shown in ["image-changed", "object-removed", "ConfigMap old", "registry.example.org/platform/gateway"]:
        check(f"{shown!r} is not visible", page.get_by_text(shown).first.is_visible())
    marked = page.locator("td.differs").all_inner_texts()
    check(f"these cells are marked: {marked}", "2.8.0" in marked)
    for scheme in ["light", "dark"]:
        page.emulate_media(color_scheme=scheme)
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            for anchor in ["changes", "images"]:
                page.locator(f"#{anchor}").scroll_into_view_if_needed()
                page.evaluate("name => document.getElementById(name).scrollIntoView()", anchor)
                page.screenshot(path=SHOTS / f"ci-{anchor}-{size}-{scheme}.png")
    page.close()


# The least contrast between the colour of a text and what is behind it, for all cells of the tables of lines.
CONTRAST = """() => {
  const parts = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(part => part / 255).map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const own = parts(getComputedStyle(at).backgroundColor);
      if (own.length === 3 || own[3] === 1) return own;
    }
    return [255, 255, 255];
  };
  let least = [21, ""];
  for (const cell of document.querySelectorAll(".source th, .source td, .source mark, .legend span, .where, .severity")) {
    if (!cell.textContent.trim()) continue;
    const [one, other] = [light(parts(getComputedStyle(cell).color)), light(behind(cell))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < least[0]) least = [contrast, cell.outerHTML.slice(0, 200)];
  }
  return least;
}"""


def shows_lines(browser, title, page_file):
    """The lines of templates: folded until a link or a key opens them, in words as well as colours, without a script."""
    text = page_file.read_text(encoding="utf-8")
    check(f"{title}: a secret is on the page", "hunter" not in text)
    context = browser.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=False)
    page = context.new_page()
    page.goto(page_file.as_uri())
    chart = page.locator("details.chart").filter(has_text="charts/covered").first
    check(f"{title}: lines are visible before anything is opened", page.locator("table.source:visible").count() == 0)
    if not chart.locator("table").first.is_visible():
        page.get_by_role("link", name="charts/covered", exact=True).first.click()
        check(f"{title}: the link to a chart does not open it", chart.locator("table").first.is_visible())
    # A link in the table opens the template.
    chart.get_by_role("link", name="templates/a|b`<i>c.yaml").click()
    name = chart.locator("summary", has_text="templates/a|b`<i>c.yaml")
    view = name.locator("xpath=..").locator("table.source")
    check(f"{title}: the link to a template does not open it", view.is_visible())
    check(f"{title}: its name is not on the screen", name.bounding_box()["y"] >= 0 and name.bounding_box()["y"] < 900, str(name.bounding_box()))
    rows = [row.inner_text().split("\t") for row in view.locator("tr").all()]
    lines = {row[0]: row[1] for row in rows if row[0].strip().isdigit()}
    check(f"{title}: these are the counts: {lines}", [lines[line] for line in ["1", "2", "8", "9", "14", "17"]] == ["1 ◐", "1", "0", "", "–", "–"])
    words = view.inner_text()
    for part in ["`if` never takes the branch `false`", "`default` never takes the branch `given`", "`range` never takes the branch `true`", "a condition of constants alone", "it is for versions of Kubernetes"]:
        check(f"{title}: {part!r} is not said", part in words, words)
    check(f"{title}: markup of a chart is shown as it is written", "</script><script>alert(1)</script>" in words, words)
    marks = view.locator("mark").all_inner_texts()
    check(f"{title}: these decisions are marked: {marks}", marks == [".Values.enabled", ".Values.hosts", "default"])
    helpers = chart.locator("summary", has_text="templates/_helpers.tpl").locator("xpath=..")
    helpers.locator("summary").focus()
    page.keyboard.press("Enter")
    check(f"{title}: a key does not open a template", helpers.locator("table.source").is_visible())
    check(f"{title}: an unused definition is not named", "no template includes it" in helpers.inner_text(), helpers.inner_text())
    chart.locator("tr", has_text="templates/missed.yaml").get_by_role("link", name="2", exact=True).click()
    line = chart.locator("tr:target")
    box = line.bounding_box() if line.count() == 1 else None
    check(f"{title}: the link to a line does not lead there", box and 0 <= box["y"] <= 880 and "# missed" in line.inner_text(), str(box))
    context.close()
    page = browser.new_page()
    page.goto(page_file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = one.classList.contains('item') ? one.closest('.chart') !== null : true })")
    for scheme in ["light", "dark"]:
        page.emulate_media(color_scheme=scheme)
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            where = f"{title}, lines, {size}, {scheme}"
            wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
            check(f"{where}: wider than the screen: {wide}", wide[0] <= wide[1])
            cut = page.evaluate("[...document.querySelectorAll('.source td, .source th')].filter(cell => cell.scrollWidth > cell.clientWidth + 1).length")
            check(f"{where}: {cut} cells are cut", cut == 0)
            least, cell = page.evaluate(CONTRAST)
            check(f"{where}: a contrast of {least:.2f}: {cell}", least >= 4.5)
            page.evaluate("[...document.querySelectorAll('details.chart')].find(one => one.textContent.includes('charts/covered')).scrollIntoView()")
            page.screenshot(path=SHOTS / f"{title}-lines-{size}-{scheme}.png")
    # Colours are not all that tells lines apart: those of a high contrast have none.
    page.emulate_media(forced_colors="active")
    page.screenshot(path=SHOTS / f"{title}-lines-forced-colours.png")
    page.close()


def hides_by_severity(browser, page_file):
    """The switches work without a script."""
    page = browser.new_page()
    page.goto(page_file.as_uri())
    errors = page.locator("details.error")
    check("no error is visible", errors.first.is_visible())
    page.locator("#show-error").uncheck()
    check("errors are visible after they are switched off", not errors.first.is_visible())
    page.close()


def look_at_summary(browser, root, name):
    """A summary as a Markdown renderer shows it: rows with all their cells, and no markup from names and messages."""
    text = (root / name).read_text(encoding="utf-8")
    # As GitHub: tables, and HTML as it is.
    body = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)
    style = "body{font:15px/1.5 sans-serif;margin:1rem;overflow-wrap:anywhere}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.3rem .6rem;text-align:left}"
    page_file = root / f"{name}.html"
    page_file.write_text(f"<!doctype html><meta charset=utf-8><style>{style}</style>{body}", encoding="utf-8")
    page = browser.new_page(viewport={"width": 1000, "height": 1400})
    page.on("dialog", lambda dialog: (check(f"{name}: a script ran", False), dialog.dismiss()))
    page.goto(page_file.as_uri())
    cells = page.evaluate("[...document.querySelectorAll('table')].map(t => [...t.rows].map(r => r.cells.length))")
    check(f"{name}: rows with other numbers of cells: {cells}", (cells or name != "ci.md") and all(len(set(rows)) == 1 for rows in cells))
    check(f"{name}: it has a script, an image, bold text in a table or a link of the chart", page.locator("script, img, td strong, td em, td del, a[href^=javascript]").count() == 0)
    for line in page.locator("p").all_inner_texts():
        check(f"{name}: a table was broken: {line}", not line.startswith("|"))
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    shown = page.locator("body").inner_text()
    for part in [HOSTILE, "must be between 1 and 65535", "charts/billing"] if name == "ci.md" else ["Service", "8080"]:
        check(f"{name}: {part!r} is not shown", part in shown, shown)
    page.screenshot(path=SHOTS / f"{name}.png")
    page.close()


def main():
    SHOTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        root = pathlib.Path(directory)
        make_charts(root)
        make_covered(root)
        make_change(root)
        actions = {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(root / "output")}
        run(root, ["ci", ".", "--config", "chartwright.yaml", "--since", "HEAD", "--no-push", "--coverage", "--report", "html=ci.html"], GITHUB_STEP_SUMMARY=str(root / "ci.md"), **actions)
        run(root, ["lint", "large", "--report", "html=large.html"])
        run(root, ["ci", ".", "--config", "chartwright.yaml", "--no-push", "--coverage", "--report", "html=lines.html"])
        run(root, ["coverage", "charts/covered", "--report", "html=coverage.html"])
        other = root / "other/billing"
        shutil.copytree(root / "charts/billing", other)
        write(other / "values.yaml", "port: 8080\n")
        (other / "values-production.yaml").unlink()
        (root / "charts/billing/values-production.yaml").unlink()
        page = run(root, ["diff", "charts/billing", "other/billing", "--output", "html"], GITHUB_STEP_SUMMARY=str(root / "diff.md"), **actions)
        write(root / "diff.html", page.stdout)
        options = {"executable_path": CHROMIUM} if CHROMIUM else {}
        # Root has no sandbox.
        browser = playwright.chromium.launch(args=["--no-sandbox"] if os.geteuid() == 0 else [], **options)
        look(browser, "ci", root / "ci.html", ["charts failed", "must be between 1 and 65535", "Rendered changes", "Images", "charts/billing/templates/service.yaml", "{{ .Values.port }}"])
        look(browser, "coverage", root / "coverage.html", ["charts/covered:", "of the lines and branches are reached", "templates/whole.yaml", "values.yaml"])
        look(browser, "large", root / "large.html", ["1 of 1 chart failed", "large/templates/service-000.yaml"])
        look(browser, "diff", root / "diff.html", ["Service release-name", "8080"])
        look_at_summary(browser, root, "ci.md")
        look_at_summary(browser, root, "diff.md")
        hides_by_severity(browser, root / "ci.html")
        shows_changes_and_images(browser, root / "ci.html")
        shows_lines(browser, "coverage", root / "coverage.html")
        shows_lines(browser, "ci", root / "lines.html")
        browser.close()
    bad = results.count(False)
    print(f"{len(results) - bad} passed, {bad} failed")
    return 1 if bad else 0


sys.exit(main())
