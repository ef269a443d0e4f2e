"""Guesses at passwords, and what locks an account or an address."""

from flask import Flask
from werkzeug.test import TestResponse

from .api import Program
from .browser import EMAIL, Browser

WRONG = "a wrong password, but a long one"
QUARTER_OF_AN_HOUR = 15 * 60


def guess(
    app: Flask,
    password: str = WRONG,
    *,
    email: str = EMAIL,
    address: str = "192.0.2.1",
    forwarded_for: str | None = None,
) -> TestResponse:
    """A program's login, from an address."""
    program = Program(app)
    program.client.environ_base["REMOTE_ADDR"] = address
    headers = {"X-Forwarded-For": forwarded_for} if forwarded_for else {}
    return program.call("POST", "/auth/login", {"email": email, "password": password}, **headers)


def guess_from_a_browser(
    browser: Browser, password: str = WRONG, email: str = EMAIL
) -> TestResponse:
    return browser.post("/login", email=email, password=password)


def lock(app: Flask, email: str = EMAIL) -> None:
    """Ten wrong passwords from ten addresses."""
    answers = [guess(app, email=email, address=f"198.51.100.{host}") for host in range(10)]
    assert [answer.status_code for answer in answers] == [401] * 10


def use_up_an_address(app: Flask, **way: str) -> None:
    """A hundred wrong passwords, each for another account."""
    for number in range(100):
        assert guess(app, email=f"user{number}@example.com", **way).status_code == 401


def assert_has_to_wait(answer: TestResponse, at_most: int = QUARTER_OF_AN_HOUR) -> None:
    assert answer.status_code == 429, answer.text
    assert 1 <= int(answer.headers["Retry-After"]) <= at_most
