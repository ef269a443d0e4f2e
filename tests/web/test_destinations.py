"""Where `next` may lead: to pages, of any blueprint, and to nothing else."""

from urllib.parse import quote

import pytest
from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue

from tests.support.browser import Browser
from webapp.core.policy import Permission
from webapp.web.auth.authorization import public, requires
from webapp.web.auth.destinations import not_a_destination

PAGES = [
    "/lab",
    "/lab/walk/1",
    "/lab/lifetimes?access=60",
    "/account?tab=name",
    "/api/docs",
    "/",
    "/verify-email",
    "/dashboard#x",
]

NO_PAGES = [
    "/register",
    "/logout",
    "/session",
    "/robots.txt",
    "/lab/events?after=0",
    "/api/openapi.json",
    "/dev/outbox/1-abcd",
    "/.well-known/jwks.json",
    "/account/sessions/end-others",
    "/password-strength",
    "/healthz",
    "/lab/../session",
    "/lab/%2e%2e/session",
]


@pytest.fixture
def own_pages(app: Flask) -> Flask:
    """A blueprint that a developer has added."""
    notes = Blueprint("notes", __name__, url_prefix="/notes")

    @notes.get("/")
    @notes.get("/<path:title>")
    @requires(Permission.OWN_ACCOUNT)
    def note(title: str = "") -> ResponseReturnValue:
        return title

    @notes.get("/all.json")
    @public
    @not_a_destination
    def export() -> ResponseReturnValue:
        return {}

    @notes.post("/send")
    @requires(Permission.OWN_ACCOUNT)
    def send() -> ResponseReturnValue:
        return "sent"

    app.register_blueprint(notes)
    return app


def test_next_leads_to_a_page(app: Flask) -> None:
    for path in PAGES:
        assert Browser(app).sign_in(next=path).location == path


def test_next_leads_to_nothing_else(app: Flask) -> None:
    for path in NO_PAGES:
        assert Browser(app).sign_in(next=path).location == "/dashboard", path


@pytest.mark.parametrize(
    "path",
    ["/notes/", "/notes/first", "/notes/Bún chả", "/notes/50% off?", "/notes/a\\b?q=c\\d&e=ö"],
)
def test_after_the_sign_in_a_page_of_another_blueprint_opens(own_pages: Flask, path: str) -> None:
    browser = Browser(own_pages)
    title, mark, query = path.partition("?q=")
    to_login = browser.get(quote(title) + (mark + query if query else "")).location
    there = browser.get(to_login).text.partition('name="next"')[2].partition('value="')[2]
    answer = browser.sign_in(next=there.partition('"')[0].replace("&amp;", "&"))
    assert browser.get(answer.location).text == title.removeprefix("/notes/")


@pytest.mark.parametrize("path", ["/notes/all.json", "/notes/a/../../session"])
def test_next_leads_to_nothing_of_another_blueprint_that_is_no_page(
    own_pages: Flask, path: str
) -> None:
    assert Browser(own_pages).sign_in(next=path).location == "/dashboard"


def test_after_the_sign_in_an_address_that_is_no_page_becomes_the_dashboard(
    browser: Browser,
) -> None:
    assert browser.get("/lab/events").location == "/login"
