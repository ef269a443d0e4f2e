"""Pages in each language, in a real browser: they fit a phone, and scripts speak it as well."""

import pytest
from flask import Flask

from tests.support.factors import switch_on_second_step

from .looks import DESKTOP, PHONE, look, too_wide
from .page import Page

GUESTS = ["/", "/login", "/register", "/forgot-password", "/nowhere"]
USERS = [
    *("/dashboard", "/account", "/account/security", "/account/sessions", "/account/activity"),
    *("/account/passkeys", "/account/recovery-codes", "/account/authenticator"),
    *("/account/password", "/account/delete"),
]


def choose(page: Page, language: str) -> None:
    page.open("/")
    page.click(f"language-{language}")
    page.wait(lambda: page.script("return document.documentElement.lang") == language)


@pytest.mark.parametrize("language", ["en", "vi", "th"])
def test_every_page_fits_a_phone(app: Flask, page: Page, language: str) -> None:
    choose(page, language)
    wide: dict[str, list[str]] = {}
    look(page, "light", PHONE)
    for path in (*GUESTS, *USERS):
        if path == USERS[0]:
            page.let_in(app)
            switch_on_second_step(app)
        page.open(path)
        wide[path] = too_wide(page, PHONE)
    look(page, "light", DESKTOP)
    assert {path: found for path, found in wide.items() if found} == {}


def test_the_switch_stays_on_its_page_and_works_without_scripts(page: Page) -> None:
    page.open("/register")
    page.cdp("Emulation.setScriptExecutionDisabled", value=True)
    page.click("language-vi")
    page.wait(lambda: page.text("register-submit") == "Tạo tài khoản")
    page.cdp("Emulation.setScriptExecutionDisabled", value=False)
    assert page.path == "/register"


def test_scripts_use_the_language_and_gregorian_years(app: Flask, page: Page) -> None:
    choose(page, "th")
    page.let_in(app)
    page.open("/account/sessions")
    page.wait(lambda: "วินาทีที่แล้ว" in page.text("device-seen"))
    title = page.script("return document.querySelector('time').title")
    assert "20" in title
    assert "25" not in title.split()[0].split("/")[-1]
    page.open("/login")
    page.cdp("Network.clearBrowserCookies")
    choose(page, "th")
    page.open("/login")
    page.click("login-submit")
    assert "โปรดตรวจสอบแบบฟอร์มนี้" in page.text("error-summary")
