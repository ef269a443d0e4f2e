"""Pages are compressed where they hold no secret of a user, and nowhere else (BREACH)."""

import gzip

import pytest
from flask import Flask

from tests.support.browser import Browser
from webapp.web.auth import cookies

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
PUBLIC = ["/", "/login", "/register", "/forgot-password", "/lab", "/lab/walk/1", "/api/docs"]


@pytest.mark.parametrize("path", [*PUBLIC, "/lab/compare", "/api/openapi.json"])
def test_public_pages_for_a_browser_without_cookies(app: Flask, path: str) -> None:
    plain, small = Browser(app).get(path), Browser(app).get(path, **GZIP)
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small.headers["Vary"]
    assert small.headers["Content-Length"] == str(len(small.data))
    assert len(gzip.decompress(small.data)) == len(plain.data)
    assert len(small.data) < len(plain.data) / 2


def test_the_language_is_no_secret(browser: Browser) -> None:
    browser.client.set_cookie("language", "th")
    assert browser.get("/", **GZIP).headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("name", cookies.OWN)
def test_not_for_a_browser_with_a_cookie_of_this_app(browser: Browser, name: str) -> None:
    browser.client.set_cookie(name, "anything")
    for path in PUBLIC:
        assert "Content-Encoding" not in browser.get(path, **GZIP).headers, (name, path)


def test_not_for_a_signed_in_user(browser: Browser) -> None:
    browser.sign_in()
    for path in ("/", "/dashboard", "/account", "/account/sessions", "/lab"):
        answer = browser.get(path, **GZIP)
        assert answer.status_code == 200
        assert "Content-Encoding" not in answer.headers, path


def test_not_in_the_answer_to_a_form(app: Flask) -> None:
    form = {"email": "ada@example.com", "password": "wrong"}
    headers = GZIP | {"Sec-Fetch-Site": "same-origin"}
    answer = app.test_client().post("/login", data=form, headers=headers)
    assert answer.status_code == 422
    assert "Content-Encoding" not in answer.headers


def test_redirects_and_pages_of_links_are_as_before(browser: Browser) -> None:
    for path in ("/account", "/reset-password/void", "/no-such-page", "/healthz"):
        assert "Content-Encoding" not in browser.get(path, **GZIP).headers, path
