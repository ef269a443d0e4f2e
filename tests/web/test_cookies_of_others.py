"""Several cookies of one name, a pair that is none, and headers that a proxy adds."""

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import services_of
from tests.support.browser import EMAIL, FIREFOX, PASSWORD, Browser, set_cookies
from tests.support.clock import Clock
from webapp.web.auth import cookies

EXPIRED = 301
TOKENS = {"refresh_token", "access_token"}
JUNK = [("access_token", "of-another-app"), ("refresh_token", "of.another.app")]
Pairs = list[tuple[str, str]]


class Jar:
    """A browser that sends these cookies, in this order, and takes none in."""

    def __init__(self, browser: Browser, *pairs: tuple[str, str]) -> None:
        self.client = browser.client.application.test_client(use_cookies=False)
        self.headers = browser.headers | {"Cookie": "; ".join("=".join(each) for each in pairs)}

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=self.headers | headers)

    def is_in(self) -> bool:
        return self.get("/dashboard").status_code == 200


def pair(browser: Browser) -> Pairs:
    return [("access_token", browser.access_token), ("refresh_token", browser.refresh_token)]


def deleted(answer: TestResponse) -> set[str]:
    lines = set_cookies(answer)
    return {name for name in lines.keys() & TOKENS if "Max-Age=0" in lines[name]}


def leads_home(jar: Jar, path: str = "/account") -> bool:
    """Whether its redirects come to an end, within a few."""
    for _ in range(5):
        answer = jar.get(path)
        if answer.status_code == 200:
            return True
        path = answer.location
    return False


@pytest.fixture
def good(browser: Browser) -> Pairs:
    browser.sign_in()
    return pair(browser)


@pytest.fixture
def dead(app: Flask) -> Pairs:
    """Of a session that was signed out."""
    other = Browser(app)
    other.sign_in()
    left = pair(other)
    other.sign_out()
    return left


@pytest.fixture
def grace(app: Flask) -> Pairs:
    """Valid cookies of another user."""
    with app.app_context():
        services_of(app).accounts.register("grace@example.com", PASSWORD, now=0)
    other = Browser(app, FIREFOX)
    other.sign_in("grace@example.com")
    return pair(other)


class TestSeveralOfOneName:
    @pytest.mark.parametrize("age", [0, EXPIRED])
    @pytest.mark.parametrize("before", ["junk", "dead", "two of each", "three", "empty"])
    def test_the_good_pair_counts_wherever_it_stands(
        self, browser: Browser, good: Pairs, dead: Pairs, clock: Clock, before: str, age: int
    ) -> None:
        others = {
            "junk": JUNK,
            "dead": dead,
            "two of each": [*JUNK, *dead],
            "three": [*JUNK, *dead, *[(name, f"{value}x") for name, value in JUNK]],
            "empty": [("access_token", ""), ("refresh_token", "")],
        }[before]
        clock.advance(age)
        assert Jar(browser, *others, *good).is_in()
        assert Jar(browser, *good, *others).is_in()

    @pytest.mark.parametrize("path", ["/login", "/", "/session"])
    def test_no_page_deletes_the_good_pair_behind_a_dead_one(
        self, browser: Browser, good: Pairs, dead: Pairs, clock: Clock, path: str
    ) -> None:
        clock.advance(EXPIRED)
        answer = Jar(browser, *dead, *good).get(path)
        assert not deleted(answer)

    def test_a_kept_sign_in_whose_access_cookie_has_run_out_is_found_behind_a_dead_pair(
        self, browser: Browser, good: Pairs, dead: Pairs, clock: Clock
    ) -> None:
        clock.advance(EXPIRED)
        assert Jar(browser, *dead, good[1]).is_in()

    def test_an_older_token_of_the_same_session_is_no_theft(
        self, browser: Browser, good: Pairs, clock: Clock
    ) -> None:
        for _ in range(3):
            clock.advance(EXPIRED)
            assert browser.is_in()
        clock.advance(EXPIRED)
        device = ("known_browser", browser.cookie("known_browser") or "")
        assert Jar(browser, good[1], *pair(browser), device).is_in()
        assert browser.is_in()

    def test_dead_ones_alone_say_why_and_are_deleted(
        self, browser: Browser, dead: Pairs, clock: Clock
    ) -> None:
        jar = Jar(browser, *JUNK, *dead)
        page = jar.get(jar.get("/account").location)
        assert "You signed out" in page.text
        assert deleted(page) == TOKENS

    @pytest.mark.parametrize("amount", [1, 4, 5, 50])
    def test_any_number_of_foreign_ones_leads_to_a_page(
        self, browser: Browser, good: Pairs, amount: int
    ) -> None:
        foreign = [(name, f"{value}{n}") for n in range(amount) for name, value in JUNK]
        assert leads_home(Jar(browser, *foreign))
        assert leads_home(Jar(browser, *foreign, *good))

    def test_sign_out_ends_whichever_is_there(
        self, browser: Browser, good: Pairs, dead: Pairs
    ) -> None:
        form = {"csrf_token": browser.csrf_token("/dashboard")}
        header = "; ".join("=".join(each) for each in [*JUNK, *dead, *good])
        header += f"; evergreen_session={browser.cookie('evergreen_session')}"
        Jar(browser).client.post("/logout", data=form, headers=browser.headers | {"Cookie": header})
        assert not browser.is_in()


