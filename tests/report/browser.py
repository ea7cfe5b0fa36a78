"""A real browser that lays a page out and tells what stands where it must not."""

import json
import re
import subprocess
from html import unescape
from pathlib import Path

from tests.evidence.capture.frames import program

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--no-first-run",
    "--dump-dom",
)
MEASURE = """
const told = [];
const inside = (inner, outer) => inner.x >= outer.x - 1 && inner.y >= outer.y - 1 &&
  inner.x + inner.width <= outer.x + outer.width + 1 &&
  inner.y + inner.height <= outer.y + outer.height + 1;
const apart = (one, other) => one.x + one.width <= other.x || other.x + other.width <= one.x ||
  one.y + one.height <= other.y || other.y + other.height <= one.y;
document.querySelectorAll('svg').forEach((svg) => {
  const page = svg.viewBox.baseVal;
  const boxes = [...svg.querySelectorAll('rect')].map((rect) => rect.getBBox());
  boxes.forEach((box, number) => boxes.slice(number + 1).forEach((other) => {
    if (!apart(box, other)) told.push('two boxes overlap');
  }));
  svg.querySelectorAll('text').forEach((text) => {
    const rect = text.parentNode.querySelector(':scope > rect');
    const room = rect ? rect.getBBox() : page;
    const own = text.getBBox();
    if (!inside(own, room)) told.push('outside: ' + text.textContent);
    if (!rect && boxes.some((box) => !apart(own, box))) told.push('on a box: ' + text.textContent);
  });
});
document.body.innerHTML = '<pre id="told"></pre>';
document.getElementById('told').textContent = JSON.stringify(told);
"""


def misplaced(pictures: list[str], folder: Path) -> list[str]:
    """Texts that leave their box or lie on another, as Chromium draws the pictures."""
    page = folder / "page.html"
    body = "".join(f"<div>{picture}</div>" for picture in pictures)
    page.write_text(
        f"<!doctype html><meta charset='utf-8'><body>{body}<script>{MEASURE}</script></body>",
        encoding="utf-8",
    )
    made = subprocess.run(
        [program("chromium"), *FLAGS, f"--user-data-dir={folder / 'profile'}", page.as_uri()],
        check=True,
        capture_output=True,
        timeout=60,
    )
    found = re.search(r'<pre id="told">(.*?)</pre>', made.stdout.decode(), re.DOTALL)
    assert found is not None, made.stderr.decode()[-500:]
    told: list[str] = json.loads(unescape(found[1]))
    return told
