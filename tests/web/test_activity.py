"""What happened to an account, in words: for its owner, and for admins."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from scripts.bootstrap import ROOT
from tests.conftest import services_of
from tests.support.browser import EMAIL, FIREFOX, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.mails import newest_mail, subjects
from webapp.core.errors import Unavailable
from webapp.core.security_events import EventKind
from webapp.store.redis.generations import RedisGenerations
from webapp.web.event_texts import ICON_OF, ICONS

ACTIVITY, DEVICES = "/account/activity", "/account/sessions"
FROM_ANOTHER = "This device was signed out from another one"
EVENT = re.compile(r'data-kind="([^"]+)">(.*?)</li>', re.S)


def events_on(browser: Browser, path: str = ACTIVITY) -> list[tuple[str, str]]:
    """Kind and words, as they are listed."""
    found = EVENT.findall(browser.get(path).text)
    return [(kind, " ".join(re.sub(r"<[^>]+>", " ", html).split())) for kind, html in found]


def kinds_on(browser: Browser, path: str = ACTIVITY) -> list[str]:
    return [kind for kind, _ in events_on(browser, path)]


def test_an_owner_sees_what_happened_newest_first_and_from_where(
    app: Flask, browser: Browser
) -> None:
    firefox = Browser(app, FIREFOX)
    firefox.post("/login", email=EMAIL, password="a wrong one")
    firefox.sign_in()
    firefox.sign_out()
    browser.sign_in()
    shown = events_on(browser)
    assert [kind for kind, _ in shown] == [
        "signed_in",
        "session_ended",
        "signed_in",
        "sign_in_failed",
        "registered",
    ]
    assert shown[0][1].startswith("Signed in Chrome 142 on Linux 127.0.0.1")
    assert shown[3][1].startswith("Sign-in failed Firefox 144 on Windows 127.0.0.1")
    assert "request" not in shown[3][1]


def test_a_filter_shows_its_kind_and_says_so_if_there_is_none(browser: Browser) -> None:
    browser.post("/login", email=EMAIL, password="a wrong one")
    browser.sign_in()
    assert kinds_on(browser, f"{ACTIVITY}?kind=signed_in") == ["signed_in"]
    assert kinds_on(browser, f"{ACTIVITY}?kind=sign_in_failed") == ["sign_in_failed"]
    for kind in ("email_changed", "role_changed"):
        assert "No events of this kind yet." in browser.get(f"{ACTIVITY}?kind={kind}").text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("kind=no-such-kind", "There is no filter “no-such-kind”."),
        ("kind=<script>", "There is no filter “&lt;script&gt;”."),
        ("page=99", "There is no page 99."),
    ],
)
def test_what_cannot_be_shown_is_named_with_a_way_to_what_can(
    browser: Browser, query: str, words: str
) -> None:
    browser.sign_in()
    page = browser.get(f"{ACTIVITY}?{query}").text
    assert words in page
    assert f'href="{ACTIVITY}"\n' in page or f'href="{ACTIVITY}" data-testid="events-all"' in page
    assert kinds_on(browser, f"{ACTIVITY}?{query}") == []


def test_an_admin_who_asks_for_an_unknown_user_sees_that_there_is_none(
    app: Flask, browser: Browser, clock: Clock
) -> None:
    services = services_of(app)
    with app.app_context():
        user = services.accounts.register("root@example.com", PASSWORD, role="admin", now=clock())
    browser.sign_in("root@example.com")
    assert "There is no account with this id." in browser.get("/admin/events?user=nobody").text
    assert "events of <b>root@example.com</b>" in browser.get(f"/admin/events?user={user.id}").text


@pytest.mark.parametrize(
    ("kind", "beginnings"),
    [
        ("password_changed", ("password_", "reset_")),
        ("email_changed", ("email_",)),
        ("passkey_added", ("passkey_", "authenticator_", "recovery_", "code_")),
    ],
)
def test_the_filters_password_and_e_mail_cover_every_event_about_them(
    app: Flask, browser: Browser, clock: Clock, kind: str, beginnings: tuple[str, ...]
) -> None:
    browser.sign_in()
    services = services_of(app)
    with app.app_context():
        user, _ = services.accounts.find(EMAIL)
        assert user
        for each in EventKind:
            services.events.record(each, user.id, clock())
    wanted = {str(each) for each in EventKind if each.startswith(beginnings)}
    assert wanted <= set(kinds_on(browser, f"{ACTIVITY}?kind={kind}"))


def test_a_sign_out_names_the_device_that_was_signed_out(app: Flask, browser: Browser) -> None:
    firefox, curl = Browser(app, FIREFOX), Browser(app, "curl/8.5.0")
    for each in (browser, firefox, curl):
        each.sign_in()
    sid = re.findall(r'data-sid="([^"]+)"\s+data-current="true"', firefox.get(DEVICES).text)[0]
    browser.post(f"{DEVICES}/{sid}/end", form_on=DEVICES)
    browser.post(f"{DEVICES}/end-others", form_on=DEVICES)
    others, one = [words for _, words in events_on(browser, f"{ACTIVITY}?kind=session_ended")]
    assert one.startswith(f"Signed out {FROM_ANOTHER} Firefox 144 on Windows 127.0.0.1")
    assert others.startswith(f"Signed out {FROM_ANOTHER} curl 8")
    assert "Chrome" not in one + others


def test_sixty_events_are_three_pages_that_keep_the_filter(
    app: Flask, browser: Browser, clock: Clock
) -> None:
    browser.sign_in()
    services = services_of(app)
    with app.app_context():
        user, _ = services.accounts.find(EMAIL)
        assert user
        for number in range(60):
            services.events.record(EventKind.EMAIL_CHANGED, user.id, clock() + number, str(number))
    path = f"{ACTIVITY}?kind=email_changed"
    pages = [[words for _, words in events_on(browser, f"{path}&page={n}")] for n in (1, 2, 3)]
    assert [len(page) for page in pages] == [25, 25, 10]
    numbers = [int(words.split()[3]) for page in pages for words in page]
    assert numbers == list(range(60))[::-1]
    middle = browser.get(f"{path}&page=2").text
    assert "Page 2 of 3" in middle
    assert f'href="{ACTIVITY}?kind=email_changed&amp;page=3"' in middle
    assert kinds_on(browser, f"{path}&page=999") == []
    for nonsense in ("0", "-1", "x", "9" * 40):
        assert len(events_on(browser, f"{path}&page={nonsense}")) in (25, 0)


def test_only_admins_see_the_events_of_other_users(app: Flask, browser: Browser) -> None:
    with app.app_context():
        accounts = services_of(app).accounts
        accounts.register("root@example.com", PASSWORD, role="admin", now=0)
        ada, _ = accounts.find(EMAIL)
    assert ada
    browser.sign_in()
    admin = Browser(app, FIREFOX)
    admin.sign_in("root@example.com")
    mine = kinds_on(browser)
    assert mine == ["signed_in", "registered"]
    assert kinds_on(browser, f"{ACTIVITY}?user={ada.id}") == mine
    everybodys = events_on(admin, "/admin/events")
    assert [words for _, words in everybodys if "root@example.com" in words]
    hers = events_on(admin, f"/admin/events?user={ada.id}")
    assert [kind for kind, _ in hers] == mine
    assert all(EMAIL in words for _, words in hers)
    assert "Request id" in hers[0][1]
    assert kinds_on(admin, f"/admin/events?user={ada.id}&kind=signed_in") == ["signed_in"]


@pytest.mark.parametrize("path", [ACTIVITY, DEVICES])
def test_what_a_program_calls_itself_is_not_shown(browser: Browser, path: str) -> None:
    browser.headers["User-Agent"] = "Evil: sign in at http://evil.example/1.0"
    browser.sign_in()
    page = browser.get(path).text
    assert "evil.example" not in page
    assert "an unknown program" in page


def test_a_stolen_session_ends_once_and_its_owner_sees_it_here_and_by_mail(
    app: Flask, browser: Browser, clock: Clock
) -> None:
    elsewhere, thief = Browser(app, FIREFOX), Browser(app)
    elsewhere.sign_in()
    browser.sign_in()
    copy = {"refresh_token": browser.refresh_token}
    for _ in range(2):  # the owner goes on, so the copy becomes an old one
        clock.advance(301)
        assert browser.is_in()
    for _ in range(3):
        thief.keep(copy)
        assert not thief.is_in()
    assert not browser.is_in()
    shown = [words for _, words in events_on(elsewhere)]
    assert any("The copy was used from Chrome 142 on Linux, 127.0.0.1" in words for words in shown)
    assert sum(words.startswith("A copied sign-in was used, and ended") for words in shown) == 1
    assert subjects(app, EMAIL) == [
        "We signed you out to protect you",
        "New sign-in to your account",
    ]
    assert newest_mail(app, EMAIL).links[0].endswith("/account/password")


def test_a_theft_is_mailed_also_if_the_worker_that_noticed_it_was_cut_off(
    app: Flask, browser: Browser, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    redeem = RedisGenerations.redeem

    def cut_off(*what: Any, **more: Any) -> None:
        redeem(*what, **more)
        raise Unavailable

    browser.sign_in()
    copy = browser.refresh_token
    for _ in range(2):
        clock.advance(301)
        assert browser.is_in()
    thief = Browser(app)
    thief.keep({"refresh_token": copy})
    with monkeypatch.context() as cut:
        cut.setattr(RedisGenerations, "redeem", cut_off)
        assert thief.get("/dashboard").status_code == 503
    for held in (thief, browser, thief):
        assert not held.is_in()
    assert subjects(app, EMAIL) == ["We signed you out to protect you"]


def test_events_are_grouped_by_day(app: Flask, browser: Browser, clock: Clock) -> None:
    browser.sign_in()
    services = services_of(app)
    with app.app_context():
        user, _ = services.accounts.find(EMAIL)
        assert user
        for days, detail in enumerate(("a", "b", "c")):
            at = clock() - days * 86400
            services.events.record(EventKind.EMAIL_CHANGED, user.id, at, detail)
    path = f"{ACTIVITY}?kind=email_changed"
    headings = re.findall(r'data-testid="day">([^<]+)<', browser.get(path).text)
    before = datetime.fromtimestamp(clock() - 2 * 86400, UTC).strftime("%-d %B %Y")
    assert headings == ["Today", "Yesterday", before]
    assert [words.split()[3] for _, words in events_on(browser, path)] == ["a", "b", "c"]


def test_each_kind_of_event_has_an_icon() -> None:
    assert set(ICON_OF) == set(EventKind)
    drawn = (ROOT / "templates" / "_event_icons.html").read_text()
    assert {name for name in ICONS if f'"{name}"' not in drawn} == {"shield"}
