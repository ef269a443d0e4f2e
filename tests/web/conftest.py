"""A program that calls the API, and clients for it to be."""

import pytest
from flask import Flask

from tests.support.api import Program
from tests.support.browser import Browser
from webapp.core.clients import new_secret
from webapp.store.sql.clients import SqlClients


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
