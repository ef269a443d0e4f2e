"""Pages and mails in the language of their reader, and no English left in them."""

import json
import re
from html import unescape
from html.parser import HTMLParser

import pytest
from babel.messages.pofile import read_po
from flask import Flask

from tests.conftest import services_of
from tests.support.api import Program
from tests.support.browser import EMAIL, PASSWORD, Browser, set_cookies
from tests.support.clock import Clock
from tests.support.factors import create_codes, switch_on_second_step, user_of
from tests.support.mails import mailed_path, mails_to, newest_mail, subjects
from tests.support.soft_passkey import SoftPasskey, add_passkey
from webapp import create_app
from webapp.config import ConfigError
from webapp.core.errors import Unavailable
from webapp.core.models import UserChanges
from webapp.lab.sandbox.scenarios import ALL
from webapp.runtime import translations

GRACE = "grace@example.com"


def heading(page: str) -> str:
    found = re.search(r"<h1>\s*([^<]*?)\s*<", page)
    assert found
    return found[1]


SIGN_IN = {"en": "Sign in", "vi": "Đăng nhập", "th": "เข้าสู่ระบบ"}


class TestChoice:
    @pytest.mark.parametrize(
        ("accepted", "language"),
        [
            ("", "en"),
            ("th-TH,th;q=0.9,en;q=0.8", "th"),
            ("vi-VN", "vi"),
            ("fr, vi;q=0.5, en;q=0.4", "vi"),
            ("zh, de", "en"),
            ("*", "en"),
            ("nonsense;q=x", "en"),
        ],
    )
    def test_by_what_the_browser_accepts(
        self, browser: Browser, accepted: str, language: str
    ) -> None:
        page = browser.get("/login", **{"Accept-Language": accepted}).text
        assert f'<html lang="{language}">' in page
        assert heading(page) == SIGN_IN[language]

    def test_the_cookie_comes_before_that(self, browser: Browser) -> None:
        answer = browser.client.post("/language", data={"language": "th"}, headers=SAME_ORIGIN)
        assert (answer.status_code, answer.location) == (303, "/")
        assert "HttpOnly" in set_cookies(answer)["language"]
        page = browser.get("/login", **{"Accept-Language": "vi"}).text
        assert heading(page) == SIGN_IN["th"]

    def test_the_account_comes_before_both_in_every_browser(
        self, app: Flask, browser: Browser
    ) -> None:
        browser.sign_in()
        path = "/language?next=/account"
        assert browser.post(path, form_on="/account", language="vi").location == "/account"
        other = Browser(app)
        other.client.set_cookie("language", "th")
        other.sign_in()
        assert '<html lang="vi">' in other.get("/account").text
        assert user_of(app).language == "vi"

    def test_the_cookie_of_another_app_does_not_count(self, app: Flask) -> None:
        client = app.test_client(use_cookies=False)
        page = client.get("/login", headers={"Cookie": "language=de; language=th"}).text
        assert '<html lang="th">' in page

    @pytest.mark.parametrize("language", ["", "xx", "en-GB", "../vi"])
    def test_an_unknown_one_changes_nothing(self, browser: Browser, language: str) -> None:
        answer = browser.client.post("/language", data={"language": language}, headers=SAME_ORIGIN)
        assert answer.status_code == 303
        assert "language" not in set_cookies(answer)

    @pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil", "x"])
    def test_it_leads_nowhere_else(self, browser: Browser, target: str) -> None:
        data = {"language": "th", "next": target}
        answer = browser.client.post("/language", data=data, headers=SAME_ORIGIN)
        assert answer.location == "/"

    def test_other_sites_do_not_choose(self, browser: Browser) -> None:
        headers = {"Sec-Fetch-Site": "cross-site"}
        answer = browser.client.post("/language", data={"language": "th"}, headers=headers)
        assert answer.status_code == 400

    def test_one_that_is_not_offered_is_not_used(
        self, environment: dict[str, str], clock: Clock
    ) -> None:
        browser = Browser(create_app(environment | {"WEBAPP_LANGUAGES": "vi,en"}, clock))
        page = browser.get("/login", **{"Accept-Language": "th"}).text
        assert '<html lang="vi">' in page
        assert "language-th" not in page

    @pytest.mark.parametrize("value", ["xx", "en,", "en,en", "English"])
    def test_a_wrong_setting_stops_the_start(self, environment: dict[str, str], value: str) -> None:
        with pytest.raises(ConfigError, match="WEBAPP_LANGUAGES: must be some of en, vi, th"):
            create_app(environment | {"WEBAPP_LANGUAGES": value})

    def test_the_api_stays_english(self, app: Flask) -> None:
        answer = Program(app).call("GET", "/auth/profile", **{"Accept-Language": "th"})
        assert answer.json["error"]["message"] == "Please sign in to continue."


