"""What strangers can send that costs us more than them."""

import json

import bcrypt
import pytest
from flask import Flask

from tests.conftest import services_of
from tests.support.api import Program, error_code
from tests.support.browser import EMAIL, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.mails import mails_to
from webapp.core.hashing_pool import HashingPool
from webapp.core.passwords import Passwords

# Normalising it takes the square of its length: a quarter of a minute.
MARKS = "a" + "\u0345\u0301\u0316\u0334" * 7000
# A guesser's reading of it takes every combination: half a minute.
LEET = "4@8({[<369!1|0$5+7%2" * 4


@pytest.mark.parametrize("field", ["email", "password"])
def test_a_long_text_is_refused_before_it_is_normalised(app: Flask, field: str) -> None:
    body = json.dumps({"email": EMAIL, "password": PASSWORD, field: MARKS}, ensure_ascii=False)
    answer = app.test_client().post(
        "/api/v1/auth/login", data=body.encode(), content_type="application/json"
    )
    assert (answer.status_code, error_code(answer)) == (401, "invalid_credentials")


def test_a_password_of_disguised_letters_is_estimated_at_once(app: Flask) -> None:
    assert not services_of(app).accounts.strength(LEET).good
    assert services_of(app).accounts.strength(f"{LEET} and a sentence of its own").good


def test_a_changed_address_is_mailed_to_five_times_an_hour(app: Flask, browser: Browser) -> None:
    browser.sign_in()
    addresses = [f"ada{number}@example.com" for number in range(6)]
    answers = [
        browser.post("/account", name="Ada", email=address, current_password=PASSWORD)
        for address in addresses
    ]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429]
    assert [len(mails_to(app, address)) for address in addresses] == [1] * 5 + [0]


def test_a_taken_address_with_the_right_password_is_no_guess(app: Flask, browser: Browser) -> None:
    with app.app_context():
        services_of(app).accounts.register("grace@example.com", PASSWORD, now=0)
    browser.sign_in()
    for _ in range(4):
        form = {"email": "grace@example.com", "current_password": PASSWORD}
        assert browser.post("/account", name="Ada", **form).status_code == 303
    for _ in range(10):
        assert Browser(app).post("/login", email=EMAIL, password="a guess").status_code == 422


def test_an_old_hash_takes_no_less_time_than_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def passwords(rounds: int) -> Passwords:
        return Passwords(rounds, min_length=15, published=frozenset(), pool=HashingPool())

    old = passwords(4).hash(PASSWORD)
    work: list[int] = []
    monkeypatch.setattr(bcrypt, "checkpw", lambda _, hashed: work.append(2 ** int(hashed[4:6])))
    for hashed in (old, None):
        passwords(7).verify("a guess", hashed)
        assert sum(work) == 2**7
        work.clear()


def test_an_admins_browser_token_alone_changes_no_user_after_a_while(
    app: Flask, clock: Clock
) -> None:
    """Scripts can read it; a program's own token is its proof."""
    with app.app_context():
        services_of(app).accounts.register("root@example.com", PASSWORD, role="admin", now=clock())
    browser, program = Browser(app), Program(app)
    browser.sign_in("root@example.com")
    user = program.log_in()["user"]
    stolen = Program(app)
    clock.advance(16 * 60)
    browser.get("/dashboard")
    stolen.auth = {"access_token": browser.access_token}
    answer = stolen.call("PATCH", f"/users/{user['id']}", {"role": "admin"})
    assert (answer.status_code, error_code(answer)) == (403, "forbidden")
    assert stolen.call("DELETE", f"/users/{user['id']}").status_code == 403
    own = Program(app)
    own.log_in("root@example.com")
    clock.advance(4 * 60)
    assert own.call("PATCH", f"/users/{user['id']}", {"name": "A"}).status_code == 200
