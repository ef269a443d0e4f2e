"""What every page tells the browser, and the files that other sites and programs look for."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, render_template

from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.test_config import SECRETS
from webapp import create_app
from webapp.web.auth.authorization import public

PUBLIC = ("/", "/login", "/register", "/forgot-password", "/reset-password/void", "/nowhere")
PERSONAL = ("/dashboard", "/account", "/account/password", "/account/sessions", "/account/activity")
SCRIPT = re.compile(r"<script\b[^>]*>")


def policy_of(header: str) -> dict[str, list[str]]:
    """Directive → its sources."""
    parts = [part.split() for part in header.split(";")]
    return {name: sources for name, *sources in parts}


def test_scripts_run_by_a_nonce_that_is_another_one_each_time(browser: Browser) -> None:
    browser.sign_in()
    nonces = set()
    for path in (*PUBLIC, *PERSONAL, *PERSONAL):
        answer = browser.get(path)
        policy = policy_of(answer.headers["Content-Security-Policy"])
        own, *nonce_of_pages = policy["script-src"]
        assert own == "'self'"
        if not nonce_of_pages:  # then there are none
            assert not SCRIPT.search(answer.text)
            continue
        (nonce,) = nonce_of_pages
        found = re.fullmatch(r"'nonce-([\w-]{22})'", nonce)
        assert found
        assert found[1] not in nonces
        nonces.add(found[1])
        scripts = SCRIPT.findall(answer.text)
        assert all(f'nonce="{found[1]}"' in script for script in scripts), path
    assert SCRIPT.search(browser.get("/dashboard").text)


def test_every_answer_says_how_to_be_treated(browser: Browser) -> None:
    for path in (*PUBLIC, "/static/evergreen.css", "/api/v1/protected"):
        with browser.get(path) as answer:
            headers = answer.headers
        policy = policy_of(headers["Content-Security-Policy"])
        assert "unsafe-" not in headers["Content-Security-Policy"], path
        assert policy["default-src"] == policy["form-action"] == ["'self'"], path
        for refused in ("frame-ancestors", "object-src", "base-uri"):
            assert policy[refused] == ["'none'"], path
        for power in ("camera", "geolocation", "microphone", "payment"):
            assert f"{power}=()" in headers["Permissions-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["X-Frame-Options"] == "DENY", path
        assert headers["Referrer-Policy"] == "same-origin", path
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", path
        assert "Strict-Transport-Security" not in headers, path


def test_hsts_is_sent_over_https_only(browser: Browser) -> None:
    answer = browser.client.get("/", base_url="https://localhost", headers=browser.headers)
    found = re.fullmatch(r"max-age=(\d+)", answer.headers["Strict-Transport-Security"])
    assert found
    assert int(found[1]) >= 365 * 24 * 3600


def test_what_is_personal_stays_in_no_cache(browser: Browser) -> None:
    browser.sign_in()
    for path in (*PERSONAL, "/", "/account/delete", "/session", "/continue/nothing"):
        assert browser.get(path).headers["Cache-Control"] == "private, no-store", path


OWN = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self' https://maps.example",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "own",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "unsafe-none",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Permissions-Policy": "camera=(self)",
    "Cache-Control": "public, max-age=60",
    "Strict-Transport-Security": "max-age=60; includeSubDomains",
    "X-Request-ID": "of-the-view",
}


@pytest.mark.parametrize("spell", [str, str.lower, str.upper], ids=["usual", "lower", "upper"])
@pytest.mark.parametrize("status", [200, 302, 404])
def test_a_header_that_a_view_sets_itself_is_sent_once(
    app: Flask, spell: Callable[[str], str], status: int
) -> None:
    own = [(spell(name), value) for name, value in OWN.items()]

    def view() -> Any:
        return "own", status, own

    app.add_url_rule("/own", view_func=public(view))
    sent = app.test_client().get("/own", base_url="https://localhost").headers
    for name, value in OWN.items():
        assert sent.getlist(name) == [value]


def test_a_policy_of_its_own_counts_on_a_page_with_scripts_too(app: Flask) -> None:
    @public
    def view() -> Any:
        page = render_template("home.html")
        return page, {"content-security-policy": "sandbox"}

    app.add_url_rule("/own", view_func=view)
    assert app.test_client().get("/own").headers.getlist("Content-Security-Policy") == ["sandbox"]


def test_two_policies_of_a_view_both_count(app: Flask) -> None:
    both = [("Content-Security-Policy", "sandbox"), ("content-security-policy", "img-src 'none'")]
    app.add_url_rule("/own", view_func=public(lambda: ("own", both)))
    sent = app.test_client().get("/own").headers.getlist("Content-Security-Policy")
    assert sent == ["sandbox", "img-src 'none'"]


def test_what_carries_a_cookie_stays_in_no_cache_whatever_its_view_says(app: Flask) -> None:
    own = [("cache-control", "public, max-age=60"), ("set-cookie", "theme=dark")]
    app.add_url_rule("/own", view_func=public(lambda: ("own", own)))
    sent = app.test_client().get("/own").headers
    assert sent.getlist("Cache-Control") == ["private, no-store"]


def test_password_managers_find_the_way_to_change_a_password(browser: Browser) -> None:
    answer = browser.get("/.well-known/change-password")
    assert (answer.status_code, answer.location) == (302, "/account/password")


@pytest.mark.parametrize(
    ("settings", "contact", "address"),
    [
        ({"WEBAPP_BASE_URL": "http://here.example"}, "http://here.example/", "http://here.example"),
        (
            {
                "WEBAPP_SECURITY_CONTACT": "mailto:safe@example.com",
                "WEBAPP_BASE_URL": "https://evergreen.example",
            },
            "mailto:safe@example.com",
            "https://evergreen.example",
        ),
    ],
)
def test_security_txt_names_the_contact(
    environment: dict[str, str],
    clock: Clock,
    settings: dict[str, str],
    contact: str,
    address: str,
) -> None:
    answer = Browser(create_app(environment | settings, clock)).get("/.well-known/security.txt")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields["Contact"] == contact
    assert fields["Canonical"] == f"{address}/.well-known/security.txt"
    expires = datetime.fromisoformat(fields["Expires"])
    now = datetime.fromtimestamp(clock(), UTC)
    assert now < expires < now + timedelta(days=366)  # RFC 9116 section 2.5.5


def test_robots_txt_excludes_private_pages(browser: Browser) -> None:
    answer = browser.get("/robots.txt")
    assert answer.mimetype == "text/plain"
    lines = answer.text.splitlines()
    assert lines[0] == "User-agent: *"
    for path in ("/account", "/admin", "/reset-password", "/verify-email"):
        assert f"Disallow: {path}" in lines


def test_the_outbox_is_there_in_development_alone(
    app: Flask, environment: dict[str, str], clock: Clock
) -> None:
    there = Browser(app)
    assert there.get("/dev/outbox").status_code == 200
    assert 'href="/dev/outbox"' in there.get("/").text
    production = {"WEBAPP_MODE": "production", "WEBAPP_BCRYPT_ROUNDS": "10"}
    browser = Browser(create_app(environment | SECRETS | production, clock))
    assert browser.get("/dev/outbox").status_code == 404
    assert "/dev/outbox" not in browser.get("/").text


FOREIGN_HOSTS = (
    "evil.example:5000",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "[::1",
    "",
)


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
@pytest.mark.parametrize("path", ["/dev/outbox", "/metrics"])
def test_a_foreign_page_whose_name_leads_to_this_machine_reads_nothing(
    app: Flask, path: str, host: str
) -> None:
    answer = app.test_client().get(path, environ_overrides={"HTTP_HOST": host})
    assert answer.status_code == 404


OWN_HOSTS = ("localhost:5000", "127.0.0.1:5000", "[::1]:5000", "192.168.1.7", "Auth.Example")


@pytest.mark.parametrize("host", OWN_HOSTS)
@pytest.mark.parametrize("path", ["/dev/outbox", "/metrics"])
def test_by_this_machines_own_names_they_are_there(
    environment: dict[str, str], clock: Clock, path: str, host: str
) -> None:
    app = create_app(environment | {"WEBAPP_BASE_URL": "https://auth.example/"}, clock)
    answer = app.test_client().get(path, environ_overrides={"HTTP_HOST": host})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("chosen", "sent"),
    [("false", "max-age=31536000"), ("true", "max-age=31536000; includeSubDomains")],
)
def test_https_is_for_subdomains_too_where_that_is_chosen(
    environment: dict[str, str], clock: Clock, chosen: str, sent: str
) -> None:
    app = create_app(environment | {"WEBAPP_HSTS_INCLUDE_SUBDOMAINS": chosen}, clock)
    answer = app.test_client().get("/", base_url="https://auth.example")
    assert answer.headers.getlist("Strict-Transport-Security") == [sent]
