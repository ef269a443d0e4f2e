"""A program that calls the API, and clients for it to be."""

import pytest
from flask import Flask, abort

from tests.support.api import Program
from tests.support.browser import Browser
from webapp.core.clients import new_secret
from webapp.store.sql.clients import SqlClients
from webapp.web.auth.authorization import public


@pytest.fixture
def program(app: Flask) -> Program:
    return Program(app)


@pytest.fixture
def secret(app: Flask) -> str:
    """Of the confidential client `shop`; there is a public one, `phone`, too."""
    secret, hashed = new_secret()
    with app.app_context():
        SqlClients().create("shop", "Shop", hashed, 0)
        SqlClients().create("phone", "Phone", None, 0)
    return secret


@pytest.fixture
def owner(app: Flask) -> Browser:
    """Has signed in here before, and is signed out now."""
    browser = Browser(app)
    browser.sign_in()
    browser.sign_out()
    return browser


@pytest.fixture
def failing(app: Flask) -> Browser:
    """The app with two routes that fail, one among the pages and one in the API."""

    def fail(status: int) -> None:
        if status == 500:
            raise RuntimeError("a bug")
        abort(status)

    public(fail)
    app.add_url_rule("/fail/<int:status>", "fail", fail)
    app.add_url_rule("/api/v1/fail/<int:status>", "api_fail", fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return Browser(app)
