"""What a stranger chooses (a user agent, a name) says nothing in a genuine letter or page."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.conftest import services_of
from tests.support.api import Program
from tests.support.browser import EMAIL, PASSWORD, Browser
from tests.support.commands import refusal, run
from tests.support.mails import mailed_path, newest_mail
from webapp.core.user_agents import describe

EVIL = "Evil: sign in at http://evil.example/1.0"
NEW = "new@example.com"
NEW_PASSWORD = "an even longer password than that"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    "user_agent",
    [
        EVIL,
        "SignInAtEvilComBot/2.0",  # ua-parser takes over whatever ends in `bot`
        "Sign-In-At-evil.example crawler/1",
        "evil.example/3.0 CFNetwork/1 Darwin/20.1",
        "Chrome/99999999999 evil.example",
        "evil.example",
        "",
    ],
)
def test_a_program_that_is_not_listed_has_no_name(user_agent: str) -> None:
    assert str(describe(user_agent)) == "an unknown program"


@pytest.mark.parametrize(
    ("user_agent", "shown"),
    [
        (f"{WINDOWS} {CHROME}", "Chrome 142 on Windows"),
        (f"{WINDOWS} {CHROME} Edg/142.0.0.0", "Edge 142 on Windows"),
        ("curl/8.5.0", "curl 8"),
        ("python-requests/2.32", "Python Requests 2"),
    ],
)
def test_one_that_is_listed_has_its_name(user_agent: str, shown: str) -> None:
    assert str(describe(user_agent)) == shown


def test_a_letter_does_not_repeat_what_a_program_calls_itself(app: Flask) -> None:
    stranger = Browser(app, EVIL)
    stranger.post("/forgot-password", form_on="/forgot-password", email=EMAIL)
    text = newest_mail(app, EMAIL).text
    assert "evil" not in text.lower()
    assert "an unknown program" in text


def test_the_name_that_a_stranger_chose_is_in_no_greeting(app: Flask, browser: Browser) -> None:
    """A stranger registers the address; its owner takes the account over by mail."""
    name = "Evil: sign in at evil.example"
    body = {"email": NEW, "password": PASSWORD, "name": name}
    Program(app).call("POST", "/auth/register", body)
    letters = [newest_mail(app, NEW).text]
    browser.post("/forgot-password", form_on="/forgot-password", email=NEW)
    letters.append(newest_mail(app, NEW).text)
    path = mailed_path(app, NEW)
    browser.post(path, form_on=path, password=NEW_PASSWORD)
    letters.append(newest_mail(app, NEW).text)
    browser.sign_in(NEW, NEW_PASSWORD)
    for text in (*letters, browser.get("/dashboard").text, browser.get("/account").text):
        assert "evil" not in text.lower()
    with app.app_context():
        directory = services_of(app).user_admin
        assert directory.page(query="evil", page=1, per_page=5, sort="email").total == 0


INVISIBLE = {
    "bidi override": "\u202e",
    "bidi isolate": "\u2066",
    "right-to-left mark": "\u200f",
    "zero-width space": "\u200b",
    "zero-width joiner": "\u200d",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "Hangul filler": "\u3164",
    "Braille blank": "\u2800",
    "variation selector": "\ufe0f",
    "tag": "\U000e0041",
}


def by_registration(app: Flask, name: str) -> None:
    Browser(app).post("/register", "/register", email=NEW, password=PASSWORD, name=name)


def by_api(app: Flask, name: str) -> None:
    body = {"email": NEW, "password": PASSWORD, "name": name}
    Program(app).call("POST", "/auth/register", body)


def by_command(app: Flask, name: str) -> None:
    arguments = ("users", "create", NEW, "--name", name, "--password-stdin")
    assert run(app, *arguments, typed=PASSWORD + "\n").exit_code == 0


def by_admin(app: Flask, name: str) -> None:
    with app.app_context():
        services_of(app).accounts.register("root@example.com", PASSWORD, role="admin", now=0)
    admin = Program(app)
    admin.log_in("root@example.com")
    admin.call("POST", "/users", {"email": NEW, "password": PASSWORD, "name": name})


@pytest.mark.parametrize("way", [by_registration, by_api, by_command, by_admin])
def test_what_shows_nothing_is_no_part_of_a_name(
    app: Flask, way: Callable[[Flask, str], None]
) -> None:
    way(app, "A" + "".join(INVISIBLE.values()) + "da \u2028 L.")
    with app.app_context():
        user, _ = services_of(app).accounts.find(NEW)
    assert user
    assert user.name == "Ada L."


@pytest.mark.parametrize("name", ["李小龙", "Zoë", "नमस्ते", "สมชาย", "Nguyễn Thị", "علي", "Ada 🌲"])
def test_any_name_that_can_be_seen_stays_as_it_is(app: Flask, program: Program, name: str) -> None:
    program.log_in()
    answer = program.call("PATCH", "/auth/profile", {"name": name})
    assert answer.json["data"]["user"]["name"] == name


@pytest.mark.parametrize("kind", INVISIBLE)
def test_no_address_holds_what_shows_nothing(app: Flask, program: Program, kind: str) -> None:
    body = {"email": f"a{INVISIBLE[kind]}da@example.com", "password": PASSWORD}
    answer = program.call("POST", "/auth/register", body)
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (422, ["email"])


def test_no_client_has_a_name_that_shows_nothing(app: Flask) -> None:
    assert "visible" in refusal(app, "clients", "create", "shop", "--name", "\u3164\u200b")
