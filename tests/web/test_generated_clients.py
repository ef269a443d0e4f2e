"""Clients that well-kept generators make of the OpenAPI document sign in and refresh."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.support.browser import EMAIL, PASSWORD
from tests.support.servers import serving

PACKAGES = ("openapi-typescript@7.13.0", "openapi-fetch@0.17.0", "typescript@5.9.3")
PYTHON = """
import sys
from evergreen_client import AuthenticatedClient, Client
from evergreen_client.api.auth import get_profile, login, refresh
from evergreen_client.models import Login, RefreshToken

url, email, password = sys.argv[1:]
answer = login.sync(client=Client(url), body=Login(email=email, password=password))
tokens = answer.data.auth
renewed = refresh.sync(client=Client(url), body=RefreshToken(tokens.refresh_token)).data.auth
client = AuthenticatedClient(url, renewed.access_token)
print(get_profile.sync(client=client).data.user.email)
refused = login.sync_detailed(client=Client(url), body=Login(email=email, password="wrong"))
print(refused.status_code.value, refused.parsed.error.code)
"""
TYPESCRIPT = """
import createClient from "openapi-fetch";
import type { paths } from "./schema";

declare const process: { argv: string[] };
const [url, email, password] = process.argv.slice(2);
const api = createClient<paths>({ baseUrl: url });
const opened = await api.POST("/api/v1/auth/login", { body: { email, password } });
const tokens = opened.data!.data.auth;
const body = { refresh_token: tokens.refresh_token };
const renewed = await api.POST("/api/v1/auth/refresh", { body });
const headers = { Authorization: `Bearer ${renewed.data!.data.auth.access_token}` };
const profile = await api.GET("/api/v1/auth/profile", { headers });
console.log(profile.data!.data.user.email);
const wrong = { email, password: "wrong" };
const refused = await api.POST("/api/v1/auth/login", { body: wrong });
console.log(refused.response.status, refused.error!.error.code);
"""

pytestmark = pytest.mark.thorough("generated clients")


@pytest.fixture
def url(app: Flask, tmp_path: Path) -> Iterator[str]:
    """Of the app. Its document is in the test's folder."""
    document = app.test_client().get("/api/openapi.json").json
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    with serving(app) as url:
        yield url


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"{command[0]}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_in_python(url: str, tmp_path: Path) -> None:
    generator = str(Path(sys.executable).with_name("openapi-python-client"))
    options = ("--output-path", "evergreen_client", "--meta", "none", "--fail-on-warning")
    (tmp_path / "options.json").write_text('{"post_hooks": []}')
    options += ("--config", "options.json")
    run(tmp_path, generator, "generate", "--path", "openapi.json", *options)
    shown = run(tmp_path, sys.executable, "-c", PYTHON, url, EMAIL, PASSWORD)
    assert shown.splitlines() == [EMAIL, "401 invalid_credentials"]


def test_in_typescript(url: str, tmp_path: Path) -> None:
    run(tmp_path, "npm", "install", "--no-save", "--no-package-lock", "--silent", *PACKAGES)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "client.ts").write_text(TYPESCRIPT)
    run(tmp_path, "npx", "openapi-typescript", "openapi.json", "-o", "schema.d.ts")
    checks = ("--strict", "--target", "es2022", "--module", "esnext", "--skipLibCheck")
    checks += ("--moduleResolution", "bundler", "--lib", "es2022,dom,dom.iterable")
    run(tmp_path, "npx", "tsc", *checks, "client.ts")
    shown = run(tmp_path, "node", "client.js", url, EMAIL, PASSWORD)
    assert shown.splitlines() == [EMAIL, "401 invalid_credentials"]
