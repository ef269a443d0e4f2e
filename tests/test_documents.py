"""The documents name what there is, and their links lead somewhere."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from scripts import settings
from scripts.bootstrap import ROOT
from tests.conformance import ALL as CHECKS
from webapp.config import Settings
from webapp.config_types import env_name

# One that is written out; of those that are put together the page names the form.
TESTID = re.compile(r'data-testid="([a-z-]+)"')
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
# A path of this project, as documents write it.
PATH = re.compile(r"`((?:webapp|tests|bench|docs|scripts|static|templates)/[\w./-]+)`")


def test_the_page_of_settings_has_the_table_of_the_code() -> None:
    page = settings.PAGE.read_text()
    hint = "`python3 -m scripts.settings` writes it"
    assert settings.with_table(page) == page, hint


def test_a_default_of_the_table_means_the_same_in_the_environment() -> None:
    shown = dict(re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", settings.table(), re.MULTILINE))
    read = Settings.from_environ(shown | {"WEBAPP_MODE": "development"})
    for name in set(Settings.__dataclass_fields__) - {"mode", "instance_path"}:
        if env_name(name) in shown:
            assert getattr(read, name) == getattr(Settings(mode="development"), name), name


def test_a_shell_reads_the_example_of_settings_as_systemd_does(tmp_path: Path) -> None:
    """systemd takes all between single quotes as it is (systemd.exec, EnvironmentFile=)."""
    (example,) = re.findall(r"^```sh\n(.*?)^```", OPERATIONS, re.DOTALL | re.MULTILINE)
    file = tmp_path / "evergreen.env"
    file.write_text(example.replace("…", r"""a&b;c $HOME `d` #e"f\g\\h %i"""))
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    by_systemd = dict(re.fullmatch(r"(\w+)='([^']*)'", line).groups() for line in lines)  # type: ignore[union-attr]
    shell = 'set -a; . "$0"; exec env -0'
    done = subprocess.run(
        ["sh", "-c", shell, file], env={"PATH": os.environ["PATH"]}, capture_output=True, check=True
    )
    by_shell = dict(part.split("=", 1) for part in done.stdout.decode().split("\0") if part)
    assert by_systemd.items() <= by_shell.items()
    assert "DATABASE_URL" in by_systemd


def test_a_page_without_a_place_for_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="0 places"):
        settings.with_table("# Nothing here\n")


def test_every_command_of_ours_is_named(app: Flask) -> None:
    of_flask = {"routes", "run", "shell"}
    for name in set(app.cli.commands) - of_flask:
        assert f"`{name}`" in OPERATIONS, name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text()
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith("https://"):
            place, _, anchor = target.partition("#")
            page = document.parent / place if place else document
            assert page.exists(), target
            assert not anchor or anchor in anchors(page.read_text()), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_paths_that_are_named_exist(document: Path) -> None:
    if document.name != "extending.md":  # which names what a reader is going to write
        for path in PATH.findall(document.read_text()):
            assert (ROOT / path).exists(), path


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


def anchors(text: str) -> set[str]:
    """As GitHub and others make them."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


def test_what_a_test_looks_for_is_listed() -> None:
    listed = (ROOT / "docs" / "browser-tests.md").read_text()
    templates = [path.read_text() for path in (ROOT / "templates").rglob("*.html")]
    for name in sorted({name for text in templates for name in TESTID.findall(text)}):
        assert f"`{name}`" in listed or name.startswith("error-"), name


def test_the_checks_of_the_conformance_kit_are_listed() -> None:
    page = (ROOT / "docs" / "conformance.md").read_text()
    rows = [f"| `{each.name}` | {each.title} | {each.source} |" for each in CHECKS]
    _, _, table = page.partition("| check | event | asked for by |\n| --- | --- | --- |\n")
    assert table.partition("\n\n")[0].splitlines() == rows
