"""axe-core, the judge of accessibility: from npm, and never from a CDN."""

import subprocess
from pathlib import Path

from .page import Page

AXE = "axe-core@4.14.1"
RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ['violations'] }).then(
  ({ violations }) => done(violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`))),
  (error) => done([String(error)]));
"""


def fetch(folder: Path) -> str:
    """Its source."""
    install = ["npm", "install", "--no-save", "--no-package-lock", "--silent", AXE]
    subprocess.run(install, cwd=folder, check=True)
    return (folder / "node_modules/axe-core/axe.min.js").read_text()


def violations(page: Page, axe: str) -> list[str]:
    if not page.script("return 'axe' in window"):
        page.script(axe)
    found: list[str] = page.driver.execute_async_script(RUN)
    return found
