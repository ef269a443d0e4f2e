"""The token lab can be deleted: without its files the app starts and serves all other pages."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.bootstrap import ROOT

LAB = ("webapp/lab", "templates/lab", "static/lab*", "static/js/lab*")
SIGN_IN = """
import sys

from tests.support.browser import Browser
from webapp import create_app
from webapp.development import DEMO

app = create_app()
browser = Browser(app)
browser.sign_in(DEMO.email, DEMO.password)
answer = browser.get("/dashboard")
assert answer.status_code == 200, answer.text
assert "nav-dashboard" in answer.text
assert "nav-lab" not in answer.text
assert browser.get("/lab").status_code == 404
assert not [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("lab")]
loaded = [name for name in sys.modules if name.startswith("webapp.lab")]
assert not loaded, loaded
print("signed in")
"""


def test_the_app_runs_without_the_files_of_the_lab(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    copy = tmp_path / "copy"
    copy_project(copy)
    for pattern in LAB:
        paths = list(copy.glob(pattern))
        assert paths, pattern
        for path in paths:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    settings = environment | {"WEBAPP_MODE": "development", "WEBAPP_LAB": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SIGN_IN],
        cwd=copy,
        env={"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(copy)} | settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "signed in\n"


def copy_project(target: Path) -> None:
    """The app, and the test support that signs in; without compiled files."""
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in ("webapp", "templates", "static", "tests/support"):
        shutil.copytree(ROOT / folder, target / folder, ignore=ignored)
    for file in ("app.py", "tests/__init__.py"):
        shutil.copy(ROOT / file, target / file)
