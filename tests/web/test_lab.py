"""The lab: for whom it is there, what it records and what it never shows."""

import re

import pytest
import redis
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import services_of
from tests.support.browser import EMAIL, PASSWORD, Browser, set_cookies
from tests.support.clock import Clock
from tests.support.servers import RedisServer
from webapp import create_app
from webapp.core.errors import Unavailable
from webapp.core.keys import generate_secret
from webapp.core.rate_limits import LAB_PER_ACCOUNT, LAB_PER_IP
from webapp.lab.live.exchanges import START
from webapp.lab.live.redis_exchanges import EXCHANGES_TTL, MAX_EXCHANGES
from webapp.lab.sandbox.run import POLICIES
from webapp.lab.sandbox.scenarios import ALL
from webapp.lab.tour import TOUR

PAGES = [
    "/lab",
    "/lab/events",
    "/lab/walk/1",
    "/lab/scenarios/expired-token",
    "/lab/compare/expired-token",
    "/lab/compare",
    "/lab/questions",
    "/lab/architectures",
    "/lab/lifetimes",
]


@pytest.fixture
def looking(browser: Browser) -> Browser:
    """Signed in, with the lab open."""
    browser.sign_in()
    assert browser.get("/lab").status_code == 200
    return browser


def events(browser: Browser, after: str = "") -> TestResponse:
    headers = {"Sec-Fetch-Mode": "cors", "User-Agent": browser.headers["User-Agent"]}
    return browser.client.get(f"/lab/events?after={after}", headers=headers)


def verdicts(answer: TestResponse) -> list[str]:
    """The newest first."""
    titles = re.findall(r"<code>(.+?)</code>", answer.text)
    found = re.findall(r'data-testid="verdict">(.+?)<', answer.text)
    return [f"{title}: {verdict}" for title, verdict in zip(titles, found, strict=True)]


def place(answer: TestResponse) -> str:
    found = re.search(r'data-place="([0-9-]+)"', answer.text)
    assert found
    return found[1]


class TestIsThere:
    @staticmethod
    def production(environment: dict[str, str], **more: str) -> Browser:
        secrets = {
            "WEBAPP_MODE": "production",
            "WEBAPP_SECRET_KEY": generate_secret(),
            "WEBAPP_ACCESS_TOKEN_KEYS": f"a:{generate_secret()}",
            "WEBAPP_REFRESH_TOKEN_KEYS": f"r:{generate_secret()}",
            "WEBAPP_BCRYPT_ROUNDS": "10",
        }
        browser = Browser(create_app(environment | secrets | more))
        browser.sign_in()
        return browser

    def test_not_in_production(
        self, environment: dict[str, str], redis_server: RedisServer
    ) -> None:
        browser = self.production(environment)
        browser.client.set_cookie("token_lab", "1")
        assert {browser.get(path).status_code for path in PAGES} == {404}
        assert "nav-lab" not in browser.get("/dashboard").text
        assert not redis_server.client().keys("lab:*")

    def test_in_production_where_it_is_asked_for(self, environment: dict[str, str]) -> None:
        browser = self.production(environment, WEBAPP_LAB="1")
        assert browser.get("/lab").status_code == 200
        assert "nav-lab" in browser.get("/dashboard").text

    def test_for_guests_too_but_for_a_session_of_their_own(self, browser: Browser) -> None:
        for path in PAGES:
            answer = browser.get(path)
            if path == "/lab/events":
                assert answer.location.partition("?")[0] == "/login"
            else:
                assert answer.status_code == 200
        assert 'data-testid="lab-guest"' in browser.get("/lab").text
        assert browser.post("/lab/scenarios/five-tabs").status_code == 200
        assert "nav-lab" in browser.get("/").text

    def test_guests_of_one_address_share_a_limit(self, browser: Browser) -> None:
        for _ in range(LAB_PER_IP.amount):
            assert browser.get("/lab/compare/expired-token").status_code == 200
        assert browser.get("/lab/compare/expired-token").status_code == 429

    def test_and_leads_back_after_signing_in(self, browser: Browser) -> None:
        login = re.search(r'href="(/login[^"]*)"', browser.get("/lab").text.partition("<main")[2])
        assert login
        answer = browser.post(login[1], email=EMAIL, password=PASSWORD, next="/lab")
        assert answer.location == "/lab"

    def test_a_prediction_is_answered_in_one_sentence(self, browser: Browser) -> None:
        """The choice, and what happens: no second box that seems to contradict the outcome."""
        said = {}
        for number, right in enumerate(each.right for each in ALL["five-tabs"].choices):
            page = browser.post("/lab/scenarios/five-tabs", prediction=str(number)).text
            answer = page.partition('data-testid="prediction"')[2].partition("</p>")[0]
            said[right] = " ".join(answer.rpartition("</b>")[2].partition("</span>")[0].split())
        wrong = "You chose “The late tab looks like a thief: all five are signed out”; what "
        assert said[False] == f"{wrong}happens is “All five stay signed in”."
        right_ = "You chose “All five stay signed in”, and that is what happens."
        assert said[True] == right_

    def test_the_table_of_all_scenarios_is_what_the_single_pages_show(
        self, browser: Browser
    ) -> None:
        table = browser.get("/lab/compare").text
        for slug in ALL:
            row = table.partition(f'data-testid="matrix-{slug}"')[2].partition("</tr>")[0]
            right = re.findall(r'data-policy="([^"]+)"\s+data-right="(yes|no)"', row)
            assert [policy for policy, _ in right] == list(POLICIES)
            page = browser.get(f"/lab/compare/{slug}").text
            for policy, is_right in right:
                card = page.partition(f'data-testid="policy-{policy}"')[2]
                card = card.partition("</summary>")[0]
                assert ('data-right="no"' in card) == (is_right == "no"), (slug, policy)
        assert f'data-testid="wins-evergreen">\n            <b>{len(ALL)}</b>' in table

    def test_and_an_address_cut_short_leads_to_the_list(self, looking: Browser) -> None:
        assert looking.get("/lab/scenarios").location == "/lab#scenarios"
        assert looking.get("/lab/walk").location == "/lab/walk/1"

    def test_but_not_what_it_does_not_have(self, looking: Browser) -> None:
        for path in ("walk/0", "walk/8", "walk/x", "scenarios/none", "compare/none"):
            missing = looking.get(f"/lab/{path}")
            assert missing.status_code == 404
            assert '<a class="button" href="/lab">' in missing.text


