"""What all pages have in common: header, account menu, theme, messages beside a form, times."""

import re
from html.parser import HTMLParser

import pytest
from flask import Flask
from markupsafe import Markup

from tests.conftest import services_of
from tests.support.browser import EMAIL, PASSWORD, Browser, set_cookies
from tests.support.clock import Clock
from tests.support.factors import create_codes, switch_on_second_step
from tests.support.soft_passkey import SoftPasskey, add_passkey
from webapp.core.models import User
from webapp.web.avatars import TONES, avatar_tone, initials
from webapp.web.template_context import unbroken

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


class TestTheme:
    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_is_a_cookie_of_this_browser(self, browser: Browser, theme: str) -> None:
        answer = browser.client.post(
            "/theme?next=/login", data={"theme": theme}, headers=SAME_ORIGIN
        )
        assert (answer.status_code, answer.location) == (303, "/login")
        assert {"HttpOnly", "Max-Age=34560000"} <= set(set_cookies(answer)["theme"].split("; "))
        page = browser.get("/login").text
        assert f'<html lang="en" data-theme="{theme}">' in page
        assert page.count('name="theme-color"') == 1
        assert re.search(rf'aria-current="true"\s+data-testid="theme-{theme}"', page)

    def test_without_a_choice_it_is_the_systems(self, browser: Browser) -> None:
        page = browser.get("/login").text
        assert '<html lang="en">' in page
        assert re.search(r'aria-current="true"\s+data-testid="theme-system"', page)

    def test_the_systems_can_be_chosen_again(self, browser: Browser) -> None:
        browser.client.set_cookie("theme", "dark")
        answer = browser.client.post("/theme", data={"theme": "system"}, headers=SAME_ORIGIN)
        assert "Max-Age=0" in set_cookies(answer)["theme"]
        assert "data-theme" not in browser.get("/login").text

    def test_users_choose_with_a_token_of_their_session(self, browser: Browser) -> None:
        browser.sign_in()
        answer = browser.post("/theme?next=/account", form_on="/account", theme="dark")
        assert answer.location == "/account"
        assert 'data-theme="dark"' in browser.get("/account").text

    @pytest.mark.parametrize("theme", ["", "blue", 'dark"'])
    def test_an_unknown_one_changes_nothing(self, browser: Browser, theme: str) -> None:
        answer = browser.client.post("/theme", data={"theme": theme}, headers=SAME_ORIGIN)
        assert answer.status_code == 303
        assert "theme" not in set_cookies(answer)

    def test_the_cookie_of_another_app_does_not_count(self, app: Flask) -> None:
        cookies = {"Cookie": 'theme="><script>; theme=solarized; theme=dark'}
        page = app.test_client(use_cookies=False).get("/login", headers=cookies).text
        assert '<html lang="en" data-theme="dark">' in page

    @pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil", "x"])
    def test_it_leads_nowhere_else(self, browser: Browser, target: str) -> None:
        data = {"theme": "dark", "next": target}
        assert browser.client.post("/theme", data=data, headers=SAME_ORIGIN).location == "/"

    def test_other_sites_do_not_choose(self, browser: Browser) -> None:
        headers = {"Sec-Fetch-Site": "cross-site"}
        answer = browser.client.post("/theme", data={"theme": "dark"}, headers=headers)
        assert answer.status_code == 400


class TestAvatar:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("Ada", "A"),
            ("ada lovelace", "AL"),
            ("Nguyễn Thị Ánh", "NÁ"),
            ("ánh", "Á"),
            ("สมชาย ใจดี", "สใ"),
            ("Ada “the first” King-Noel", "AK"),
            ("(Ada)", "A"),
            ("", "G"),
            ("“ ”", "G"),
        ],
    )
    def test_initials(self, name: str, expected: str) -> None:
        assert initials(User("1", "grace@example.com", name, "user")) == expected

    def test_the_colour_stays_with_the_user(self) -> None:
        def tone(user_id: str, email: str = EMAIL) -> int:
            return avatar_tone(User(user_id, email, "", "user"))

        assert tone("1") == tone("1", "other@example.com")
        assert {tone(str(number)) for number in range(100)} == set(range(TONES))


