"""The commands of the documents run as they are written, where they can run here."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from scripts.bootstrap import ROOT
from tests.conftest import services_of
from tests.support.servers import RedisServer, serving
from tests.test_commands import environment
from webapp.development import DEMO

BIN = Path(sys.executable).parent


def block(document: str, with_text: str) -> str:
    """The one block of commands that holds this text."""
    text = (ROOT / document).read_text()
    found: list[str] = re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (only,) = (each for each in found if with_text in each)
    return only


def shell(commands: str, settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    path = {"PATH": f"{BIN}:{os.environ['PATH']}"}
    command = ["bash", "-c", commands]
    return subprocess.run(command, cwd=ROOT, env=settings | path, capture_output=True, text=True)


def test_the_way_into_production(tmp_path: Path, redis_server: RedisServer) -> None:
    """Up to the server itself, which tests/faults/test_attacks.py starts with that very line."""
    commands = block("README.md", "WEBAPP_SECRET_KEY").partition("granian")[0]
    settings = environment(tmp_path, REDIS_URL=redis_server.url, WEBAPP_BCRYPT_ROUNDS="10")
    done = shell(f"set -e\n{commands}", settings)
    assert done.returncode == 0, done.stderr
    shown = done.stdout.splitlines()
    assert any(line.startswith("ok") and "sql.migrations" in line for line in shown), done.stdout


def test_the_api_by_curl(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        if not services_of(app).accounts.exists(DEMO.email):
            services_of(app).accounts.register(DEMO.email, DEMO.password, name="Demo", now=0)
    login, protected, refresh = block("docs/features.md", "curl").split("\ncurl")
    with serving(app) as url:
        host = url.removeprefix("http://")

        def run(commands: str, **tokens: str) -> dict[str, object]:
            done = shell(commands.replace("localhost:5000", host), dict(tokens))
            answer: dict[str, object] = json.loads(done.stdout)
            return answer

        tokens = run(login)["data"]["auth"]  # type: ignore[index]
        answer = run(f"curl{protected}", ACCESS_TOKEN=tokens["access_token"])
        assert answer["status"] == 200
        answer = run(f"curl{refresh}", REFRESH_TOKEN=tokens["refresh_token"])
        assert answer["status"] == 200


@pytest.mark.parametrize("line", ["python3 -m scripts.sbom > sbom.json"])
def test_the_bill_of_materials(tmp_path: Path, line: str) -> None:
    assert line in block("docs/dependencies.md", "scripts.sbom >")
    target = tmp_path / "sbom.json"
    done = shell(line.replace("sbom.json", str(target)), dict(os.environ))
    assert done.returncode == 0, done.stderr
    assert json.loads(target.read_text())["bomFormat"] == "CycloneDX"


def test_the_conformance_kit_by_its_example(app: Flask) -> None:
    with app.app_context():
        if not services_of(app).accounts.exists(DEMO.email):
            services_of(app).accounts.register(DEMO.email, DEMO.password, name="Demo", now=0)
    only = "--only refresh_works --only twenty_at_once --only logout_ends_access"
    command = block("docs/conformance.md", "--name Evergreen").strip()
    with serving(app) as url:
        there = command.replace("http://localhost:5000", url).replace("PASSWORD", DEMO.password)
        done = shell(f"{there} {only}", {})
    assert done.stdout.endswith("Evergreen: 3 passed\n"), done.stdout
    assert done.returncode == 0
