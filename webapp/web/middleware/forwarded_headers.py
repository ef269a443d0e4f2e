"""What trusted proxies say of a request: X-Forwarded-For, -Proto and -Prefix."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from webapp.core.ip import plain_ip

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SCHEMES = {"http", "https"}
# A path of ours, and no address of another site ("//"). No dot segments: browsers resolve them.
PREFIX = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)+")


class ForwardedHeaders:
    """WSGI middleware: trusts `hops` proxies, and nothing that a client has sent itself.

    Each proxy appends a value to a header, or writes the header anew: the value counts that
    stands `hops` from the right. Where a proxy has written the header anew there are fewer; all
    of them are from proxies then, and the first counts. What makes no sense is left out: the
    request then keeps what the connection says. X-Forwarded-Host is not read: `Host` counts, and
    a proxy that forgets to remove the other would let clients choose it.
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
        # An empty value has a place of its own: without it, a client's would move into that.
        values = environ.get(f"HTTP_X_FORWARDED_{name}", "").split(",")
        return str(values[-self._hops if len(values) >= self._hops else 0]).strip()
