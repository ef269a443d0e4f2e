"""What honest clients have in common: they know what is true of their own sessions."""

import http.client
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .outcomes import Tally
from .raw_http import Reply, Wire

# Seconds after the answer of its end from which on a session must be refused everywhere.
HEARD_EVERYWHERE = 1.0

PROTECTED = "/api/v1/protected"


@dataclass
class SignIn:
    """The truth about one session, by which answers are judged. Times: time.monotonic()."""

    who: str
    ending: bool = False
    """Its end has been asked for; whether that has arrived may not be known."""
    ended_at: float | None = None

    def has_ended(self) -> None:
        self.ending, self.ended_at = True, time.monotonic()


@dataclass
class Client:
    """What browsers and programs have in common; each has an address of its own."""

    email: str
    ip: str
    tally: Callable[[], Tally]
    truth: SignIn = field(init=False)

    def __post_init__(self) -> None:
        self.truth = SignIn(self.email, ending=True)

    def ask(
        self, wire: Wire, method: str, path: str, headers: dict[str, str], body: str | None = None
    ) -> Reply | None:
        """None if no answer came."""
        asked_at, truth = time.monotonic(), self.truth
        try:
            reply = wire.ask(method, path, {**headers, "X-Forwarded-For": self.ip}, body)
        except (OSError, http.client.HTTPException):
            self.tally().answered(asked_at, 0)
            return None
        self.tally().answered(asked_at, reply.status)
        self.judge(truth, asked_at, f"{method} {path}", reply)
        return reply

    def judge(self, truth: SignIn, asked_at: float, what: str, reply: Reply) -> None:
        waited = f"{time.monotonic() - asked_at:.1f} s"
        example = f"{truth.who} {what}: after {waited} {reply.status} {reply.location}"
        example += f" {reply.body[:200]!r}"
        if reply.status >= 500 and reply.status != 503:
            self.tally().went_wrong("status 500", example)
        if refused(reply) and not truth.ending:
            self.tally().went_wrong("wrong logout", example)
            truth.ending = True  # it is noted once, and signs in anew
        ended_at = truth.ended_at
        if ended_at and let_in(what, reply) and asked_at >= ended_at + HEARD_EVERYWHERE:
            late = f"{asked_at - ended_at:.1f} s after its end: {example}"
            self.tally().went_wrong("wrong stay", late)


def refused(reply: Reply) -> bool:
    """The response was the sign-in page."""
    if reply.status == 401:
        return not token_failed(reply)
    return reply.status == 303 and reply.location.startswith("/login")


def let_in(what: str, reply: Reply) -> bool:
    """Shown what is for those who are signed in."""
    if what.endswith(("/login", "/logout", "/revoke", " /")):
        return False
    return reply.status in (200, 204)


def token_failed(reply: Reply) -> bool:
    """An access token that has expired, or whose key was withdrawn: then it is renewed."""
    if reply.status != 401 or reply.headers.get_content_type() != "application/json":
        return False
    code: str = json.loads(reply.body)["error"]["code"]
    return code.startswith("token_")


def lose(wire: Wire, method: str, path: str, headers: dict[str, str], body: str = "") -> None:
    try:
        wire.lose_answer(method, path, headers, body)
    except (OSError, http.client.HTTPException):
        return  # there is no answer to be lost