class TestRecords:
    def test_nothing_of_a_browser_that_has_not_opened_it(
        self, browser: Browser, redis_server: RedisServer
    ) -> None:
        browser.sign_in()
        assert browser.get("/dashboard").status_code == 200
        assert not redis_server.client().keys("lab:*")

    def test_each_request_of_one_that_has(self, looking: Browser) -> None:
        looking.get("/dashboard")
        looking.get("/account")
        newest = verdicts(events(looking))
        assert [each.partition(":")[0] for each in newest[:2]] == ["GET /account", "GET /dashboard"]

    def test_a_silent_refresh_with_what_each_store_answered(
        self, looking: Browser, clock: Clock
    ) -> None:
        clock.advance(301)
        looking.get("/dashboard")
        answer = events(looking)
        assert verdicts(answer)[0] == "GET /dashboard: renewed silently: rotated"
        for words in (
            "redeem 0",
            "rotated to 1",
            "user, and is the session open?",
            "both cookies renewed",
        ):
            assert words in answer.text

    def test_what_can_not_be_written_down_is_no_error(
        self, looking: Browser, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(redis.Redis, "xadd", out_of_order)
        clock.advance(301)
        assert looking.get("/dashboard").status_code == 200
        assert looking.get("/dashboard").status_code == 200

    def test_an_outage_of_sql_and_that_the_session_goes_on(
        self, looking: Browser, clock: Clock
    ) -> None:
        clock.advance(301)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("webapp.store.sql.sessions.read_row", unavailable)
            assert looking.get("/dashboard").status_code == 503
        looking.get("/account")
        answer = events(looking)
        assert verdicts(answer)[1] == "GET /dashboard: a store did not respond"
        assert "no response" in answer.text

    def test_no_look_at_the_picture_unless_it_renews_the_tokens(
        self, looking: Browser, clock: Clock
    ) -> None:
        events(looking)
        assert not [each for each in verdicts(events(looking)) if "/lab/events" in each]
        clock.advance(301)
        events(looking)
        assert verdicts(events(looking))[0] == "GET /lab/events: renewed silently: rotated"

    def test_a_new_sign_in_for_the_new_session_alone(self, looking: Browser) -> None:
        looking.sign_out()
        looking.sign_in()
        assert verdicts(events(looking)) == ["POST /login: signed in"]

    def test_a_request_as_refused_only_where_a_sign_in_is_needed(self, looking: Browser) -> None:
        looking.post("/theme", form_on="/account", theme="dark")
        looking.fetch("/nowhere")
        looking.fetch("/api/v1/protected", "not.a.token")
        assert verdicts(events(looking))[:4] == [
            "GET /api/v1/protected: refused",
            "GET unknown route: no sign-in needed",
            "POST /theme: no sign-in needed",
            "GET /account: access token: valid, checked in the stores",
        ]

    def test_what_the_user_may_not_do_as_refused(self, looking: Browser) -> None:
        assert looking.get("/admin/users").status_code == 403
        answer = events(looking)
        assert verdicts(answer)[0] == "GET /admin/users: signed in, but not allowed"
        assert 'class="exchange refused' in answer.text
        assert "✕ 403" in answer.text

    def test_at_most_a_hundred_and_for_a_quarter_of_an_hour(
        self, app: Flask, looking: Browser, redis_server: RedisServer
    ) -> None:
        looking.get("/dashboard")
        [key] = redis_server.client().keys("lab:*")
        laboratory = services_of(app).lab
        assert laboratory
        [seen] = laboratory.exchanges.after(key.removeprefix("lab:"), START)
        for _ in range(MAX_EXCHANGES):
            laboratory.exchanges.add(key.removeprefix("lab:"), seen)
        assert len(verdicts(events(looking))) == MAX_EXCHANGES
        assert 0 < redis_server.client().ttl(key) <= EXCHANGES_TTL

    def test_no_looks_at_whether_the_session_is_open_before_it_is_over(
        self, looking: Browser
    ) -> None:
        looking.fetch("/session")
        assert events(looking).status_code == 204


def out_of_order(*_: object, **__: object) -> None:
    raise redis.ConnectionError


def unavailable(*_: object, **__: object) -> None:
    raise Unavailable


class TestShows:
    def test_what_came_after_a_place_and_nothing_twice(self, looking: Browser) -> None:
        looking.get("/dashboard")
        seen = events(looking)
        assert events(looking, place(seen)).status_code == 204
        looking.get("/account")
        assert [each.partition(":")[0] for each in verdicts(events(looking, place(seen)))] == [
            "GET /account"
        ]

    def test_everything_to_who_names_no_place(self, looking: Browser) -> None:
        looking.get("/account")
        for after in ("", "x", "-", "1", "9" * 40, "0-0 STREAMS", "\u0660-\u0660"):
            assert len(verdicts(events(looking, after))) == 1

    def test_no_requests_of_other_users(self, looking: Browser, app: Flask) -> None:
        looking.get("/account")
        other = Browser(app)
        other.sign_in()
        assert events(other).status_code == 204

    def test_never_a_token_of_the_visitors_own_session(
        self, looking: Browser, clock: Clock, redis_server: RedisServer
    ) -> None:
        secrets = [looking.refresh_token, looking.access_token]
        clock.advance(301)
        looking.get("/dashboard")
        looking.fetch("/api/v1/protected", looking.access_token)
        looking.post("/account", name="Ada", email=EMAIL)
        looking.sign_out()
        looking.sign_in()
        looking.get("/lab")
        secrets += [looking.refresh_token, looking.access_token]
        shown = looking.get("/lab").text + events(looking).text
        client = redis_server.client()
        kept = str([client.xrange(key) for key in client.keys("lab:*")])
        assert "redeem {gen}" in kept
        for secret in secrets:
            signature = secret.rpartition(".")[2]
            assert signature not in shown
            assert signature not in kept
        for text in (shown, kept):
            assert PASSWORD not in text
            assert "eyJhbGciOi" not in text  # {"alg": the beginning of every token

    def test_each_reader_the_same_record_in_their_language(
        self, looking: Browser, clock: Clock
    ) -> None:
        clock.advance(301)
        looking.get("/dashboard")
        assert verdicts(events(looking))[0] == "GET /dashboard: renewed silently: rotated"
        looking.client.set_cookie("language", "vi")
        page = events(looking)
        assert verdicts(page)[0] == "GET /dashboard: âm thầm gia hạn: đã xoay"
        for words in ("xoay sang 1", "hai token mới, thế hệ 1", "cả hai cookie được gia hạn"):
            assert words in page.text

    def test_no_address_of_a_mailed_link(self, looking: Browser, redis_server: RedisServer) -> None:
        looking.get("/reset-password/secret-of-a-mailed-link")
        client = redis_server.client()
        kept = str([client.xrange(key) for key in client.keys("lab:*")])
        assert "/reset-password/" in kept
        assert "secret-of-a-mailed-link" not in kept

    def test_what_stands_in_redis_and_sql(self, looking: Browser, clock: Clock) -> None:
        clock.advance(301)
        page = looking.get("/lab").text
        assert value(page, "access-gen") == value(page, "refresh-gen") == "1"
        assert (value(page, "entry-gen"), value(page, "entry-confirmed")) == ("1", "not yet")
        assert value(page, "row-ended_at") == "not yet"
        page = looking.get("/lab").text
        assert value(page, "entry-confirmed") == "yes"

    def test_its_own_cookie_as_there_on_the_first_visit(self, browser: Browser) -> None:
        browser.sign_in()
        assert value(browser.get("/lab").text, "jar-token_lab") == "there"

    def test_that_a_repeat_gets_the_same_refresh_token_and_a_fresh_access_token(
        self, looking: Browser, clock: Clock
    ) -> None:
        old = looking.refresh_token
        clock.advance(301)
        looking.get("/dashboard")
        looking.keep({"refresh_token": old})
        looking.get("/dashboard")
        assert "the same refresh token, a new access token" in events(looking).text


def value(page: str, fact: str) -> str:
    found = re.search(rf'data-fact="{fact}".*?class="value">(.*?)<', page, re.DOTALL)
    assert found, fact
    return found[1]


class TestPlays:
    def test_only_forms_of_this_site(self, looking: Browser) -> None:
        forged = looking.client.post("/lab/scenarios/expired-token", headers=looking.headers)
        assert forged.status_code == 400

    def test_so_many_a_minute_and_then_asks_to_wait(self, app: Flask, looking: Browser) -> None:
        ada = value(looking.get("/lab").text, "access-sub")
        for _ in range(LAB_PER_ACCOUNT.amount):
            services_of(app).rate_limiter.count_user(LAB_PER_ACCOUNT, ada)
        answer = looking.post("/lab/scenarios/expired-token")
        assert answer.status_code == 429
        assert answer.headers["Retry-After"]
        assert looking.get("/lab/compare/expired-token").status_code == 429

    def test_and_touches_no_real_session(self, looking: Browser, redis_server: RedisServer) -> None:
        before = redis_server.snapshot()
        looking.post("/lab/scenarios/redis-emptied")
        assert redis_server.snapshot().keys() == before.keys()
        assert looking.is_in()

    def test_what_was_predicted_is_judged(self, looking: Browser) -> None:
        choices = ALL["expired-token"].choices
        for number, choice in enumerate(choices):
            page = looking.post("/lab/scenarios/expired-token", prediction=str(number)).text
            right = re.search(r'data-testid="prediction"\s+data-right="(\w+)"', page)
            assert right
            assert right[1] == ("yes" if choice.right else "no")

    def test_without_a_prediction_too(self, looking: Browser) -> None:
        for nonsense in ("", "99", "-1", "x", "\u0663", "9" * 5000):
            answer = looking.post("/lab/scenarios/expired-token", prediction=nonsense, option="?")
            assert answer.status_code == 200
            assert 'data-testid="prediction"' not in answer.text

    def test_each_of_ten_forgeries_that_can_be_picked(self, looking: Browser) -> None:
        options = list(ALL["forged-token"].options)
        assert len(options) == 10
        token = looking.csrf_token("/lab/scenarios/forged-token")
        for option in options:
            form = {"csrf_token": token, "option": option}
            page = looking.client.post(
                "/lab/scenarios/forged-token", data=form, headers=looking.headers
            ).text
            assert re.findall(r'data-in="(\w+)"', page) == ["yes", "no"], option
            assert re.search(rf'value="{option}"\s+selected', page), option

    def test_and_lists_each_result_by_sign_and_word(self, looking: Browser) -> None:
        page = looking.post("/lab/scenarios/thief-replays").text
        assert '<span class="result">✓ good</span>' in page
        assert '<span class="result">✕ refused</span>' in page

    def test_and_shows_the_sandboxs_tokens_whole(self, looking: Browser) -> None:
        page = looking.post("/lab/scenarios/expired-token").text
        assert re.search(r'class="header">eyJ', page)
        assert "&#34;rt+jwt&#34;" in page

    def test_all_of_them_under_every_policy(self, looking: Browser) -> None:
        page = looking.get("/lab/compare/lost-response").text
        for slug in POLICIES:
            assert f'data-testid="policy-{slug}"' in page
        table = re.findall(r'class="unbroken">(.+?)</span>', page)
        assert table == ["✓ rightly in", "✓ rightly in", "✕ wrongly out", "✕ wrongly out"]
        assert "wrongly out under" in page


@pytest.mark.parametrize("language", ["en", "vi", "th"])
def test_the_walk_links_the_places_that_it_names(looking: Browser, language: str) -> None:
    for page, target in (("3", "/lab/walk/7"), ("7", "/lab/questions#q7")):
        stop = looking.get(f"/lab/walk/{page}", **{"Accept-Language": language}).text
        sentences = stop.partition('data-testid="stop"')[2].partition("</article>")[0]
        assert f'<a href="{target}">' in sentences


def test_the_walk_has_a_page_for_each_of_its_seven_steps(looking: Browser) -> None:
    assert len(TOUR) == 7
    for number, stop in enumerate(TOUR, 1):
        page = looking.get(f"/lab/walk/{number}").text
        assert stop.title in page
        assert not stop.scenario or f"/lab/scenarios/{stop.scenario}" in page


def test_opening_the_lab_marks_the_browser_with_a_cookie_that_no_script_can_read(
    browser: Browser,
) -> None:
    browser.sign_in()
    line = set_cookies(browser.get("/lab"))["token_lab"]
    assert line == "token_lab=1; Max-Age=900; HttpOnly; Path=/; SameSite=Lax"
