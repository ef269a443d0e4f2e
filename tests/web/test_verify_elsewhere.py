"""Another app verifies `X-Access-Token` by the public keys, with the very lines of the guide."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest
from flask import Flask

from scripts.bootstrap import ROOT
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.servers import serving
from webapp import create_app

GUIDE = (ROOT / "docs" / "extending.md").read_text()
BASE = "https://shop.example/auth"
JOSE = "jose@6.2.18"


def lines(language: str, with_text: str) -> str:
    blocks: list[str] = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if with_text in block)
    return found


@pytest.fixture
def app(environment: dict[str, str], clock: Clock) -> Flask:
    return create_app(environment | {"WEBAPP_ACCESS_TOKEN_ALGORITHM": "ES256"}, clock)


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    with serving(app) as url:
        yield url


@pytest.fixture
def token(browser: Browser) -> str:
    browser.sign_in()
    return browser.get("/forward").headers["X-Access-Token"]


def test_in_python(url: str, token: str) -> None:
    names = {"jwt": jwt, "token": token}
    exec(lines("python", "PyJWKClient").replace(BASE, url), names)  # noqa: S102 - our own guide
    assert names["claims"]["email"] == "ada@example.com"  # type: ignore[index]


@pytest.mark.thorough("generated clients")
def test_in_node(url: str, token: str, tmp_path: Path) -> None:
    install = ["npm", "install", "--no-save", "--no-package-lock", "--silent", JOSE]
    subprocess.run(install, cwd=tmp_path, check=True)
    head = f'import * as jose from "jose";\nconst token = "{token}";\n'
    tail = "console.log(payload.email);\n"
    script = tmp_path / "verify.mjs"
    script.write_text(head + lines("js", "createRemoteJWKSet").replace(BASE, url) + tail)
    done = subprocess.run(["node", script], capture_output=True, text=True)
    assert done.stdout == "ada@example.com\n", done.stderr
