"""Every page of a site before an accessibility checker in a real browser: wide and narrow, light and dark.

``python -m tests.accessibility SITE AXE.JS`` (see ``docs/accessibility.md``). Development only: pytest does not collect
it, and axe-core is not ours and not in this repository. The site is served on loopback, every other name leads nowhere,
and a request for one is reported. A page of planted faults goes first: a checker that finds none of them says nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from lxml import html

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
WIDTHS = (1280, 320)
THEMES = ("light", "dark")
OURS = "http://127.0.0.1:"
_PARAMETER = re.compile(r'"(url|initiator)":"([^"]*)"')
PATIENCE = 900
"""So many seconds a browser gets for the pages of one theme."""
PLANTED = {
    "color-contrast": '<p style="color:#aaa;background:#fff">grey on white</p>',
    "document-title": "",
    "button-name": "<button></button>",
    "heading-order": "<h2>a</h2><h4>too deep</h4>",
    "html-has-lang": "",
    "image-alt": '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==">',
    "landmark-one-main": "",
    "link-name": '<a href="x.html"></a>',
    "list": "<ul><p>no item</p></ul>",
    "scope-attr-valid": '<table><tr><th scope="nowhere">a</th></tr></table>',
    "svg-img-alt": '<svg role="img" width="9" height="9"><path d="M0,0h9v9h-9Z"/></svg>',
    "target-size": '<a href="a.html" style="font-size:6px">a</a><a href="b.html" style="font-size:6px">b</a>',
    "sideways": '<p style="width:2000px">wide</p>',
}
"""Faults by the rule that must find them; ``sideways`` is a measure of our own: a page wider than the window."""
ELSEWHERE = "http://elsewhere.example/count.gif"
"""What the planted page asks of somebody else: it must be noticed, and reaches nobody."""
HARNESS = """<!doctype html><title>harness</title><body style="margin:0"><script>
const job = %s;
async function loaded(path, width) {
  const frame = document.createElement("iframe");
  frame.style.cssText = `border:0;width:${width}px;height:900px`;
  frame.src = path;
  await new Promise(done => { frame.onload = done; document.body.replaceChildren(frame); });
  return frame;
}
(async () => {
  const found = [];
  for (const width of job.widths) for (const page of job.pages) {
    const report = { page, width, faults: [] };
    try {
      const real = await loaded("/site/" + page, width);
      const sheets = [...real.contentDocument.styleSheets];
      report.styled = sheets.length === 1 && sheets[0].cssRules.length > 20;
      const frame = await loaded("/copy/" + page, width);
      const root = frame.contentDocument.documentElement;
      if (root.scrollWidth > root.clientWidth) {
        const by = [...frame.contentDocument.querySelectorAll("main *")]
          .filter(e => e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest(".wide"));
        report.faults.push({ rule: "sideways", nodes: by.slice(0, 3).map(e => e.outerHTML.slice(0, 90)) });
      }
      const said = await frame.contentWindow.axe.run(
        frame.contentDocument, { runOnly: { type: "tag", values: job.tags }, resultTypes: ["violations"] });
      for (const each of said.violations)
        report.faults.push({ rule: each.id, nodes: each.nodes.slice(0, 4).map(
          n => n.html.slice(0, 120) + " | " + n.failureSummary.split("\\n").slice(1, 3).join(" ")) });
      report.unsure = said.incomplete.flatMap(each => each.nodes.map(n => `${each.id}: ${n.html.slice(0, 60)}`));
      report.version = said.testEngine.version;
    } catch (problem) { report.faults.push({ rule: "harness", nodes: [String(problem)] }); }
    found.push(report);
  }
  await fetch("/report", { method: "POST", body: JSON.stringify(found) });
})();
</script>"""


class _Served(SimpleHTTPRequestHandler):
    """The site, its copies and the harness; what the harness reports is kept."""

    reports: ClassVar[list[list[dict[str, Any]]]] = []

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.reports.append(json.loads(self.rfile.read(length)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Say nothing: what matters is reported."""


def copied(site: Path, folder: Path, axe: Path) -> list[str]:
    """The pages as they are under ``site``, and under ``copy`` with the checker inside and everything unfolded."""
    shutil.copytree(site, folder / "site")
    pages = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    shutil.copyfile(axe, folder / "axe.js")
    shutil.copyfile(site / "stijl.css", folder / "stijl.css")
    for name in pages:
        page = html.fromstring((site / name).read_bytes())
        _open_up(page)
        path = folder / "copy" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(html.tostring(page, doctype="<!doctype html>", encoding="utf-8"))
    for sheet in site.glob("*.css"):
        shutil.copyfile(sheet, folder / "copy" / sheet.name)
    return pages


