"""The pool of connections to SQL."""

import threading

import pytest
from flask import Flask

from tests.conftest import services_of
from webapp import create_app
from webapp.core.clients import new_secret
from webapp.store.sql.clients import SqlClients
from webapp.store.sql.models import db


@pytest.fixture
def app(environment: dict[str, str]) -> Flask:
    """With one connection for all."""
    return create_app(environment | {"WEBAPP_DATABASE_CONNECTIONS": "1"})


def test_a_request_that_finds_all_connections_taken_waits_a_moment_for_one(app: Flask) -> None:
    with app.app_context():
        taken = db.engine.raw_connection()
        threading.Timer(0.05, taken.close).start()
        assert SqlClients().find("nobody") is None


def test_a_client_and_its_user_are_asked_for_on_one_connection(app: Flask) -> None:
    with app.app_context():
        SqlClients().create("shop", "Shop", new_secret()[1], 0)
        assert SqlClients().find("shop")
        assert services_of(app).sessions._repository.find("nobody", "none") == (None, None)
