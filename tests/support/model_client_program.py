"""A program that uses the API as it is documented."""

import json
from collections.abc import Callable

from .browser import PASSWORD
from .model_client import Client, SignIn, lose, token_failed
from .outcomes import Tally
from .raw_http import JSON, Reply, Wire


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

    def work(self, wire: Wire, *, impatient: bool = False) -> None:
        answer = self.show_access(wire)
        if answer and token_failed(answer):
            self.renew(wire, impatient=impatient)

    def show_access(self, wire: Wire) -> Reply | None:
        bearer = {"Authorization": f"Bearer {self.access}"}
        return self.call(wire, "GET", "/protected", None, bearer)

    def renew(self, wire: Wire, *, impatient: bool = False) -> None:
        """`impatient`: ask, and ask again at once. Not for a token that is still fresh: a request
        that is late by two renewals is theft by the rules, and its answer would not be checked.
        """
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
