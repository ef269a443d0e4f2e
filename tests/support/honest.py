"""Honest clients, browsers and programs: they know what is true of their own sessions."""

import base64
import http.client
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .browser import CHROME, FIREFOX, PASSWORD
from .tally import Tally
from .wire import FORM, JSON, Jar, Reply, Wire, form

# Seconds after the answer of its end from which on a session must be refused everywhere.
HEARD_EVERYWHERE = 1.0

SIGN_IN_COOKIES = {"refresh_token", "access_token"}
NAVIGATION = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}
PAGES = ["/dashboard", "/dashboard", "/account", "/account/sessions", "/"]
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
        example = f"{truth.who} {what}: {reply.status} {reply.location} {reply.body[:200]!r}"
        if reply.status >= 500 and reply.status != 503:
            self.tally().went_wrong("status 500", example)
        if refused(reply) and not truth.ending:
            self.tally().went_wrong("wrong logout", example)
            truth.ending = True  # it is noted once, and signs in anew
        ended_at = truth.ended_at
        if ended_at and let_in(what, reply) and asked_at >= ended_at + HEARD_EVERYWHERE:
            late = f"{asked_at - ended_at:.1f} s after its end: {example}"
            self.tally().went_wrong("wrong stay", late)


class Browser(Client):
    """One sign-in and its cookies, which all tabs share."""

    def __init__(self, email: str, ip: str, tally: Callable[[], Tally], *, phone: bool) -> None:
        super().__init__(email, ip, tally)
        self.agent = FIREFOX if phone else CHROME
        self.jar = Jar()
        self.token = ""
        self.held: dict[str, str] = {}

    def sign_in(self, wire: Wire) -> bool:
        page = self.go(wire, "GET", "/login")
        if not page or page.status != 200:
            return False
        fields = form(csrf_token=csrf_token(page), email=self.email, password=PASSWORD)
        answer = self.go(wire, "POST", "/login", fields)
        if not answer or answer.status != 303:
            return False
        self.truth = SignIn(self.email)
        self.tally().happened("sign-ins")
        return True

    def visit(self, wire: Wire, path: str) -> None:
        self.go(wire, "GET", path)

    def reload(self, wire: Wire) -> None:
        """Too impatient to wait for the first answer."""
        forwarded = {"X-Forwarded-For": self.ip}
        lose(wire, "GET", "/dashboard", self._headers(NAVIGATION | forwarded))
        self.visit(wire, "/dashboard")

    def fetch(self, wire: Wire) -> None:
        """As the page's script does: the last token that it has seen, however old."""
        if self.token:
            bearer = {"Authorization": f"Bearer {self.token}", "Sec-Fetch-Mode": "cors"}
            answer = self.take(self.ask(wire, "GET", PROTECTED, self._headers(bearer)))
            if answer and token_failed(answer):
                self.visit(wire, "/dashboard")  # the script asks for its page anew

    def look(self, wire: Wire) -> None:
        self.ask(wire, "GET", "/session", self._headers({"Sec-Fetch-Mode": "cors"}))

    def sign_out(self, wire: Wire) -> bool:
        """Whether it is known to be over."""
        page = self.go(wire, "GET", "/account")
        if not page or page.status != 200:
            return bool(page and refused(page))
        self.truth.ending = True
        answer = self.go(wire, "POST", "/logout", form(csrf_token=csrf_token(page)))
        return bool(answer and answer.status == 303)

    def end_device(self, wire: Wire, other: "Browser") -> bool:
        """Sign out the other browser from this one."""
        page = self.go(wire, "GET", "/account/sessions")
        if not page or page.status != 200:
            return False
        other.truth.ending = True
        path = f"/account/sessions/{other.sid}/end"
        answer = self.go(wire, "POST", path, form(csrf_token=csrf_token(page)))
        return bool(answer and answer.status == 303 and not refused(answer))

    def go(self, wire: Wire, method: str, path: str, body: str | None = None) -> Reply | None:
        """Navigate."""
        headers = self._headers(NAVIGATION | (FORM if body else {}))
        return self.take(self.ask(wire, method, path, headers, body))

    def take(self, reply: Reply | None) -> Reply | None:
        if reply is None:
            return None
        before = self.jar.values()
        gone = self.jar.absorb(reply) & SIGN_IN_COOKIES & before.keys()
        if gone and not self.truth.ending:
            self.tally().went_wrong("cookies cleared", f"{self.email}: {reply.status} {gone}")
        values = self.jar.values()
        if values.get("refresh_token") != before.get("refresh_token"):
            self.tally().happened("refreshes")
        self.token = values.get("access_token", self.token)
        self.held = values if "refresh_token" in values else self.held
        return reply

    @property
    def sid(self) -> str:
        body = self.token.split(".")[1]
        sid: str = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))["sid"]
        return sid

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"User-Agent": self.agent, **self.jar.header(), **more}


class Program(Client):
    """An API client: a bearer token, and a refresh token that it keeps until it has the next."""

    def __init__(self, email: str, ip: str, tally: Callable[[], Tally]) -> None:
        super().__init__(email, ip, tally)
        self.access, self.refresh = "", ""

    def sign_in(self, wire: Wire) -> bool:
        body = json.dumps({"email": self.email, "password": PASSWORD})
        answer = self.call(wire, "POST", "/auth/login", body)
        if not self._take(answer):
            return False
        self.truth = SignIn(self.email)
        self.tally().happened("sign-ins")
        return True

    def work(self, wire: Wire) -> None:
        answer = self.show_access(wire)
        if answer and token_failed(answer):
            self.renew(wire)

    def show_access(self, wire: Wire) -> Reply | None:
        bearer = {"Authorization": f"Bearer {self.access}"}
        return self.call(wire, "GET", "/protected", None, bearer)

    def renew(self, wire: Wire, *, impatient: bool = False) -> None:
        body = json.dumps({"refresh_token": self.refresh})
        if impatient:
            lose(wire, "POST", "/api/v1/auth/refresh", self._headers(), body)
        if self._take(self.call(wire, "POST", "/auth/refresh", body)):
            self.tally().happened("refreshes")

    def sign_out(self, wire: Wire) -> bool:
        self.truth.ending = True
        body = json.dumps({"refresh_token": self.refresh})
        answer = self.call(wire, "POST", "/auth/revoke", body)
        return bool(answer and answer.status == 204)

    def call(
        self,
        wire: Wire,
        method: str,
        path: str,
        body: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply | None:
        sent = self._headers() | (headers or {})
        return self.ask(wire, method, f"/api/v1{path}", sent, body)

    def _headers(self) -> dict[str, str]:
        return {"User-Agent": "program/1.0", "X-Forwarded-For": self.ip, **JSON}

    def _take(self, answer: Reply | None) -> bool:
        if not answer or answer.status != 200:
            return False
        tokens = json.loads(answer.body)["data"]["auth"]
        self.access, self.refresh = tokens["access_token"], tokens["refresh_token"]
        return True


def refused(reply: Reply) -> bool:
    """Told to sign in."""
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
    if reply.status != 401 or not reply.body:
        return False
    code: str = json.loads(reply.body)["error"]["code"]
    return code.startswith("token_")


def csrf_token(page: Reply) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.body.decode())
    return found[1] if found else ""


def lose(wire: Wire, method: str, path: str, headers: dict[str, str], body: str = "") -> None:
    try:
        wire.lose_answer(method, path, headers, body)
    except (OSError, http.client.HTTPException):
        return  # there is no answer to be lost