class TestMails:
    def test_come_in_the_language_in_which_the_account_was_made(self, app: Flask) -> None:
        browser = Browser(app)
        browser.client.set_cookie("language", "th")
        browser.post("/register", name="", email=GRACE, password=PASSWORD)
        mail = newest_mail(app, GRACE)
        assert mail.subject == "โปรดยืนยันที่อยู่อีเมลของคุณ"
        assert "สวัสดี" in mail.text

    def test_and_not_in_that_of_who_asks_for_them(self, app: Flask) -> None:
        stranger = Browser(app)
        stranger.client.set_cookie("language", "vi")
        stranger.post("/forgot-password", email=EMAIL)
        assert subjects(app, EMAIL) == ["Choose a new password"]


def test_thai_years_are_gregorian(browser: Browser, clock: Clock) -> None:
    browser.sign_in()
    browser.client.set_cookie("language", "th")
    page = browser.get("/account/sessions").text
    assert re.search(r'title="\d+ \S+ 20\d\d, ', page)


SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


# --- A language of brackets: what has none is not translated

# What is the same in every language: names, figures, what the reader has typed.
SAME = re.compile(
    r"[\W\d_]*|\S+@\S+|(\d\. +· )?Evergreen(, localhost:\d+)?|(✓ (: )?)?Ada|API|GET.*|browser|"
    r"Chrome 142|Linux|Firefox 144|Windows|"
    r"English|Tiếng Việt|ไทย|user|admin|OAuth|OpenAPI|openapi\.json|127\.0\.0\.1|/\S*|"
    r"evergreen stays green|[\w-]{22,}|[A-Z2-7 ]{39}|([a-z2-7]{4}-){5}[a-z2-7]{4}|"
    r"Work|Chrome 142 on Linux|(20)?\d\d .*|.*UTC|https?://.*|Ada Lovelace|"
    # Of the lab: HTTP lines, tokens, entries of Redis, names of code.
    r"(\d{3} · )?[\d.]+ ms|POST /\S*|\W*401: \w+|(Bearer )?eyJ\S+|\d \d{10} \S+( \d+)?|\w+-\d|"
    r"(Set-)?Cookie(: \w+)?|Authorization|…?;? ?((HttpOnly|Max-Age=\d+|Path=/|SameSite=Lax)(; )?)+|"
    r"(→ )?(Redis|SQL)( →)?|ended (reuse|logout)|reuse|logout|HS256|Lax|(at|rt)\+jwt|"
    r"evergreen(-api|_session)?|(lab-)?session:\S+|(access|refresh)_token|token_lab|sid|gen|now|ttl|"
    r"webapp/\S+: \w+|NIST SP 800-63B-4|AAL\d|OWASP ASVS 5\.0|V7\.3"
)


# Up to one within the other.
INNERMOST = re.compile(r"⟦[^⟦⟧]*⟧")


