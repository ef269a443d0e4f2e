"""What only people without scripts see; that every form works for them: test_account_pages.py."""

import pytest

from tests.support.browser import PASSWORD

from .page import Page


@pytest.fixture(autouse=True)
def scripts_are_off(page: Page) -> None:
    page.cdp("Emulation.setScriptExecutionDisabled", value=True)


def test_a_weak_password_is_called_weak_once_it_is_sent(page: Page) -> None:
    page.open("/register")
    page.fill(email="grace@example.com", password="aaaaaaaaaaaaaaaaaaaa")
    page.click("register-submit")
    assert "guess" in page.text("error-password")
    assert page.find("email").get_attribute("value") == "grace@example.com"
    page.fill(password=PASSWORD)
    page.click("register-submit")
    page.wait_for_message("Thank you")


def test_nothing_is_shown_that_needs_scripts(page: Page) -> None:
    for path in ("/login", "/register"):
        page.open(path)
        for testid in ("show-password", "fill-demo", "strength", "strength-words"):
            assert not any(each.is_displayed() for each in page.find_all(testid)), testid
