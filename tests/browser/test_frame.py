"""The frame of all pages: one line at the top, the account menu, the theme, and paper."""

import pytest
from flask import Flask
from selenium.webdriver import ActionChains, Keys

from tests.support.clock import Clock

from .looks import DESKTOP, look, too_wide
from .page import Page
from .test_account_pages import make_admin
from .test_languages import choose

PHONE = 360
# Left and right end, middle and height of all that can be pressed in the header.
TARGETS = """
const targets = 'header > a, header > nav :is(a, button), header summary';
return [...document.querySelectorAll(targets)]
  .map((target) => target.getBoundingClientRect())
  .map(({ left, right, top, bottom }) => [left, right, (top + bottom) / 2, bottom - top]);
"""
BACKGROUND = "return getComputedStyle(document.body).backgroundColor"
LIGHT, DARK = "rgb(243, 247, 244)", "rgb(12, 19, 16)"


def is_open(page: Page) -> bool:
    return bool(page.script("return document.querySelector('details.menu').open"))


@pytest.fixture
def signed_in(page: Page, app: Flask) -> Page:
    page.let_in(app)
    page.open("/account")
    return page


class TestHeader:
    @pytest.mark.parametrize("language", ["en", "vi", "th"])
    def test_is_one_line_on_each_screen(
        self, page: Page, app: Flask, clock: Clock, language: str
    ) -> None:
        choose(page, language)
        make_admin(app, clock)
        for path in ("/login", "/account"):
            if path == "/account":
                page.let_in(app)
            for width in (320, PHONE, 900, 1060, DESKTOP):
                look(page, "light", width)
                page.open(path)
                targets = page.script(TARGETS)
                lefts, rights, middles, heights = zip(*targets, strict=True)
                assert max(middles) - min(middles) < 3, (path, width)
                assert min(heights) >= 24, (path, width)
                assert all(right - left >= 24 for left, right in zip(lefts, rights, strict=True))
                # None is on another one.
                assert list(lefts) == sorted(lefts)
                assert all(right <= left for right, left in zip(rights, lefts[1:], strict=False))
                assert too_wide(page, width) == []

    @pytest.mark.parametrize("width", [PHONE, DESKTOP])
    def test_signs_out_at_once(self, signed_in: Page, width: int) -> None:
        look(signed_in, "light", width)
        assert signed_in.find("logout").accessible_name == "Sign out"
        signed_in.click("logout")
        signed_in.wait_for_message("You are signed out")


class TestMenu:
    def test_opens_without_scripts(self, signed_in: Page) -> None:
        signed_in.cdp("Emulation.setScriptExecutionDisabled", value=True)
        signed_in.open("/account")
        signed_in.click("account-menu-button")
        signed_in.click("menu-devices")
        signed_in.wait(lambda: signed_in.path == "/account/sessions")

    def test_signs_out(self, signed_in: Page) -> None:
        signed_in.click("account-menu-button")
        signed_in.click("menu-logout")
        signed_in.wait_for_message("You are signed out")

    def test_escape_closes_it_and_the_focus_is_back_on_its_button(self, signed_in: Page) -> None:
        signed_in.find("account-menu-button").send_keys(Keys.ENTER)
        signed_in.wait(lambda: is_open(signed_in))
        signed_in.find("menu-activity").send_keys(Keys.ESCAPE)
        assert not is_open(signed_in)
        focused = "return document.activeElement.dataset.testid"
        assert signed_in.script(focused) == "account-menu-button"

    def test_a_click_outside_closes_it(self, signed_in: Page) -> None:
        signed_in.click("account-menu-button")
        ActionChains(signed_in.driver).move_to_element(
            signed_in.find("menu-email")
        ).click().perform()
        assert is_open(signed_in)
        ActionChains(signed_in.driver).move_by_offset(-500, 0).click().perform()
        assert not is_open(signed_in)

    def test_it_closes_when_the_focus_goes_on(self, signed_in: Page) -> None:
        signed_in.click("account-menu-button")
        signed_in.find("menu-logout").send_keys(Keys.SHIFT, Keys.TAB)
        assert is_open(signed_in)
        signed_in.find("menu-logout").send_keys(Keys.TAB)
        assert not is_open(signed_in)


class TestTheme:
    @pytest.mark.parametrize(("theme", "system"), [("dark", "light"), ("light", "dark")])
    def test_a_choice_comes_before_the_system(self, page: Page, theme: str, system: str) -> None:
        look(page, system, DESKTOP)
        page.open("/register")
        assert page.script(BACKGROUND) == (LIGHT if system == "light" else DARK)
        page.cdp("Emulation.setScriptExecutionDisabled", value=True)
        page.click(f"theme-{theme}")
        page.cdp("Emulation.setScriptExecutionDisabled", value=False)
        page.wait(lambda: page.script(BACKGROUND) == (LIGHT if theme == "light" else DARK))
        assert page.path == "/register"
        page.click("theme-system")
        page.wait(lambda: page.script(BACKGROUND) == (LIGHT if system == "light" else DARK))

    def test_users_choose_in_the_menu(self, signed_in: Page) -> None:
        look(signed_in, "light", PHONE)
        signed_in.click("account-menu-button")
        signed_in.click("menu-theme-dark")
        signed_in.wait(lambda: signed_in.script(BACKGROUND) == DARK)
        assert signed_in.path == "/account"


@pytest.mark.parametrize("scripts", [True, False])
def test_what_was_saved_can_be_seen_on_a_phone(signed_in: Page, scripts: bool) -> None:
    look(signed_in, "light", PHONE)
    signed_in.cdp("Emulation.setScriptExecutionDisabled", value=not scripts)
    signed_in.open("/account")
    signed_in.fill(name="Countess Lovelace")
    signed_in.click("account-submit")
    signed_in.wait_for_message("Saved")
    box = "const { top, bottom } = document.querySelector('.saved').getBoundingClientRect();"
    signed_in.wait(lambda: signed_in.script(f"{box} return top >= 0 && bottom <= innerHeight"))


def test_paper_shows_the_content_alone_and_is_white(signed_in: Page) -> None:
    signed_in.open("/account/activity")
    dark_print = [{"name": "prefers-color-scheme", "value": "dark"}]
    signed_in.cdp("Emulation.setEmulatedMedia", media="print", features=dark_print)
    shown = (
        "return [...document.querySelectorAll('header, footer, nav')].filter((e) => e.offsetParent)"
    )
    assert signed_in.script(shown) == []
    assert signed_in.find("event").is_displayed()
    assert signed_in.script(BACKGROUND) == "rgb(255, 255, 255)"
    signed_in.cdp("Emulation.setEmulatedMedia", media="")