def _open_up(page: Any) -> None:
    """The same page without the policy that keeps scripts out, with the checker, and with nothing folded away."""
    for policy in page.xpath("//meta[@http-equiv='Content-Security-Policy']"):
        policy.drop_tree()
    for folded in page.iter("details"):
        folded.set("open", "")
    script = html.Element("script", src="/axe.js")
    script.text = ""
    page.find("head").append(script)


def planted(folder: Path) -> None:
    """A page with every planted fault."""
    body = "".join(PLANTED.values()) + f'<img alt="" src="{ELSEWHERE}">'
    for below in ("site", "copy"):
        (folder / below / "planted.html").write_text(
            f'<!doctype html><html><head><script src="/axe.js"></script></head><body>{body}</body></html>',
            encoding="utf-8",
        )


def looked_at(
    folder: Path, job: dict[str, Any], *, theme: str, chromium: str
) -> tuple[list[dict[str, Any]], list[str]]:
    """What the browser reports of these pages in one theme, and what it asked of anybody but us."""
    (folder / "harness.html").write_text(HARNESS % json.dumps(job), encoding="utf-8")
    _Served.reports.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Served, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    log = folder / f"net-{theme}.json"
    browser = subprocess.Popen(
        [
            chromium,
            "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-quic", "--disable-default-apps",
            "--remote-debugging-port=0", "--window-size=1400,1000", f"--user-data-dir={folder / 'profile'}",
            f"--log-net-log={log}", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
            f"--blink-settings=preferredColorScheme={0 if theme == 'dark' else 1}",
            f"http://127.0.0.1:{server.server_port}/harness.html",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    until = time.monotonic() + PATIENCE
    try:
        while not _Served.reports and browser.poll() is None and time.monotonic() < until:
            time.sleep(0.2)
    finally:
        os.killpg(browser.pid, signal.SIGTERM)
        browser.wait(timeout=30)
        server.shutdown()
    if not _Served.reports:
        raise SystemExit(f"{theme}: the browser reported nothing")
    return _Served.reports[0], _foreign(log)


def _foreign(log: Path) -> list[str]:
    """What our pages asked of others, from the browser's own record; what it asks for itself is left out."""
    found = set()
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        asked = dict(_PARAMETER.findall(line))
        url = asked.get("url", "")
        if asked.get("initiator", "").startswith(OURS) and not url.startswith((OURS, "data:", "blob:", "about:")):
            found.add(url)
    return sorted(found)


def say(line: str) -> None:
    """A line of the report."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Check a site and say what was found; 0 when nothing was, and every planted fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", type=Path, help="what `fund statement site --output` made")
    parser.add_argument("axe", type=Path, help="axe.min.js of axe-core")
    parser.add_argument("--chromium", default=shutil.which("chromium") or "chromium")
    given = parser.parse_args()
    faults, unsure, foreign, version = 0, Counter[str](), set[str](), ""
    with tempfile.TemporaryDirectory(prefix="accessibility-") as place:
        folder = Path(place)
        pages = copied(given.site, folder, given.axe)
        planted(folder)
        job = {"pages": ["planted.html"], "widths": [WIDTHS[-1]], "tags": TAGS}
        (report,), asked = looked_at(folder, job, theme="light", chromium=given.chromium)
        missed = sorted(set(PLANTED) - {each["rule"] for each in report["faults"]})
        missed += [] if asked == [ELSEWHERE] else [f"{ELSEWHERE} ({asked})"]
        say(f"planted: {len(PLANTED)} faults and a request; missed: {missed or 'none'}")
        for theme in THEMES:
            job = {"pages": pages, "widths": WIDTHS, "tags": TAGS}
            reports, asked = looked_at(folder, job, theme=theme, chromium=given.chromium)
            foreign.update(asked)
            for report in reports:
                version = report.get("version", version)
                unsure.update(report.get("unsure", ()))
                for fault in report["faults"]:
                    faults += 1
                    say(f"{report['page']} {report['width']} {theme}: {fault['rule']}")
                    for node in fault["nodes"]:
                        say(f"    {node}")
                if not report.get("styled"):
                    faults += 1
                    say(f"{report['page']} {report['width']} {theme}: the style sheet did not arrive")
            say(f"{theme}: {len(reports)} pages looked at ({', '.join(map(str, WIDTHS))} px)")
    judge = Counter(each.partition(":")[0] for each in unsure.elements())
    say(f"axe-core {version}: {faults} faults; for a person to judge: {dict(judge) or 'nothing'}")
    say(f"requests to others: {sorted(foreign) or 'none'}")
    return 1 if faults or missed or foreign else 0


if __name__ == "__main__":
    sys.exit(main())
