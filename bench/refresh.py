"""Refreshes: each redeems the refresh token that the one before has issued."""

import io
import itertools
import json
import time
from collections.abc import Callable

from flask import Flask

from . import report
from .client import Client, Environ, Response, request
from .entrants import BLOCKLIST, EVERGREEN, Field, Prepared
from .peers import PASSWORD
from .query_counts import Counts, count
from .rounds import Round, cpu, cpu_ratio, measure, wall

PEER = "Flask-JWT-Extended: EXISTS, SET, two new tokens"
SILENT = "Evergreen, silently in the hook"
API = "Evergreen, `POST /api/v1/auth/refresh`"
# Users who take turns: the rate limit would refuse as many of a single user.
USERS = 24

Costs = dict[str, list[Round]]


def measured(field: Field) -> tuple[Costs, dict[str, Counts]]:
    """What the refreshes cost, and how many queries they make; all answer without a page."""
    jobs: dict[str, Callable[[], object]] = {
        PEER: peer_refresh(field[BLOCKLIST]),
        SILENT: silent_refresh(field[EVERGREEN]),
        API: api_refresh(field[EVERGREEN].app, USERS),
    }
    return measure(jobs), {name: count(job) for name, job in jobs.items()}


def show(costs: Costs, counts: dict[str, Counts]) -> None:
    report.table(
        "A refresh (in-process; median, min-max of rounds)",
        ["", "CPU, Flask-JWT-Extended = 1", "CPU µs", "µs by the clock", "queries"],
        [
            [
                name,
                report.spread(cpu_ratio(rounds, costs[PEER]), 2),
                report.spread(cpu(rounds).times(1e6), 0),
                report.spread(wall(rounds).times(1e6), 0),
                str(counts[name]),
            ]
            for name, rounds in costs.items()
        ],
    )


def api_refresh(app: Flask, users: int) -> Callable[[], None]:
    chains = itertools.cycle([api_chain(app, number) for number in range(users)])
    return lambda: next(chains)()


def api_chain(app: Flask, number: int) -> Callable[[], None]:
    email, ip = f"program{number}@example.com", f"192.0.2.{number + 1}"
    with app.app_context():
        app.extensions["evergreen"].accounts.register(email, PASSWORD, now=time.time())
    login = {"email": email, "password": PASSWORD}
    response = Response(app, json_request("/api/v1/auth/login", login, ip))
    tokens = json.loads(response.body)["data"]["auth"]

    def step() -> None:
        nonlocal tokens
        body = {"refresh_token": tokens["refresh_token"]}
        response = Response(app, json_request("/api/v1/auth/refresh", body, ip))
        tokens = json.loads(response.body)["data"]["auth"]

    return step


def json_request(path: str, body: object, ip: str) -> Environ:
    text = json.dumps(body).encode()
    sent = {"wsgi.input": io.BytesIO(text), "CONTENT_LENGTH": str(len(text))}
    return request(path, {}, "POST", CONTENT_TYPE="application/json", REMOTE_ADDR=ip, **sent)


def silent_refresh(evergreen: Prepared) -> Callable[[], None]:
    """A browser without an access cookie: it drops that when the token expires."""
    cookies = Client(evergreen.app).sign_in().cookies
    del cookies["access_token"]

    def step() -> None:
        response = Response(evergreen.app, request("/empty", cookies))
        cookies["refresh_token"] = response.set_cookies()["refresh_token"]

    return step


def peer_refresh(peer: Prepared) -> Callable[[], None]:
    cookies = Client(peer.app).sign_in().cookies

    def step() -> None:
        token = cookies["csrf_refresh_token"]
        refresh = request("/refresh", cookies, "POST", HTTP_X_CSRF_TOKEN=token)
        cookies.update(Response(peer.app, refresh).set_cookies())

    return step
