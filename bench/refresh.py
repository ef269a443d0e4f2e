"""Refreshes: each with the token that the one before has handed out."""

import io
import itertools
import json
import time
from collections.abc import Callable, Mapping

from flask import Flask

from . import report
from .contenders import BLOCKLIST, EVERGREEN, Contender, Entrant
from .counting import count
from .peers import PASSWORD
from .rounds import cpu, cpu_ratio, measure, wall
from .visitor import Answer, Environ, Visitor, request

PEER = "Flask-JWT-Extended, EXISTS + SET, both tokens anew"
# Users who take turns: one alone would refresh so often that the app tells it to wait.
USERS = 24


def show(entrants: Mapping[Contender, Entrant]) -> None:
    jobs: dict[str, Callable[[], object]] = {
        "Evergreen, POST /api/v1/auth/refresh": api_refresh(entrants[EVERGREEN].app, USERS),
        "Evergreen, silently, with the page": silent_refresh(entrants[EVERGREEN]),
        PEER: rotation(entrants[BLOCKLIST]),
    }
    costs = measure(jobs)
    report.table(
        "Refresh (in-process; median, min-max of the rounds)",
        ["", "CPU, peer = 1", "CPU µs", "µs by the clock", "asks"],
        [
            [
                name,
                report.spread(cpu_ratio(costs[name], costs[PEER]), 2),
                report.spread(cpu(costs[name]).times(1e6), 0),
                report.spread(wall(costs[name]).times(1e6), 0),
                str(count(job)),
            ]
            for name, job in jobs.items()
        ],
    )


def api_refresh(app: Flask, users: int) -> Callable[[], None]:
    chains = itertools.cycle([api_chain(app, number) for number in range(users)])
    return lambda: next(chains)()


def api_chain(app: Flask, number: int) -> Callable[[], None]:
    email, address = f"program{number}@example.com", f"192.0.2.{number + 1}"
    with app.app_context():
        app.extensions["evergreen"].accounts.register(email, PASSWORD, now=time.time())
    login = {"email": email, "password": PASSWORD}
    answer = Answer(app, json_request("/api/v1/auth/login", login, address))
    tokens = json.loads(answer.body)["data"]["auth"]

    def step() -> None:
        nonlocal tokens
        body = {"refresh_token": tokens["refresh_token"]}
        answer = Answer(app, json_request("/api/v1/auth/refresh", body, address))
        tokens = json.loads(answer.body)["data"]["auth"]

    return step


def json_request(path: str, body: object, address: str) -> Environ:
    text = json.dumps(body).encode()
    sent = {"wsgi.input": io.BytesIO(text), "CONTENT_LENGTH": str(len(text))}
    return request(path, {}, "POST", CONTENT_TYPE="application/json", REMOTE_ADDR=address, **sent)


def silent_refresh(entrant: Entrant) -> Callable[[], None]:
    """The browser has dropped its access cookie, as it does when that expires."""
    cookies = Visitor(entrant.app).sign_in().cookies
    del cookies["access_token"]

    def step() -> None:
        new = Answer(entrant.app, request("/page", cookies)).cookies()
        cookies["refresh_token"] = new["refresh_token"]

    return step


def rotation(entrant: Entrant) -> Callable[[], None]:
    cookies = Visitor(entrant.app).sign_in().cookies

    def step() -> None:
        token = cookies["csrf_refresh_token"]
        asking = request("/refresh", cookies, "POST", HTTP_X_CSRF_TOKEN=token)
        cookies.update(Answer(entrant.app, asking).cookies())

    return step
