"""How pages look: in the light and in the dark, wide and narrow, and what axe-core says of it.

axe-core judges accessibility. It comes from npm, once, and never from a CDN.
"""

import subprocess
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

from .page import Page

DESKTOP, PHONE = 1280, 320  # the least width of WCAG 2.2, 1.4.10
VIEWS = [("light", DESKTOP), ("dark", PHONE)]

AXE = "axe-core@4.14.1"
RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ['violations'] }).then(
  ({ violations }) => done(violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`))),
  (error) => done([String(error)]));
"""

# Of controls that show. What is scrolled out of its own box is no fault.
COVERED = """
const MAY_COVER = 'label, .menu-panel'; // an open menu closes with the next click
const controls = [...document.querySelectorAll('a[href], button, input, select, summary')];
const clipped = (each) => each
  && (getComputedStyle(each).clipPath !== 'none' || clipped(each.parentElement));
const shown = controls.filter((each) => each.checkVisibility({ visibilityProperty: true })
  && !clipped(each) && !each.closest('.skip') && each.getBoundingClientRect().width > 1);
return shown.flatMap((each) => {
  each.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
  const { x, y, width, height } = each.getClientRects()[0];
  const hit = document.elementFromPoint(x + width / 2, y + height / 2);
  const free = !hit || each.contains(hit) || hit.contains(each) || hit.closest(MAY_COVER);
  return free ? [] : [`${each.outerHTML.slice(0, 90)} by ${hit.outerHTML.slice(0, 90)}`];
});
"""

# Differs for each document that the browser loads.
LOADED = "return performance.timeOrigin"

# What is wrong with the page of that name, in each view.
Judge = Callable[[Page, str], dict[str, list[str]]]


def judge_by(axe: str, *, in_turns: bool) -> Judge:
    """Of a page in every view, or, as that takes long, of one page in one and of the next in the
    other.
    """
    views = cycle([[view] for view in VIEWS] if in_turns else [VIEWS])

    def judge(page: Page, name: str) -> dict[str, list[str]]:
        found = {}
        loaded = page.script(LOADED)
        for mode, width in next(views):
            look(page, mode, width)
            found[f"{name}, {mode}, {width} px"] = [
                *violations(page, axe),
                *too_wide(page, width),
                *covered(page),
            ]
        assert page.script(LOADED) == loaded, f"{name}: another page came while this was judged"
        return found

    return judge


def fetch_axe(folder: Path) -> str:
    """Its source, which is kept in the folder: the next run installs nothing."""
    source = folder / f"{AXE}.js"
    if not source.exists():
        with TemporaryDirectory(dir=folder) as workplace:
            install = ["npm", "install", "--no-save", "--no-package-lock", "--silent", AXE]
            subprocess.run(install, cwd=workplace, check=True)
            Path(workplace, "node_modules/axe-core/axe.min.js").replace(source)
    return source.read_text()


def violations(page: Page, axe: str) -> list[str]:
    if not page.script("return 'axe' in window"):
        page.script(axe)
    found: list[str] = page.driver.execute_async_script(RUN)
    return found


def look(page: Page, mode: str, width: int) -> None:
    """Without motion: what fades in has no colour yet."""
    features = {"prefers-color-scheme": mode, "prefers-reduced-motion": "reduce"}
    page.cdp(
        "Emulation.setEmulatedMedia",
        features=[{"name": name, "value": value} for name, value in features.items()],
    )
    page.cdp(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=800,
        deviceScaleFactor=1,
        mobile=width == PHONE,
    )


def too_wide(page: Page, room: int) -> list[str]:
    width = page.script("return document.documentElement.scrollWidth")
    return [f"{width} px wide"] if width > room else []


def covered(page: Page) -> list[str]:
    """Controls that another element covers: they can't be clicked."""
    return [f"covered: {control}" for control in page.script(COVERED)]


def refusals(page: Page) -> list[str]:
    """What the console says, but for a page's own 4xx or 5xx: that is what it is to be."""
    own = "Failed to load resource: the server responded with a status of"
    return [line for line in page.complaints() if f"{page.driver.current_url} - {own}" not in line]
