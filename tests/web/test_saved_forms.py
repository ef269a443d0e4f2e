"""A form that met the end of its session is not lost; and whether the session has ended."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import services_of
from tests.support.browser import EMAIL, FIREFOX, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.servers import RedisServer, wait_until
from webapp import create_app
from webapp.core.end_reasons import EndReason
from webapp.core.saved_forms import MAX_SAVED_FORMS, SAVED_FORM_TTL, SavedForm

GRACE = "grace@example.com"
End = Callable[[Flask, Clock], None]
TYPED = {"name": "Ada L", "email": "new@example.com", "current_password": "my secret, typed before"}


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A server of this test alone, to be paused."""
    (tmp_path / "redis").mkdir()
    server = RedisServer(tmp_path / "redis").start()
    yield server
    server.stop()


def end_elsewhere(app: Flask, clock: Clock) -> None:
    elsewhere = Browser(app, FIREFOX)
    elsewhere.sign_in()
    elsewhere.post("/account/sessions/end-others", form_on="/account/sessions")


def stay_away(app: Flask, clock: Clock) -> None:
    clock.advance(13 * 3600)


def send_too_late(
    app: Flask,
    browser: Browser,
    clock: Clock,
    end: End = end_elsewhere,
    path: str = "/account",
    query: str = "",
    status: int = 303,
    **typed: str,
) -> TestResponse:
    """Sign in, open the form, and send it once the session has ended."""
    browser.sign_in()
    csrf_token = browser.csrf_token(path)
    end(app, clock)
    form = {"csrf_token": csrf_token} | (typed or TYPED)
    answer = browser.client.post(path + query, data=form, headers=browser.headers)
    assert answer.status_code == status
    return answer


def send(browser: Browser, form: dict[str, str], **changed: str) -> TestResponse:
    """As it is on a page, whatever has happened meanwhile."""
    return browser.client.post("/account", data=form | changed, headers=browser.headers)


def register_grace(app: Flask) -> None:
    with app.app_context():
        services_of(app).accounts.register(GRACE, PASSWORD, name="Grace", now=0)


def next_after(answer: TestResponse) -> str:
    return parse_qs(urlsplit(answer.location).query)["next"][0]


def fields_on(page: TestResponse) -> dict[str, str]:
    return dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page.text))


