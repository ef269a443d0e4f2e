"""docs/extending.md is true: what it shows is built in a copy of the project, and used."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from scripts.bootstrap import ROOT
from tests.support.servers import RedisServer
from tests.test_commands import environment

GUIDE = ROOT / "docs" / "extending.md"
BLOCK = re.compile(r"^```(\w+) (.+)\n((?:.*\n)*?)```$", re.MULTILINE)
ATTRIBUTE = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
# What a developer would try next.
USE = """
from webapp import create_app
from tests.conftest import services_of
from tests.support.browser import EMAIL, PASSWORD, Browser
from webapp.core.policy import Permission, has_permission

app = create_app()
with app.app_context():
    user = services_of(app).accounts.register(EMAIL, PASSWORD, name="Ada", now=0)
    assert services_of(app).settings.notes_per_user == 7
browser = Browser(app)
assert browser.get("/notes").location == "/login?next=/notes"
browser.sign_in()
assert browser.post("/notes", text="<b>Buy milk</b>").status_code == 303
page = browser.get("/notes").text
assert "&lt;b&gt;Buy milk&lt;/b&gt;" in page
assert 'data-testid="nav-notes"' in page
assert "Write something." in browser.post("/notes", text="").text
assert browser.client.post("/notes", data={"text": "x"}).status_code == 400
other = Browser(app)
with app.app_context():
    services_of(app).accounts.register("bob@example.com", PASSWORD, name="Bob", now=0)
other.sign_in("bob@example.com")
assert "Buy milk" not in other.get("/notes").text
answer = browser.fetch("/api/v1/notes", browser.access_token)
assert answer.json["data"]["notes"][0]["text"] == "<b>Buy milk</b>", answer.text
assert "listMyNotes" in browser.get("/api/openapi.json").text
assert has_permission("auditor", Permission.READ_REPORTS)
assert not has_permission("admin", Permission.READ_REPORTS)
"""
MAIL = """
from webapp.config_table import ROOT
from webapp.core.notifications import Notification
from webapp.mail.messages import MessageBuilder

builder = MessageBuilder(ROOT / "templates", "Notes", "app@example.com", "https://app.example")
message = builder.write(Notification.NOTE_SHARED, "ada@example.com", {})
assert message["Subject"] == "A note was shared with you"
assert "at Notes." in message.as_string()
"""


class Block(NamedTuple):
    attributes: dict[str, str]
    text: str


def blocks() -> list[Block]:
    found = BLOCK.findall(GUIDE.read_text())
    return [
        Block({name: value.replace('\\"', '"') for name, value in ATTRIBUTE.findall(info)}, text)
        for _, info, text in found
    ]


def apply(folder: Path, block: Block) -> None:
    """A whole file, lines before or after the first line that holds a text, or lines at the end."""
    kind, name = next(iter(block.attributes.items()))
    path = folder / name
    if kind == "title":
        path.parent.mkdir(exist_ok=True)
        path.write_text(block.text)
    elif kind == "append":
        path.write_text(path.read_text() + block.text)
    else:
        lines = path.read_text().splitlines(keepends=True)
        mark = block.attributes.get("after") or block.attributes["before"]
        place = next(i for i, line in enumerate(lines) if mark in line)
        place += "after" in block.attributes
        path.write_text("".join([*lines[:place], block.text, *lines[place:]]))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, changed as the guide says."""
    folder = tmp_path_factory.mktemp("copy") / "app"
    ignored = shutil.ignore_patterns(".*", "instance", "__pycache__")
    shutil.copytree(ROOT, folder, ignore=ignored)
    for block in blocks():
        if block.attributes:
            apply(folder, block)
    return folder


@pytest.fixture(scope="module")
def settings(copy: Path, redis_server: RedisServer) -> dict[str, str]:
    own = {"REDIS_URL": redis_server.url}
    own |= {"WEBAPP_NOTES_PER_USER": "7", "NOTES_COLOUR": "green", "WEBAPP_SITE_NAME": "Notes"}
    return environment(copy / "instance", **own)


@pytest.fixture(scope="module")
def migrated(copy: Path, settings: dict[str, str]) -> Path:
    """The project after the commands of the guide, with the settings that they name."""
    blocks = re.findall(r"^```sh run\n(.*?)^```$", GUIDE.read_text(), re.M | re.S)
    commands = []
    for line in "".join(blocks).splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        if line.startswith("export "):
            settings[name] = value
        else:
            commands.append([word.strip('"') for word in line.split() if word != "python3"])
    assert len(commands) == 4
    for command in commands:
        run(copy, settings, *([] if command[0] == "-m" else ["-m"]), *command)
    return copy


def run(copy: Path, settings: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command], cwd=copy, env=settings, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_what_the_guide_builds_works(migrated: Path, settings: dict[str, str]) -> None:
    copy = migrated
    run(copy, settings, "-c", USE)
    assert run(copy, settings, "-m", "flask", "--app", "app", "notes", "count") == "1 notes\n"


def test_the_e_mail_of_the_guide_can_be_written(copy: Path, settings: dict[str, str]) -> None:
    run(copy, settings, "-c", MAIL)


@pytest.mark.thorough("the guide's types")
def test_the_guide_passes_the_type_checker(copy: Path, settings: dict[str, str]) -> None:
    run(copy, settings, "-m", "mypy", "--no-error-summary", "webapp/notes")


def test_the_changed_project_passes_its_own_checks(
    migrated: Path, settings: dict[str, str]
) -> None:
    copy = migrated
    run(copy, settings, "-m", "ruff", "check", "--quiet", "webapp")
    tests = ("tests/test_floors.py", "tests/web/test_authorization.py", "tests/test_documents.py")
    # It repeats the table of permissions, which the guide has changed.
    without = ("--deselect", "tests/web/test_authorization.py::test_who_may_do_what")
    options = ("-q", "-n", "0", "-p", "no:cacheprovider", *without)
    run(copy, settings, "-m", "pytest", *options, *tests)