def refuses_at_account_only(browser: Browser, planted: Pairs, own: Pairs) -> Callable[[str], Jar]:
    """Cookies for Path=/account are sent there, and nowhere else."""
    return lambda path: Jar(browser, *(planted if path.startswith("/account") else []), *own)


def test_login_never_sends_back_to_a_page_that_has_just_refused(
    browser: Browser, good: Pairs
) -> None:
    planted = [(name, f"junk{number}") for number in range(4) for name in TOKENS]
    jar_at = refuses_at_account_only(browser, planted, good)
    refusal = jar_at("/account").get("/account")
    assert refusal.status_code == 303
    jar = jar_at("/login")
    left_for_login = set_cookies(refusal)["evergreen_session"].partition(";")[0]
    jar.headers["Cookie"] += f"; {left_for_login}"
    page = jar.get(refusal.location)
    assert page.status_code == 200
    assert 'data-testid="page-refused"' in page.text
    assert "ada@example.com" in page.text
    assert not deleted(page)
    assert jar_at("/login").get(refusal.location).location == "/account"


class TestMixedPair:
    def test_an_expired_access_cookie_never_turns_into_another_person(
        self, browser: Browser, good: Pairs, grace: Pairs, clock: Clock
    ) -> None:
        jar = Jar(browser, good[0], grace[1])
        assert "ada@example.com" in jar.get("/dashboard").text
        clock.advance(EXPIRED)
        answer = jar.get("/dashboard")
        assert (answer.status_code, answer.location) == (303, "/login?next=/dashboard")
        page = jar.get(answer.location)
        assert page.status_code == 200
        assert "cookies of two sign-ins" in page.text
        assert deleted(page) == TOKENS
        assert jar.get("/session").status_code == 401

    def test_an_ended_one_does_not_either(
        self, browser: Browser, dead: Pairs, grace: Pairs
    ) -> None:
        assert not Jar(browser, dead[0], grace[1]).is_in()

    def test_no_session_is_ended_by_that(
        self, browser: Browser, good: Pairs, grace: Pairs, clock: Clock
    ) -> None:
        clock.advance(EXPIRED)
        Jar(browser, good[0], grace[1]).get("/dashboard")
        assert Jar(browser, *grace).is_in()
        assert Jar(browser, *good).is_in()

    def test_beside_a_good_access_cookie_the_other_refresh_cookie_is_dropped(
        self, browser: Browser, good: Pairs, grace: Pairs
    ) -> None:
        """A kept sign-in's access cookie is gone when it has expired."""
        answer = Jar(browser, good[0], grace[1]).get("/dashboard")
        assert deleted(answer) == {"refresh_token"}

    @pytest.mark.parametrize("lone_first", [True, False])
    def test_a_lone_access_cookie_does_not_part_a_whole_pair(
        self, browser: Browser, good: Pairs, grace: Pairs, lone_first: bool
    ) -> None:
        pairs = [grace[0], *good] if lone_first else [good[0], grace[0], good[1]]
        answer = Jar(browser, *pairs).get("/dashboard")
        assert EMAIL in answer.text
        assert not set_cookies(answer).keys() & TOKENS

    @pytest.mark.parametrize("beside", ["its own", "junk", "none"])
    def test_any_other_refresh_cookie_stays(
        self, browser: Browser, good: Pairs, grace: Pairs, beside: str
    ) -> None:
        refresh = {"its own": [grace[1], good[1]], "junk": [JUNK[1]], "none": []}[beside]
        answer = Jar(browser, good[0], *refresh).get("/dashboard")
        assert answer.status_code == 200
        assert not set_cookies(answer).keys() & TOKENS

    def test_of_two_good_pairs_the_expired_access_cookies_own_is_renewed(
        self, browser: Browser, good: Pairs, grace: Pairs, clock: Clock
    ) -> None:
        clock.advance(EXPIRED)
        page = Jar(browser, grace[1], *good).get("/dashboard")
        assert "ada@example.com" in page.text


