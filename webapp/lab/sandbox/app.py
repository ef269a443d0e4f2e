"""The app of a sandbox: the decision of `core/authentication.py`, without HTTP, recorded."""

from dataclasses import dataclass
from functools import partial

from webapp.core.authentication import Authenticator, RefreshWanted
from webapp.core.claims import AccessClaims
from webapp.core.end_reasons import EndReason
from webapp.core.errors import (
    SessionEnded,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
    Unauthenticated,
    Unavailable,
)
from webapp.core.models import User
from webapp.core.sessions import Sessions
from webapp.core.text import N_, Message
from webapp.core.token_issuer import BROWSER_CLIENT, ClientInfo, IssuedTokens
from webapp.core.token_verifier import TokenVerifier
from webapp.core.tokens import TokenCodec
from webapp.lab.diagram.steps import Lane, Result

from .recorder import Clock, StepRecorder

SIGN_IN = "POST /login"
SIGN_OUT = "POST /logout"


@dataclass(frozen=True)
class SandboxServices:
    """Services of the core, with the keys and stores of a sandbox."""

    tokens: TokenCodec
    sessions: Sessions
    verifier: TokenVerifier


@dataclass(frozen=True)
class Request:
    line: str
    client: ClientInfo
    lane: Lane
    who: str = ""
    access: str | None = None
    refresh: str | None = None
    bearer: str | None = None

    @property
    def details(self) -> dict[str, str]:
        headers = {
            "Authorization": self.bearer and f"Bearer {self.bearer}",
            "Cookie: access_token": self.access,
            "Cookie: refresh_token": self.refresh,
            "Cookie: known_browser": self.client.device_id,
        }
        return {name: value for name, value in headers.items() if value}


@dataclass(frozen=True)
class Reply:
    status: int
    words: str
    grant: IssuedTokens | None = None
    """The tokens in its cookies, if it sets any."""
    deletes_cookies: bool = False
    """Whether the reply deletes both cookies."""
    reason: str = ""

    @property
    def result(self) -> Result:
        return "outage" if self.status == 503 else "good" if self.status < 400 else "refused"

    @property
    def details(self) -> dict[str, str]:
        if self.grant:
            return {
                "Set-Cookie: access_token": self.grant.access_token,
                "Set-Cookie: refresh_token": self.grant.refresh_token,
            }
        return {"Set-Cookie": N_("both deleted")} if self.deletes_cookies else {}


class SandboxApp:
    def __init__(
        self, services: SandboxServices, user: User, clock: Clock, recorder: StepRecorder
    ) -> None:
        self.services = services
        self._user = user
        self._clock = clock
        self._recorder = recorder

    def answer(self, request: Request) -> Reply:
        self._recorder.set_actor(request.who)
        self._recorder.step(request.lane, "app", request.line, details=request.details)
        reply = self._reply(request)
        gets_in = request.lane == "thief" and reply.result == "good"
        result: Result = "plain" if gets_in else reply.result  # no success to us
        self._recorder.step("app", request.lane, reply.words, result, details=reply.details)
        return reply

    def _reply(self, request: Request) -> Reply:
        try:
            if request.line == SIGN_IN:
                return self._sign_in(request)
            if request.line == SIGN_OUT:
                return self._sign_out(request)
            return _page(request.line, self._identify(request))
        except Unavailable:
            return Reply(503, N_("503, try again"))  # no outage deletes a cookie
        except Unauthenticated as refusal:
            return _refuse(request, refusal)

    def _identify(self, request: Request) -> IssuedTokens | None:
        """Tokens of a silent refresh, if one was needed. Raises Unauthenticated, Unavailable."""
        authenticator = Authenticator(self._verify, self.services.tokens.authentic_claims)
        access = [request.access] if request.access else []
        refresh = [request.refresh] if request.refresh else []
        # A script sends its bearer token to the JSON API.
        decision = authenticator.authenticate(
            request.bearer,
            access,
            lambda: refresh,
            self._clock.now,
            bearer_only=bool(request.bearer),
        )
        if isinstance(decision, RefreshWanted):
            return decision.redeem_first(partial(self._renew, request.client))
        return None

    def _verify(self, access: str, now: float) -> tuple[User, AccessClaims]:
        """Like `TokenVerifier.verify`, and record results that involve no store."""
        before = self._recorder.steps_by_this_thread
        try:
            identity = self.services.verifier.verify(access, now)
        except (TokenInvalid, TokenExpired) as refusal:
            expired = isinstance(refusal, TokenExpired)
            words = N_("access token: expired") if expired else N_("access token: not issued here")
            self._recorder.note("app", words, "refused")
            raise
        if self._recorder.steps_by_this_thread == before:
            self._recorder.note("app", N_("access token: accepted from the cache"), "good")
        return identity

    def _renew(self, client: ClientInfo, refresh: str, sid: str | None) -> IssuedTokens:
        try:
            return self.services.sessions.redeem(refresh, client, self._clock.now, sid=sid)
        except (TokenInvalid, TokenExpired) as refusal:
            expired = isinstance(refusal, TokenExpired)
            words = (
                N_("refresh token: expired") if expired else N_("refresh token: not issued here")
            )
            self._recorder.note("app", words, "refused")
            raise

    def _sign_in(self, request: Request) -> Reply:
        now = self._clock.now
        grant = self.services.sessions.start(self._user, request.client, remember=True, now=now)
        return Reply(303, Message("signed in, cookies {gen}", gen=grant.refresh.gen), grant)

    def _sign_out(self, request: Request) -> Reply:
        """End the session of the first cookie that names one, expired or not."""
        sessions, now = self.services.sessions, self._clock.now
        for token in (request.refresh, request.access):
            if claims := token and sessions.claims_ignoring_expiry(token, BROWSER_CLIENT, now):
                sessions.end(claims.sid, EndReason.LOGOUT, now)
                break
        return Reply(303, N_("signed out"), deletes_cookies=True, reason=EndReason.LOGOUT)


def _page(line: str, grant: IssuedTokens | None) -> Reply:
    is_form = line.startswith("POST")
    status, words = (303, N_("303, done")) if is_form else (200, "200")
    if grant and is_form:
        words = Message("303, done, cookies {gen}", gen=grant.refresh.gen)
    elif grant:
        words = Message("200, cookies {gen}", gen=grant.refresh.gen)
    return Reply(status, words, grant)


def _refuse(request: Request, refusal: Unauthenticated) -> Reply:
    """A script gets 401. A page gets the sign-in page with the reason; it deletes the cookies of an
    ended or expired session, and keeps cookies that can't be verified at the moment.
    """
    reason = refusal.reason if isinstance(refusal, SessionEnded) else refusal.code
    if request.bearer:
        return Reply(401, f"401: {refusal.code}", reason=reason)
    deletes_cookies = isinstance(refusal, (SessionEnded, TokenExpired))
    # After an invalid access token, the hook looked for a refresh token and found none.
    words = Message("sign-in page: {reason}", reason=reason)
    if isinstance(refusal, TokenMissing):
        words = Message("sign-in page: please sign in")
    return Reply(401, words, deletes_cookies=deletes_cookies, reason=reason)
