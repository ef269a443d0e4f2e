"""Defaults of development mode: generated secrets and a demo account."""

import json
import os
import secrets
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple

from .config import Settings
from .core.accounts import Accounts
from .core.errors import Conflict
from .core.keys import KeyRing, generate_pem, generate_secret, parse_key


class DemoAccount(NamedTuple):
    email: str
    password: str


DEMO = DemoAccount("demo@example.com", "evergreen stays green")


def with_own_secrets(settings: Settings) -> Settings:
    """Fill in missing secrets. They are generated once, in `instance/secrets.json`."""
    stored = _stored_secrets(settings.instance_path / "secrets.json")
    return replace(
        settings,
        secret_key=settings.secret_key or stored["secret_key"],
        access_token_keys=settings.access_token_keys or _access_keys(settings, stored),
        refresh_token_keys=settings.refresh_token_keys
        or KeyRing.parse(stored["refresh_token_keys"]),
    )


def create_demo_account(accounts: Accounts, now: float) -> None:
    if accounts.exists(DEMO.email):
        return
    with suppress(Conflict):  # another worker, starting at the same time, created it
        accounts.register(DEMO.email, DEMO.password, name="Demo", now=now)


def _access_keys(settings: Settings, stored: dict[str, str]) -> KeyRing:
    algorithm = settings.access_token_algorithm
    if algorithm == "HS256":
        return KeyRing.parse(stored["access_token_keys"])
    path = settings.instance_path / f"access-{algorithm}.pem"
    _write_once(path, generate_pem(algorithm).decode())
    return KeyRing([parse_key(f"access-{algorithm}:@{path}")])  # the path may have a comma


def _stored_secrets(path: Path) -> dict[str, str]:
    _write_once(path, json.dumps(_new_secrets(), indent=2))
    stored: dict[str, str] = json.loads(path.read_text())
    return stored


def _write_once(path: Path, text: str) -> None:
    """Write a file readable by its owner only. Of two processes, the first link wins."""
    if not path.exists():
        with NamedTemporaryFile("w", dir=path.parent) as draft, suppress(FileExistsError):
            draft.write(text)
            draft.flush()
            os.link(draft.name, path)


def _new_secrets() -> dict[str, str]:
    return {
        "secret_key": secrets.token_urlsafe(32),
        "access_token_keys": f"access-1:{generate_secret()}",
        "refresh_token_keys": f"refresh-1:{generate_secret()}",
    }