class TestForeignBearer:
    FOREIGN = ("of-a-proxy", "eyJhbGciOiJub25lIn0.e30.", "", "a b c")

    @pytest.mark.parametrize("age", [0, EXPIRED])
    @pytest.mark.parametrize("token", FOREIGN)
    def test_on_pages_the_cookies_count(
        self, browser: Browser, good: Pairs, clock: Clock, token: str, age: int
    ) -> None:
        clock.advance(age)
        bearer = {"Authorization": f"Bearer {token}"}
        for path in ("/dashboard", "/account/sessions"):
            assert browser.get(path, **bearer).status_code == 200
        assert browser.get("/login", **bearer).location == "/dashboard"

    @pytest.mark.parametrize("kind", ["ended", "expired"])
    def test_so_they_do_beside_an_old_one_of_ours(
        self, browser: Browser, good: Pairs, dead: Pairs, clock: Clock, kind: str
    ) -> None:
        old = (dead if kind == "ended" else good)[0][1]
        clock.advance(EXPIRED if kind == "expired" else 0)
        assert browser.get("/dashboard", Authorization=f"Bearer {old}").status_code == 200

    def test_a_guest_is_a_guest(self, browser: Browser) -> None:
        bearer = {"Authorization": "Bearer of-a-proxy"}
        answer = browser.get("/dashboard", **bearer)
        assert answer.location == "/login?next=/dashboard"
        page = browser.get(answer.location, **bearer)
        assert page.status_code == 200
        assert "could not be recognised" not in page.text

    def test_a_good_one_of_ours_opens_a_page(self, browser: Browser, good: Pairs) -> None:
        answer = Jar(browser).get("/dashboard", Authorization=f"Bearer {good[0][1]}")
        assert answer.status_code == 200

    @pytest.mark.parametrize("token", FOREIGN)
    def test_the_api_stays_strict(self, browser: Browser, good: Pairs, token: str) -> None:
        answer = browser.get("/api/v1/protected", Authorization=f"Bearer {token}")
        assert answer.status_code == 401

    @pytest.mark.parametrize("beside", ["another's", "junk"])
    def test_at_the_api_no_cookie_changes_what_an_expired_token_is_answered(
        self, browser: Browser, good: Pairs, grace: Pairs, clock: Clock, beside: str
    ) -> None:
        """Client libraries go by the code, and by the challenge (RFC 6750 section 3)."""
        clock.advance(EXPIRED)
        refresh = grace[1] if beside == "another's" else JUNK[1]
        bearer = {"Authorization": f"Bearer {good[0][1]}"}
        answer = Jar(browser, refresh).get("/api/v1/protected", **bearer)
        assert answer.json
        assert answer.json["error"]["code"] == "token_expired"
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_cookies_are_found_in_time_that_grows_with_the_header_alone(app: Flask) -> None:
    """Each letter is looked at a few times, whatever the header is made of."""
    for header in ("a access_token=" * 3000, " " * 60_000, "access_token=;" * 4000):
        counted = Counted(header)
        with app.test_request_context(environ_overrides={"HTTP_COOKIE": counted}):
            cookies.read_all(cookies.ACCESS)
        assert counted.looked_at <= 8 * len(header)


class Counted(str):
    """Counts the letters that are looked at."""

    looked_at = 0

    def find(self, *args: object) -> int:
        found = super().find(*args)  # type: ignore[arg-type]
        begin = int(str(args[1])) if len(args) > 1 else 0
        self.looked_at += (found if found >= 0 else len(self)) - begin
        return found

    def __getitem__(self, key: object) -> str:
        found = super().__getitem__(key)  # type: ignore[index]
        self.looked_at += len(found)
        return found
