"""What development does by itself, so that two commands are enough: secrets, a demo account."""

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
from .core.keys import KeyRing, generate_key


class DemoAccount(NamedTuple):
    email: str
    password: str


DEMO = DemoAccount("demo@example.com", "evergreen stays green")


def with_own_secrets(settings: Settings) -> Settings:
    """Fill in what the environment does not give; made once, kept in `instance/secrets.json`."""
    kept = _kept_secrets(settings.instance_path / "secrets.json")
    return replace(
        settings,
        secret_key=settings.secret_key or kept["secret_key"],
        access_token_keys=settings.access_token_keys or KeyRing.parse(kept["access_token_keys"]),
        refresh_token_keys=settings.refresh_token_keys or KeyRing.parse(kept["refresh_token_keys"]),
    )


def create_demo_account(accounts: Accounts, now: float) -> None:
    if not accounts.knows(DEMO.email):
        accounts.register(DEMO.email, DEMO.password, name="Demo", now=now)


def _kept_secrets(path: Path) -> dict[str, str]:
    """Readable by its owner alone. Of two processes that start together the first link wins."""
    if not path.exists():
        with NamedTemporaryFile("w", dir=path.parent) as draft, suppress(FileExistsError):
            json.dump(_new_secrets(), draft, indent=2)
            draft.flush()
            os.link(draft.name, path)
    kept: dict[str, str] = json.loads(path.read_text())
    return kept


def _new_secrets() -> dict[str, str]:
    return {
        "secret_key": secrets.token_urlsafe(32),
        "access_token_keys": generate_key("access-1"),
        "refresh_token_keys": generate_key("refresh-1"),
    }