class TestMenu:
    def test_says_who_is_signed_in(self, browser: Browser) -> None:
        browser.sign_in()
        page = browser.get("/account").text
        assert f'data-testid="menu-email">{EMAIL}<' in page
        for name in ("account", "devices", "activity", "security", "logout", "theme-dark"):
            assert page.count(f'data-testid="menu-{name}"') == 1
        assert page.count('data-testid="logout"') == 1

    def test_is_not_for_guests(self, browser: Browser) -> None:
        assert "account-menu" not in browser.get("/login").text

    def test_signs_out(self, browser: Browser) -> None:
        browser.sign_in()
        page = browser.get("/account").text
        form = page[page.index('data-testid="menu-logout-form"') :]
        token = re.search(r'name="csrf_token" value="([^"]+)"', form)
        assert token
        data = {"csrf_token": token[1]}
        browser.client.post("/logout", data=data, headers=browser.headers)
        assert "/login" in browser.get("/account").location


SAVED = re.compile(r'<p class="saved"[^>]*role="status"[^>]*data-testid="flash"')
BAR = 'class="flash success"'


class TestSaved:
    """The message stands beside the button of the form, once."""

    def test_profile(self, browser: Browser) -> None:
        browser.sign_in()
        browser.post("/account", form_on="/account", name="Countess", email=EMAIL)
        page = browser.get("/account").text
        assert SAVED.search(page)
        assert page.count("Saved.") == 1
        assert BAR not in page
        assert "Saved." not in browser.get("/account").text

    def test_password(self, browser: Browser) -> None:
        browser.sign_in()
        path, new = "/account/password", "an owl counts paper boats"
        browser.post(path, form_on=path, current_password=PASSWORD, new_password=new)
        page = browser.get(path).text
        assert SAVED.search(page)
        assert BAR not in page

    def test_a_page_without_the_form_shows_it_at_its_top(self, browser: Browser) -> None:
        browser.sign_in()
        browser.post("/account", form_on="/account", name="Countess", email=EMAIL)
        page = browser.get("/account/security").text
        assert BAR in page
        assert page.count("Saved.") == 1


class AgoTexts(HTMLParser):
    """Texts such as “4 min ago” that no script keeps up to date."""

    VOID = frozenset({"meta", "link", "input", "br", "img", "path", "circle", "rect", "hr"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.kept = 0
        self._open: list[bool] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.VOID:
            return
        keeps = "data-ago" in dict(attrs)
        assert not keeps or tag != "time" or dict(attrs).get("datetime")
        self._open.append(keeps)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if re.search(r"\d+ (s|min|h|days) ago", data):
            if self._open[-1]:
                self.kept += 1
            else:
                self.found.append(data)


def test_every_relative_time_keeps_up_to_date(app: Flask, browser: Browser, clock: Clock) -> None:
    browser.sign_in()
    Browser(app).sign_in()
    add_passkey(browser, SoftPasskey(services_of(app).settings.public_url))
    create_codes(app)
    switch_on_second_step(app)
    clock.advance(70)
    seen = {}
    for path in (
        *("/dashboard", "/account/sessions", "/account/activity", "/account/security"),
        *("/account/passkeys", "/account/authenticator", "/account/recovery-codes"),
        "/dev/outbox",
    ):
        texts = AgoTexts(browser.get(path).text)
        assert texts.found == [], path
        seen[path] = texts.kept
    clock.advance(16 * 60)
    sid = browser.get("/account/sessions").text.split('data-sid="')[2].split('"')[0]
    question = browser.post(f"/account/sessions/{sid}/end", form_on="/account/sessions")
    texts = AgoTexts(question.text)
    assert (texts.found, texts.kept) == ([], 1)
    assert {path for path, kept in seen.items() if not kept} <= {"/account/security", "/dev/outbox"}


def test_a_word_with_a_hyphen_stays_on_one_line_and_nothing_becomes_markup() -> None:
    assert unbroken("Your e-mail, <b>") == ('Your <span class="unbroken">e-mail</span>, &lt;b&gt;')
    tagged = Markup('<b data-testid="pending-email">a-very-long-name-with-hyphens@example.com</b>')
    assert unbroken(tagged) == tagged