@pytest.fixture
def brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that no catalog has stays as it is: it would stay English for people too."""
    known = ids_of_catalog("vi")

    class Brackets:
        def gettext(self, text: str) -> str:
            return f"⟦{text}⟧" if text in known else text

        def ngettext(self, singular: str, plural: str, number: int) -> str:
            return f"⟦{plural}⟧" if plural in known else plural

    monkeypatch.setattr(translations, "catalog", lambda language: Brackets())


def ids_of_catalog(language: str) -> set[str]:
    with (translations.FOLDER / f"{language}.po").open("rb") as source:
        ids = [message.id for message in read_po(source) if message.id]
    return {each for text in ids for each in ([text] if isinstance(text, str) else text)}


class Texts(HTMLParser):
    """All that a reader or a screen reader gets from a page, but for parts in English."""

    VOID = frozenset({"meta", "link", "input", "br", "img", "path", "circle", "rect", "hr", "wbr"})
    ATTRIBUTES = frozenset(
        {
            *("title", "aria-label", "placeholder", "alt", "data-sending", "data-of"),
            *("data-done-mark", "data-count"),
        }
    )

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._depth = 0
        self._skipped = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag not in self.VOID:
            self._depth += 1
            skipped = tag in ("style", "script", "svg", "time", "bdi", "code", "pre")
            if not self._skipped and (skipped or (tag != "html" and "lang" in values)):
                self._skipped = self._depth
        if not self._skipped:
            self.found += [values[name] or "" for name in self.ATTRIBUTES & values.keys()]

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            if self._skipped == self._depth:
                self._skipped = 0
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.found.append(data)


def without_brackets(text: str) -> str:
    """A translated text may hold another one."""
    while INNERMOST.search(text):
        text = INNERMOST.sub("", text)
    return text


def english_in(page: str) -> list[str]:
    """Texts without brackets. Brackets may stand round several elements of a page."""
    joined = "\n".join(" ".join(text.split()) for text in Texts(page).found)
    texts = (text.strip(" :,.“”()") for text in re.split(r"[\n·,]", without_brackets(joined)))
    return [text for text in texts if text and not SAME.fullmatch(text)]


def test_no_page_of_guests_has_english_left(app: Flask, browser: Browser, brackets: None) -> None:
    pages = {path: browser.get(path).text for path in GUEST_PAGES}
    for path, data in REFUSED:
        pages[f"POST {path} {data}"] = browser.post(path, **data).text
    browser.post("/forgot-password", email=EMAIL)
    pages["reset"] = browser.post(mailed_path(app, EMAIL), password="short").text
    assert_translated(pages)


def test_the_picture_of_the_start_page_has_no_english_left(
    browser: Browser, brackets: None
) -> None:
    labels = re.findall(r">([^<>\n]+)</text>", browser.get("/flow.vi.svg").text)
    assert [label for label in labels if not label.startswith("⟦")] == [
        *("Redis", "SQL", "1", "2", "3", "4")
    ]
    assert browser.get("/flow.xx.svg").status_code == 404


def test_no_error_page_has_english_left(failing: Browser, brackets: None) -> None:
    pages = {
        str(status): failing.get(f"/fail/{status}").text
        for status in (400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429, 500, 502, 503, 504)
    }
    pages["too large"] = failing.post("/login", email="x" * 70_000, password="x").text
    for _try in range(12):
        pages["limited"] = failing.post("/login", email=GRACE, password="a wrong one").text
    pages["other origin"] = failing.client.post(
        "/login", headers={"Origin": "https://evil.example"}
    ).text
    assert_translated(pages)


def test_an_unknown_program_has_a_name_in_the_language_of_its_mail(app: Flask) -> None:
    with app.app_context():
        services_of(app).accounts.set_language(user_of(app).id, "vi")
    Browser(app, "unheard-of").post("/forgot-password", email=EMAIL)
    text = mails_to(app, EMAIL)[0].text
    assert "một chương trình không rõ" in text
    assert "unknown" not in text


def test_no_page_of_users_has_english_left(
    app: Flask, browser: Browser, clock: Clock, brackets: None
) -> None:
    browser.sign_in()
    Browser(app).sign_in()
    pages = {f"new: {path}": browser.get(path).text for path in USER_PAGES[:-1]}
    origin = services_of(app).settings.public_url
    add_passkey(browser, SoftPasskey(origin))
    create_codes(app)
    pages["set up"] = browser.get("/account/authenticator").text
    pages["wrong"] = browser.post("/account/authenticator", code="1").text
    switch_on_second_step(app)
    pages |= {f"all: {path}": browser.get(path).text for path in USER_PAGES}
    for path, data in REFUSED_OF_USERS:
        pages[f"POST {path} {data}"] = browser.post(path, **data).text
    renaming = browser.post("/account/passkeys/1/rename", form_on="/account/passkeys", name="")
    assert renaming.status_code == 303
    pages["renaming"] = browser.get("/account/passkeys").text
    browser.post("/account/recovery-codes/new", form_on="/account/recovery-codes")
    pages["codes"] = browser.get("/account/recovery-codes/new").text
    clock.advance(16 * 60)
    for path in ("/account/sessions/end-others", "/account/security/remove-password"):
        pages[f"confirm {path}"] = browser.post(path, form_on="/account").text
    browser.sign_out()
    browser.post("/login", email=EMAIL, password=PASSWORD)
    pages["second step"] = browser.get("/login/second-step").text
    pages["second step, wrong"] = browser.post("/login/second-step", code="1").text
    assert_translated(pages)


def test_no_page_of_admins_has_english_left(
    app: Flask, browser: Browser, clock: Clock, brackets: None
) -> None:
    with app.app_context():
        services = services_of(app)
        services.accounts.register(GRACE, PASSWORD, now=clock())
        services.user_admin.change(user_of(app).id, UserChanges(role="admin"), clock())
    browser.sign_in()
    grace = f"/admin/users/{user_of(app, GRACE).id}"
    paths = [
        "/admin",
        "/admin/users?kind=disabled",
        "/admin/users",
        "/admin/users?q=nobody",
        "/admin/events",
        grace,
    ]
    pages = {path: browser.get(path).text for path in paths}
    for action in ("role", "disable", "enable", "end-sessions", "reset-factors", "delete"):
        form = {"form_on": grace, "role": "admin"}
        pages[action] = browser.post(f"{grace}/{action}", **form).text
        browser.post(f"{grace}/{action}", confirmed="yes", **form)
        pages[f"events after {action}"] = browser.get("/admin/events").text
    assert_translated(pages)


def test_no_mail_has_english_left(
    app: Flask, browser: Browser, clock: Clock, brackets: None
) -> None:
    origin = services_of(app).settings.public_url
    browser.sign_in()
    Browser(app).sign_in()
    passkey = SoftPasskey(origin)
    add_passkey(browser, passkey)
    switch_on_second_step(app)
    browser.post("/forgot-password", email=EMAIL)
    Browser(app).post("/register", name="", email=EMAIL, password=PASSWORD)
    browser.post("/account", name="", email=GRACE, current_password=PASSWORD)
    browser.post(mailed_path(app, GRACE))
    with app.app_context():
        factors, user = services_of(app).factors, user_of(app, GRACE)
        factors.apps.switch_off(user, clock())
        factors.security.set_sign_in_mail(user, False, clock())
        factors.security.report_guessed_codes(user)
        factors.security.reset(user, clock())
        services_of(app).user_admin.remove(user.id, clock())
    mails = [*mails_to(app, EMAIL), *mails_to(app, GRACE)]
    assert len(mails) > 12
    for mail in mails:
        lines = without_brackets(f"{mail.subject}\n{mail.text}").split("\n")
        left = [line.strip(" :,") for line in lines]
        assert [line for line in left if line and not SAME.fullmatch(line)] == [], mail


def test_no_scenario_has_english_left(browser: Browser, clock: Clock, brackets: None) -> None:
    pages: dict[str, str] = {}
    for slug, scenario in ALL.items():
        path = f"/lab/scenarios/{slug}"
        pages[path] = browser.get(path).text
        for number, option in enumerate(scenario.options or [""]):
            clock.advance(61)  # of the limit of runs
            answer = browser.post(path, option=option, prediction=str(number % 3))
            assert answer.status_code == 200
            pages[f"{path} {option}"] = answer.text
            assert texts_of_scripts(answer.text), path
    assert len(pages) == 2 * len(ALL) + 9
    assert_translated({path: in_the_middle(page) for path, page in pages.items()})
    assert_translated({path: labels(page) for path, page in pages.items()})


def test_no_page_to_look_up_and_no_tour_of_the_lab_has_english_left(
    app: Flask, browser: Browser, brackets: None
) -> None:
    pages = {path: browser.get(path).text for path in LAB_PAGES}
    signed_in = Browser(app)
    signed_in.sign_in()
    pages["live"] = signed_in.get("/lab").text
    assert_translated({path: without_tags(page) for path, page in pages.items()})
    assert_translated({path: labels(page) for path, page in pages.items()})


def test_no_live_exchange_has_english_left(browser: Browser, clock: Clock, brackets: None) -> None:
    browser.sign_in()
    assert texts_of_scripts(browser.get("/lab").text)
    old = browser.refresh_token
    clock.advance(301)
    for path in ("/dashboard", "/account", "/nowhere", "/account/sessions"):
        browser.get(path)
    clock.advance(301)
    browser.keep({"refresh_token": old})  # a used one
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("webapp.store.sql.sessions.read_row", unavailable)
        browser.get("/account")
    browser.keep({"access_token": ""})
    browser.sign_in()
    browser.get("/lab")
    browser.post("/account", name="Ada", email=EMAIL)
    page = browser.get("/lab/events").text
    assert_translated({"events": without_tags(page), "labels": labels(page)})


def unavailable(*_: object, **__: object) -> None:
    raise Unavailable


def in_the_middle(page: str) -> str:
    """A page of the lab without the parts that all of them have."""
    return without_tags(page).partition('<p class="crumbs">')[2].partition("<div popover")[0]


def without_tags(page: str) -> str:
    """Without the three letters of a device cookie, such as `*gJ`."""
    return re.sub(r">\W[\w-]{2}<", "><", page)


def labels(page: str) -> str:
    """The texts of its pictures: elsewhere icons are left out."""
    lines = re.findall(r"<text[^>]*>(.*?)</text>|<desc[^>]*>(.*?)</desc>", page, re.DOTALL)
    whole = [re.sub(r"</?tspan[^>]*>", " ", "".join(line)) for line in lines]
    return "".join(f"<p>{text}</p>" for text in whole)


def texts_of_scripts(page: str) -> list[str]:
    """Of a `data-texts`; each is translated."""
    [found] = re.findall(r'data-texts="([^"]*)"', page)
    texts = list(json.loads(unescape(found)).values())
    assert [text for text in texts if not text.startswith("⟦")] == []
    return texts


def assert_translated(pages: dict[str, str]) -> None:
    left = {path: english_in(page) for path, page in pages.items()}
    assert {path: texts for path, texts in left.items() if texts} == {}


GUEST_PAGES = [
    *("/", "/login", "/register", "/forgot-password", "/forgot-password/sent", "/verify-email"),
    *("/logout", "/nowhere", "/reset-password/x", "/not-me/x", "/dev/outbox", "/api/docs"),
]
LAB_PAGES = [
    *("/lab", "/lab/questions", "/lab/architectures", "/lab/compare"),
    *(f"/lab/compare/{slug}" for slug in ALL),
    *(f"/lab/walk/{number}" for number in range(1, 8)),
    *("/lab/lifetimes", "/lab/lifetimes?access=x&users=0", "/lab/lifetimes?idle=2&limit=1"),
    *("/lab/lifetimes?access=7200&idle=1", "/lab/lifetimes?access=3600&idle=1&limit=1"),
    "/lab/lifetimes?idle=12&limit=24&pause=14",
]
REFUSED: list[tuple[str, dict[str, str]]] = [
    ("/login", {"email": EMAIL, "password": "a wrong one"}),
    ("/register", {"name": "x" * 101, "email": "nobody", "password": "aaaaaaaaaaaaaaaa"}),
    ("/register", {"name": "\0", "email": "x" * 300, "password": "short"}),
    ("/register", {"name": "", "email": GRACE, "password": "x" * 2000}),
    ("/register", {"name": "", "email": GRACE, "password": "password12345678"}),
    ("/forgot-password", {"email": ""}),
]
USER_PAGES = [
    *("/dashboard", "/account", "/account/password", "/account/delete", "/account/sessions"),
    *("/account/activity", "/account/activity?kind=x", "/account/activity?page=9"),
    *("/account/security", "/account/passkeys", "/account/recovery-codes", "/admin/users"),
    *("/logout", "/account/authenticator"),
]
REFUSED_OF_USERS: list[tuple[str, dict[str, str]]] = [
    ("/account", {"name": "x" * 101, "email": "other@example.com"}),
    ("/account", {"name": "", "email": "other@example.com"}),
    ("/account/password", {"current_password": "x", "new_password": "short"}),
    ("/account/password", {"current_password": PASSWORD, "new_password": "short"}),
    ("/account/delete", {"password": PASSWORD, "confirm": "nobody"}),
]
