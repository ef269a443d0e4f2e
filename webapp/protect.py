"""Another WSGI app behind this app's sign-in, in one process.

    from webapp import create_app
    from webapp.protect import Protected

    app = Protected(create_app(), their_app.wsgi_app, public=("/",))

Paths that this app has a route for are its own: /login, /account, /static and so on. All others
belong to the other app, and need a sign-in unless they are public.
"""

import time
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Flask, Response, redirect, request, url_for
from werkzeug.exceptions import HTTPException, NotFound

from webapp.core import security_events
from webapp.core.authentication import Identity
from webapp.core.errors import EvergreenError, Unauthenticated
from webapp.core.token_issuer import IssuedTokens
from webapp.runtime.request_id import assign_request_id
from webapp.web.auth import authentication
from webapp.web.auth.destinations import has_dot_segments, return_path
from webapp.web.error_handlers import handle_app_error
from webapp.web.forward import refuse, refuse_cross_site
from webapp.web.middleware.forwarded_headers import ForwardedHeaders
from webapp.web.middleware.security_headers import USUAL
from webapp.web.monitoring.endpoints import PATHS
from webapp.web.request_info import is_navigation
from webapp.web.services import Services

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]
# Headers that only a proxy may set: an app that also runs behind one could trust them.
SPOOFED = "HTTP_X_USER_"


class Decision(NamedTuple):
    identity: Identity | None
    refusal: Response | None = None
    renewed: IssuedTokens | None = None
    began: float = 0.0


class Protected:
    """WSGI app. The other app finds the user in its environment:

    `REMOTE_USER` is the user's id, which never changes and is never used again (PEP 3333).
    `evergreen.user` is the `core.models.User`, `evergreen.session` the id of the session.

    `public`: paths of the other app that are open to guests, before this app's own; one that ends
    with `*` opens all that begin so. A signed-in user is known there too.

    Unsafe requests of other sites' pages are refused with 403 (OWASP Cross-Site Request Forgery
    Prevention). When a store can't be reached, good access tokens go on and the others get 503.
    """

    def __init__(
        self, app: Flask, protected: "WSGIApplication", public: Collection[str] = ()
    ) -> None:
        self._app = app
        self._protected = protected
        self._public = {path for path in public if not path.endswith("*")}
        self._public_prefixes = tuple(path[:-1] for path in public if path.endswith("*"))
        app.config["PROTECTED_PATHS"] = ("/",)
        self._router = app.url_map.bind("localhost")
        services: Services = app.extensions["evergreen"]
        hops = services.settings.trusted_proxies
        self._entry: WSGIApplication = ForwardedHeaders(self._serve, hops) if hops else self._serve

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"] or "/"
        if not self._is_public(path) and self._is_own(path):
            return self._app(environ, start)
        return self._entry(environ, start)

    def _is_public(self, path: str) -> bool:
        """Never with dot segments: the other app may resolve them, and answer for another path."""
        if has_dot_segments(path):
            return False
        return path in self._public or path.startswith(self._public_prefixes or "\0")

    def _is_own(self, path: str) -> bool:
        try:
            self._router.match(path, "GET")
        except NotFound:
            return path in PATHS
        except HTTPException:  # another method, or a redirect to a route
            return True
        return True

    def _serve(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        assign_request_id(environ)
        decision = self._decide(environ)
        if decision.refusal:
            return decision.refusal(environ, start)
        theirs = {name: value for name, value in environ.items() if not name.startswith(SPOOFED)}
        theirs.pop("REMOTE_USER", None)
        if decision.identity:
            theirs["REMOTE_USER"] = decision.identity.user.id
            theirs["evergreen.user"] = decision.identity.user
            theirs["evergreen.session"] = decision.identity.access.sid
        return self._protected(theirs, self._with_cookies(environ, start, decision))

    def _decide(self, environ: "WSGIEnvironment") -> Decision:
        """The identity, or the response that refuses. The body stays unread if it is the first."""
        began = time.monotonic()
        with self._app.request_context(dict(environ)):
            security_events.audit_context.set(authentication.set_audit_context)
            try:
                refuse_cross_site(request.method)
                identity = authentication.identify_browser()
            except EvergreenError as error:
                if self._is_public(request.path):
                    return Decision(None)
                return Decision(None, self._refusal(error))
            return Decision(identity, None, authentication.renewed_tokens(), began)

    def _refusal(self, error: EvergreenError) -> Response:
        """For a person the login page or an error page, for a script a status."""
        if not is_navigation():
            response = refuse(error)
        elif isinstance(error, Unauthenticated):
            login = url_for("pages.login", next=return_path())
            response = self._app.make_response(redirect(login, 303))
        else:
            response = self._app.make_response(handle_app_error(error))
        response = self._app.process_response(response)
        for name, value in USUAL:
            response.headers.setdefault(name, value)
        return response

    def _with_cookies(
        self, environ: "WSGIEnvironment", start: "StartResponse", decision: Decision
    ) -> "StartResponse":
        """Adds the renewed cookies when the other app answers: until then the session may end."""
        renewed = decision.renewed
        if renewed is None:
            return start

        def start_with_cookies(
            status: str, headers: Headers, exc_info: Any = None
        ) -> Callable[[bytes], object]:
            with self._app.request_context(dict(environ)):
                carrier = authentication.add_cookies(Response(), renewed, decision.began)
            new = [pair for pair in carrier.headers.items() if pair[0] == "Set-Cookie"]
            if new:  # no cookie may stay in a cache (RFC 9111 section 7.3)
                headers = [pair for pair in headers if pair[0].lower() != "cache-control"]
                headers += [*new, ("Cache-Control", "private, no-store")]
            return start(status, headers, exc_info)

        return start_with_cookies