class TestComingBack:
    @pytest.mark.parametrize("end", [end_elsewhere, stay_away])
    def test_its_owner_may_change_and_send_it(
        self, app: Flask, browser: Browser, clock: Clock, end: End
    ) -> None:
        back = next_after(send_too_late(app, browser, clock, end))
        assert back.startswith("/continue/")
        assert browser.sign_in(next=back).location == back
        page = browser.get(back)
        assert 'action="/account"' in page.text
        assert "Passwords are not stored" in page.text
        fields = fields_on(page)
        assert {name for name in fields if name != "csrf_token"} == {"name", "email"}
        assert (fields["name"], fields["email"]) == ("Ada L", "new@example.com")
        assert 'value="Ada"' in browser.get("/account").text
        assert send(browser, fields, name="Ada Lovelace", email=EMAIL).status_code == 303
        assert 'value="Ada Lovelace"' in browser.get("/account").text
        assert browser.get(back).location == "/dashboard"

    def test_looking_at_it_does_not_use_it_up(
        self, app: Flask, browser: Browser, clock: Clock
    ) -> None:
        back = next_after(send_too_late(app, browser, clock))
        browser.sign_in()
        browser.client.head(back, headers=browser.headers)
        browser.get(back, **{"Sec-Purpose": "prefetch"})
        browser.get(back)
        assert fields_on(browser.get(back))["name"] == "Ada L"

    def test_sent_twice_it_is_handled_once(
        self, app: Flask, browser: Browser, clock: Clock
    ) -> None:
        back = next_after(send_too_late(app, browser, clock))
        browser.sign_in()
        fields = fields_on(browser.get(back))
        send(browser, fields, name="First", email=EMAIL)
        again = send(browser, fields, name="Second", email=EMAIL)
        assert (again.status_code, again.location) == (303, "/account")
        page = browser.get("/account")
        assert "was already sent" in page.text
        assert 'value="First"' in page.text

    def test_refused_it_is_still_there_until_it_is_right(
        self, app: Flask, browser: Browser, clock: Clock
    ) -> None:
        back = next_after(send_too_late(app, browser, clock))
        browser.sign_in()
        refused = send(browser, fields_on(browser.get(back)))
        assert refused.status_code == 422
        assert browser.get(back).status_code == 200
        corrected = fields_on(refused) | {"current_password": PASSWORD}
        assert send(browser, corrected).status_code == 303
        assert browser.get(back).location == "/dashboard"

    def test_asked_about_first_it_is_still_there_until_it_is_confirmed(
        self, app: Flask, browser: Browser, clock: Clock
    ) -> None:
        browser.sign_in()
        path = "/account/sessions/end-others"
        form = {"csrf_token": browser.csrf_token("/account")}
        browser.sign_out()
        back = next_after(browser.client.post(path, data=form, headers=browser.headers))
        browser.sign_in(next=back)
        clock.advance(15 * 60 + 1)
        token = browser.csrf_token(back)
        asked = browser.client.post(path, data={"csrf_token": token}, headers=browser.headers)
        assert 'data-testid="confirm-form"' in asked.text
        assert browser.get(back).status_code == 200
        answer = fields_on(asked) | {"current_password": PASSWORD}
        assert browser.client.post(path, data=answer, headers=browser.headers).status_code == 303
        assert browser.get(back).location == "/dashboard"

    def test_another_button_on_its_page_does_not_count_as_sending_it(
        self, app: Flask, browser: Browser, clock: Clock
    ) -> None:
        back = next_after(send_too_late(app, browser, clock))
        browser.sign_in()
        token = {"csrf_token": browser.csrf_token(back)}
        browser.client.post("/account/sessions/end-others", data=token, headers=browser.headers)
        assert browser.get(back).status_code == 200

    def test_discarded_it_is_gone(self, app: Flask, browser: Browser, clock: Clock) -> None:
        back = next_after(send_too_late(app, browser, clock))
        browser.sign_in()
        assert browser.post(f"{back}/discard", form_on=back).location == "/continue"
        assert browser.get("/continue").location == "/dashboard"

    def test_its_session_ends_again_and_it_is_kept_as_the_same_one(
        self, app: Flask, browser: Browser, clock: Clock
    ) -> None:
        back = next_after(send_too_late(app, browser, clock))
        browser.sign_in()
        fields = fields_on(browser.get(back))
        end_elsewhere(app, clock)
        assert next_after(send(browser, fields, name="Changed")) == back
        browser.sign_in()
        page = browser.get(back)
        assert fields_on(page)["name"] == "Changed"
        assert "kept-other" not in page.text

    def test_of_several_tabs_each_form_is_kept(
        self, app: Flask, browser: Browser, clock: Clock
    ) -> None:
        browser.sign_in()
        form = {"csrf_token": browser.csrf_token("/account")}
        end_elsewhere(app, clock)
        first, second = (next_after(send(browser, form, name=name)) for name in ("One", "Two"))
        browser.sign_in()
        page = browser.get(first)
        assert f'href="{second}"' in page.text
        send(browser, fields_on(page), email=EMAIL)
        assert browser.get("/continue").location == second
        assert fields_on(browser.get(second))["name"] == "Two"

    def test_a_sign_in_that_leads_elsewhere_offers_it(
        self, app: Flask, browser: Browser, clock: Clock
    ) -> None:
        send_too_late(app, browser, clock)
        browser.sign_in()
        assert 'href="/continue"' in browser.get("/dashboard").text

    def test_its_address_keeps_its_query(self, app: Flask, browser: Browser, clock: Clock) -> None:
        back = next_after(send_too_late(app, browser, clock, query="?page=2"))
        browser.sign_in()
        assert 'action="/account?page=2"' in browser.get(back).text


class TestWithoutItsCookies:
    @pytest.mark.parametrize("remember", ["", "y"])
    def test_it_is_kept(self, app: Flask, clock: Clock, remember: str) -> None:
        browser = Browser(app)
        browser.sign_in(remember=remember)
        form = {"csrf_token": browser.csrf_token("/account"), "name": "Ada L"}
        clock.advance(31 * 24 * 3600)
        later = Browser(app)
        back = next_after(send(later, form))
        assert later.sign_in(next=back).location == back
        assert fields_on(later.get(back))["name"] == "Ada L"

    def test_of_a_tab_whose_user_has_signed_in_again_it_is_shown_at_once(
        self, browser: Browser
    ) -> None:
        browser.sign_in()
        form = {"csrf_token": browser.csrf_token("/account"), "name": "Ada L", "email": EMAIL}
        browser.sign_out()
        browser.sign_in()
        answer = send(browser, form)
        assert answer.status_code == 303
        assert fields_on(browser.get(answer.location))["name"] == "Ada L"

    def test_of_a_tab_where_another_has_signed_in_it_waits_for_its_owner(
        self, app: Flask, browser: Browser
    ) -> None:
        register_grace(app)
        browser.sign_in()
        form = {"csrf_token": browser.csrf_token("/account"), "name": "Ada L", "email": EMAIL}
        browser.sign_out()
        browser.sign_in(GRACE)
        answer = send(browser, form)
        assert answer.status_code == 400
        assert "Ada L" not in answer.text
        assert "saved for its owner" in answer.text
        assert browser.get("/continue").location == "/dashboard"
        browser.sign_out()
        browser.sign_in()
        assert fields_on(browser.get(browser.get("/continue").location))["name"] == "Ada L"


