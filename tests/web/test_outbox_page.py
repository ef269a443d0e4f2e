"""The outbox: what a mail looks like, in a frame that can do nothing else."""

import html
import re

import pytest
from flask import Flask

from tests.support.browser import EMAIL, Browser
from tests.support.mails import newest_mail
from tests.test_config import SECRETS
from webapp import create_app


@pytest.fixture
def frame(app: Flask, browser: Browser) -> str:
    browser.post("/forgot-password", email=EMAIL)
    return f"/dev/outbox/{newest_mail(app, EMAIL).id}"


def test_a_mail_is_shown_with_a_short_button_for_its_link(
    app: Flask, browser: Browser, frame: str
) -> None:
    page, mail = browser.get("/dev/outbox").text, newest_mail(app, EMAIL)
    (link,) = re.findall(r'<a [^>]*data-testid="mail-link"[^>]*>.*?</a>', page, re.DOTALL)
    assert f'href="{html.escape(mail.links[0])}"' in link
    assert re.sub(r"<[^>]+>", "", link).split() == ["Open", "the", "link", "/reset-password/…"]
    (shown,) = re.findall(r"<iframe[^>]*>", page)
    assert f'src="{frame}"' in shown
    assert 'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"' in shown
    assert mail.links[0] in html.unescape(page.partition('data-testid="mail-text"')[2])


def test_the_frame_may_show_styles_and_nothing_else(browser: Browser, frame: str) -> None:
    answer = browser.get(frame)
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in answer.headers["Content-Security-Policy"].split(";")
    )
    assert policy == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
        "sandbox": "allow-same-origin allow-popups allow-popups-to-escape-sandbox",
    }
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert '<base target="_blank">' in answer.text
    assert "Choose a new password" in answer.text
    page = browser.get("/dev/outbox").headers
    assert "unsafe-inline" not in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("name", ["1-abcd", "..", "secrets", "%2e%2e%2fsecrets", "1-abcd.eml"])
def test_no_other_file_is_shown(browser: Browser, frame: str, name: str) -> None:
    assert browser.get(f"/dev/outbox/{name}").status_code == 404


def test_no_foreign_host_sees_it(browser: Browser, frame: str) -> None:
    answer = browser.client.get(frame, headers={"Host": "evil.example"})
    assert answer.status_code == 404


def test_in_production_there_is_none(environment: dict[str, str], frame: str) -> None:
    production = {"WEBAPP_MODE": "production", "WEBAPP_BCRYPT_ROUNDS": "10"}
    assert Browser(create_app(environment | SECRETS | production)).get(frame).status_code == 404
