"""What every page tells the browser, and the files that other sites and programs look for."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.test_config import SECRETS
from webapp import create_app

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


def test_only_over_https_the_browser_is_told_to_stay_there(browser: Browser) -> None:
    answer = browser.client.get("/", base_url="https://localhost", headers=browser.headers)
    found = re.fullmatch(r"max-age=(\d+)", answer.headers["Strict-Transport-Security"])
    assert found
    assert int(found[1]) >= 365 * 24 * 3600


def test_what_is_personal_stays_in_no_cache(browser: Browser) -> None:
    browser.sign_in()
    for path in (*PERSONAL, "/", "/account/delete", "/session", "/continue/nothing"):
        assert browser.get(path).headers["Cache-Control"] == "private, no-store", path


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
def test_who_finds_a_hole_is_told_where_to_turn_to(
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


def test_robots_are_told_what_is_not_for_them(browser: Browser) -> None:
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