def test_no_password_is_kept_and_nothing_for_long(
    app: Flask, browser: Browser, clock: Clock, redis_server: RedisServer
) -> None:
    secret = {"current_password": "my secret, typed before", "new_password": "my secret, too"}
    send_too_late(app, browser, clock, path="/account/password", **secret)
    client = redis_server.client()
    (key,) = client.keys("draft:*")
    (kept,) = client.hvals(key)
    assert "my secret" not in kept
    assert 0 < client.ttl(key) <= SAVED_FORM_TTL


def test_of_one_owner_only_so_many_are_kept(app: Flask) -> None:
    drafts = services_of(app).saved_forms
    ids = [
        drafts.save(SavedForm("ada", "/", [("n", f"{at}")], False, at))
        for at in range(MAX_SAVED_FORMS + 5)
    ]
    assert list(drafts.saved("ada", MAX_SAVED_FORMS + 5)) == ids[: -MAX_SAVED_FORMS - 1 : -1]
    assert drafts.saved("ada", MAX_SAVED_FORMS + 5 + SAVED_FORM_TTL) == {}


def test_no_other_user_gets_it_and_its_owner_still_does(
    app: Flask, browser: Browser, clock: Clock
) -> None:
    register_grace(app)
    back = next_after(send_too_late(app, browser, clock))
    assert browser.get(back).location == f"/login?next={back}"
    browser.sign_in(GRACE, next=back)
    answer = browser.get(back)
    assert (answer.status_code, answer.location) == (303, "/dashboard")
    assert "Ada L" not in answer.text
    browser.sign_out()
    browser.sign_in()
    assert fields_on(browser.get(back))["name"] == "Ada L"


@pytest.mark.parametrize("token", ["", "forged", "of a guest"])
def test_a_form_that_no_page_of_a_session_has_made_is_not_kept(
    app: Flask, browser: Browser, redis_server: RedisServer, clock: Clock, token: str
) -> None:
    if token == "of a guest":
        token = Browser(app).csrf_token("/login")
    answer = send_too_late(app, browser, clock, **TYPED, csrf_token=token)
    assert next_after(answer) == "/account"
    assert redis_server.client().keys("draft:*") == []


@pytest.mark.parametrize(
    "reason",
    [
        EndReason.REUSE,
        EndReason.PASSWORD_CHANGED,
        EndReason.DISABLED,
        EndReason.ENDED_BY_ADMIN,
    ],
)
def test_a_session_that_a_thief_may_have_leaves_no_form_for_the_owner(
    app: Flask, browser: Browser, redis_server: RedisServer, clock: Clock, reason: EndReason
) -> None:
    browser.sign_in()
    form = {"csrf_token": browser.csrf_token("/account")} | TYPED
    with app.app_context():
        services = services_of(app)
        user, _ = services.accounts.find(EMAIL)
        services.devices.end_all(user.id, reason, clock())
    for each in (browser, Browser(app)):  # with its cookies, and without
        assert next_after(send(each, form)) == "/account"
    assert redis_server.client().keys("draft:*") == []


@pytest.mark.impatient
def test_while_it_cannot_be_kept_it_stays_in_the_browser(
    environment: dict[str, str], clock: Clock, own_redis: RedisServer
) -> None:
    app = create_app(environment | {"REDIS_URL": own_redis.url}, clock)
    browser = Browser(app)

    def end(app: Flask, clock: Clock) -> None:
        end_elsewhere(app, clock)
        own_redis.pause()

    answer = send_too_late(app, browser, clock, end, status=503)
    own_redis.resume()
    assert "Set-Cookie" not in answer.headers


@pytest.mark.impatient
def test_an_outage_loses_neither_the_sign_in_nor_the_form(
    environment: dict[str, str], clock: Clock, own_redis: RedisServer
) -> None:
    browser = Browser(create_app(environment | {"REDIS_URL": own_redis.url}, clock))
    browser.sign_in()
    form = {"csrf_token": browser.csrf_token("/account"), "name": "Ada L", "email": EMAIL}
    held = browser.refresh_token
    clock.advance(301)
    own_redis.pause()
    answer = browser.client.post("/account", data=form, headers=browser.headers)
    status = browser.fetch("/session")
    own_redis.resume()
    assert (answer.status_code, status.status_code) == (503, 204)
    assert "Set-Cookie" not in answer.headers
    assert browser.refresh_token == held
    send = partial(browser.client.post, "/account", data=form, headers=browser.headers)
    wait_until(lambda: send().status_code == 303)
    assert 'value="Ada L"' in browser.get("/account").text
