"""Flask's session in a signed cookie, which is read at the first use."""

from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

from flask import Flask, Request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from werkzeug import Response

from . import cookies


class FlaskSession(SessionMixin):
    """`flask.session`, read from its cookie at the first use.

    Most requests do not use it, and verifying its signature costs a third of a bare request.
    """

    def __init__(self, read: Callable[[], MutableMapping[str, Any]]) -> None:
        self._read = read
        self._values: MutableMapping[str, Any] | None = None
        self.accessed = False
        self.modified = False

    def _opened(self) -> MutableMapping[str, Any]:
        if self._values is None:
            self._values, self.accessed = self._read(), True
        return self._values

    def __getitem__(self, key: str) -> Any:
        return self._opened()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._opened()[key] = value
        self.modified = True

    def __delitem__(self, key: str) -> None:
        del self._opened()[key]
        self.modified = True

    def __iter__(self) -> Iterator[str]:
        return iter(self._opened())

    def __len__(self) -> int:
        return len(self._opened())


class FlaskSessionCookie(SecureCookieSessionInterface):
    """`flask.session` (CSRF state and flash messages) with the attributes of our own cookies."""

    def open_session(self, app: Flask, request: Request) -> FlaskSession:  # type: ignore[override]
        def read() -> MutableMapping[str, Any]:
            return SecureCookieSessionInterface.open_session(self, app, request) or {}

        return FlaskSession(read)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if session.accessed:
            super().save_session(app, session, response)  # type: ignore[arg-type]

    def get_cookie_name(self, app: Flask) -> str:
        return cookies.name(cookies.FLASK_SESSION)

    def get_cookie_path(self, app: Flask) -> str:
        return "/"

    def get_cookie_secure(self, app: Flask) -> bool:
        return cookies.secure()

    def get_cookie_samesite(self, app: Flask) -> str:
        return "Lax"
