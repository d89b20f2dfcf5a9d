"""The page in a real browser: drawn whole, within its width, and asking nobody for anything."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTHS = (1280, 400)

# Measures the page once everything is loaded, folded parts and pictures far below included.
PROBE = """<script>
const refused = [];
document.addEventListener("securitypolicyviolation", (event) => refused.push(event.blockedURI));
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  document.querySelectorAll("img").forEach((one) => { one.loading = "eager"; });
});
addEventListener("load", () => {
  const root = document.documentElement, all = (words) => [...document.querySelectorAll(words)];
  const side = (one) => { const box = one.getBoundingClientRect(); return Math.min(box.width, box.height); };
  const measured = {
    width: innerWidth,
    overflow: root.scrollWidth - root.clientWidth,
    widest: all("main *").filter((one) => !one.closest(".scroll, svg"))
      .filter((one) => one.getBoundingClientRect().right > root.clientWidth)
      .slice(0, 5).map((one) => `${one.tagName} ${one.className} ${one.textContent.slice(0, 40)}`),
    figures: all("figure > svg").map(side),
    pictures: all("img").map((one) => Math.min(one.naturalWidth, side(one))),
    asked: [...new Set([...refused, ...performance.getEntriesByType("resource").map((one) => one.name)])]
      .filter((name) => !name.startsWith("data:")),
  };
  parent.postMessage(JSON.stringify(measured), "*");
});
</script>"""

# A window is never narrower than 500 pixels, a frame is as narrow as a telephone.
FRAME = """<!doctype html><meta charset="utf-8"><body style="margin: 0"><pre id="measured" hidden></pre><script>
addEventListener("message", (event) => { document.getElementById("measured").textContent = event.data; });
</script><iframe src="page.html" style="border: 0; display: block; width: WIDTHpx; height: 1000px"></iframe>"""


@dataclass(frozen=True)
class Seen:
    """What a browser made of a page."""

    measured: dict[str, Any]
    screen: Path

    @property
    def pixels(self) -> np.ndarray:
        with Image.open(self.screen) as opened:
            return np.asarray(opened.convert("L"))[:, : self.measured["width"]]


@pytest.fixture(scope="session")
def browser() -> str:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser on this machine ({', '.join(BROWSERS)})")
    return found


def look(browser: str, page: Path, folder: Path, width: int, planted: str = "") -> Seen:
    """Open a copy of the page that measures itself, with something planted at the end of it if asked for."""
    text = page.read_text(encoding="utf-8")
    assert text.count("<body>") == text.count("</main>") == 1
    text = text.replace("<body>", "<body>" + PROBE).replace("</main>", planted + "</main>")
    (folder / "page.html").write_text(text, encoding="utf-8")
    frame, screen = folder / "frame.html", folder / "screen.png"
    frame.write_text(FRAME.replace("WIDTH", str(width)), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"]
    options += [f"--user-data-dir={folder / 'profile'}", "--host-resolver-rules=MAP * ~NOTFOUND"]
    options += [
        f"--window-size={max(width, 500)},1000",
        "--dump-dom",
        f"--screenshot={screen}",
        "--virtual-time-budget=5000",
    ]
    done = subprocess.run([browser, *options, frame.as_uri()], capture_output=True, timeout=120, check=True)
    written = re.search('<pre id="measured" hidden="">(.+?)</pre>', done.stdout.decode("utf-8"), re.DOTALL)
    assert written, done.stderr.decode("utf-8")[-2000:]
    return Seen(json.loads(html.unescape(written[1])), screen)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("report", ["english_report", "chinese_report"])
def test_the_page_is_drawn_whole_within_its_width_and_asks_nobody(
    report: str, width: int, browser: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    page = request.getfixturevalue(report)
    seen = look(browser, page, tmp_path, width)
    assert seen.measured["width"] == width
    assert seen.measured["overflow"] <= 0, seen.measured["widest"]
    assert seen.measured["asked"] == []
    assert len(seen.measured["figures"]) == len(list((page.parent / "figures").glob("*.svg")))
    assert min(seen.measured["figures"]) > 80
    assert len(seen.measured["pictures"]) > 10
    assert min(seen.measured["pictures"]) > 20
    # Ink on paper: most of a page is white, a blank one wholly.
    assert 0.01 < (seen.pixels < 128).mean() < 0.5


def test_what_the_measurements_are_for_is_seen_when_it_is_there(
    english_report: Path, browser: str, tmp_path: Path
) -> None:
    planted = '<div style="width: 3000px">wide</div><img src="http://example.org/a.png">'
    planted += '<figure><svg style="display: none"></svg></figure>'
    measured = look(browser, english_report, tmp_path, 1280, planted).measured
    assert measured["overflow"] > 1000
    assert any("wide" in one for one in measured["widest"])
    assert measured["asked"] == ["http://example.org/a.png"]
    assert min(measured["figures"]) == min(measured["pictures"]) == 0
