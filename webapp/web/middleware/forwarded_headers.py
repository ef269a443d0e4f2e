"""The headers of trusted proxies: X-Forwarded-For, -Proto and -Prefix."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from webapp.core.ip import plain_ip

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SCHEMES = {"http", "https"}
# A path of this site, no URL of another ("//"). No dot segments: browsers resolve them.
PREFIX = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)+")


class ForwardedHeaders:
    """WSGI middleware: trusts the last `hops` values, and none that a client may have sent.

    Each proxy appends a value to a header, or replaces the header. The value at position `hops`
    from the right counts. After a replacement there are fewer values, all from proxies, and the
    first counts. An invalid value is ignored: the request keeps the value of the connection.
    X-Forwarded-Host is not read, only `Host`: a proxy that does not remove the former would let
    clients choose it.
    """

    def __init__(self, app: "WSGIApplication", hops: int) -> None:
        self._app = app
        self._hops = hops

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        if ip := plain_ip(self._value(environ, "FOR")):
            environ["REMOTE_ADDR"] = ip
        if (scheme := self._value(environ, "PROTO").lower()) in SCHEMES:
            environ["wsgi.url_scheme"] = scheme
        if PREFIX.fullmatch(prefix := self._value(environ, "PREFIX").rstrip("/")):
            environ["SCRIPT_NAME"] = prefix
        return self._app(environ, start)

    def _value(self, environ: "WSGIEnvironment", name: str) -> str:
        # An empty value keeps its position: else a client's value would move there.
        values = environ.get(f"HTTP_X_FORWARDED_{name}", "").split(",")
        return str(values[-self._hops if len(values) >= self._hops else 0]).strip()
