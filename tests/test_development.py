"""What development does by itself, also where two workers do it at once."""

import pytest
from flask import Flask

from tests.conftest import services_of
from webapp.core.accounts import Accounts
from webapp.development import create_demo_account


def test_of_two_workers_that_start_together_one_creates_the_demo_account(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Accounts, "knows", lambda *_: False)  # not when this one looked
    with app.app_context():
        create_demo_account(services_of(app).accounts, now=0)
