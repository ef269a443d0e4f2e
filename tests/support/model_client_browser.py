"""A browser with tabs, whose user does nothing wrong."""

import base64
import json
import re
from collections.abc import Callable

from .browser import CHROME, FIREFOX, PASSWORD
from .model_client import PROTECTED, Client, SignIn, lose, refused, token_failed
from .outcomes import Tally
from .raw_http import FORM, Jar, Reply, Wire, form

SIGN_IN_COOKIES = {"refresh_token", "access_token"}
NAVIGATION = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}


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


def csrf_token(page: Reply) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.body.decode())
    return found[1] if found else ""
