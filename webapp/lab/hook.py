"""A sandbox's app: what `web/authentication.py` decides, without HTTP; each arrow is noted."""

from dataclasses import dataclass

from webapp.core.end_reasons import EndReason
from webapp.core.errors import (
    SessionEnded,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
    Unauthenticated,
    Unavailable,
)
from webapp.core.grants import BROWSER_CLIENT, Grant, Origin
from webapp.core.models import User
from webapp.core.sessions import Sessions

from .recorder import Clock, Recorder
from .trace import Lane, Result

SIGN_IN = "POST /login"
LOG_OUT = "POST /logout"


@dataclass(frozen=True)
class Request:
    line: str
    origin: Origin
    lane: Lane
    who: str = ""
    access: str | None = None
    refresh: str | None = None
    bearer: str | None = None

    @property
    def details(self) -> dict[str, str]:
        sent = {
            "Authorization": self.bearer and f"Bearer {self.bearer}",
            "Cookie: access_token": self.access,
            "Cookie: refresh_token": self.refresh,
            "Cookie: known_browser": self.origin.device_id,
        }
        return {name: value for name, value in sent.items() if value}


@dataclass(frozen=True)
class Reply:
    status: int
    words: str
    grant: Grant | None = None
    """Whose tokens its cookies carry."""
    forgets: bool = False
    """Whether it deletes both cookies."""
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
        return {"Set-Cookie": "both deleted"} if self.forgets else {}


class App:
    def __init__(self, sessions: Sessions, user: User, clock: Clock, recorder: Recorder) -> None:
        self.sessions = sessions
        self._user = user
        self._clock = clock
        self._recorder = recorder

    def answer(self, request: Request) -> Reply:
        self._recorder.speak_for(request.who)
        self._recorder.step(request.lane, "app", request.line, details=request.details)
        reply = self._reply(request)
        self._recorder.step("app", request.lane, reply.words, reply.result, details=reply.details)
        return reply

    def _reply(self, request: Request) -> Reply:
        try:
            if request.line == SIGN_IN:
                return self._sign_in(request)
            if request.line == LOG_OUT:
                return self._log_out(request)
            return _page(request.line, self._identify(request))
        except Unavailable:
            return Reply(503, "503, try again")  # no outage deletes a cookie
        except Unauthenticated as refusal:
            return _refuse(request, refusal)

    def _identify(self, request: Request) -> Grant | None:
        """Who asks? The tokens of a silent refresh, if it took one."""
        if request.bearer:
            return self._by_bearer(request.bearer, request)
        if request.access:
            try:
                self._believe(request.access)
                return None
            except (TokenInvalid, TokenExpired):
                pass  # the other one may still be good
        if not request.refresh:
            raise TokenMissing
        return self._renew(request.refresh, request.origin)

    def _by_bearer(self, bearer: str, request: Request) -> Grant | None:
        try:
            self._believe(bearer)
            return None
        except TokenExpired as expired:
            if not request.refresh:
                raise
            return self._renew(request.refresh, request.origin, expired.claims.sid)

    def _believe(self, access: str) -> None:
        before = self._recorder.told_here
        try:
            self.sessions.confirm(access, self._clock.now)
        except (TokenInvalid, TokenExpired) as refusal:
            words = "expired" if isinstance(refusal, TokenExpired) else "not one of ours"
            self._recorder.note("app", f"access token: {words}", "refused")
            raise
        if self._recorder.told_here == before:
            self._recorder.note("app", "access token: believed from memory", "good")

    def _renew(self, refresh: str, origin: Origin, sid: str | None = None) -> Grant:
        try:
            return self.sessions.redeem(refresh, origin, self._clock.now, sid=sid)
        except (TokenInvalid, TokenExpired) as refusal:
            words = "expired" if isinstance(refusal, TokenExpired) else "not one of ours"
            self._recorder.note("app", f"refresh token: {words}", "refused")
            raise

    def _sign_in(self, request: Request) -> Reply:
        now = self._clock.now
        grant = self.sessions.start(self._user, request.origin, remember=True, now=now)
        return Reply(303, "signed in, cookies 0", grant)

    def _log_out(self, request: Request) -> Reply:
        """By whichever cookie is left, however old."""
        for token in (request.refresh, request.access):
            claims = token and self.sessions.recognise(token, BROWSER_CLIENT, self._clock.now)
            if claims:
                self.sessions.end(claims.sid, EndReason.LOGOUT, self._clock.now)
                break
        return Reply(303, "signed out", forgets=True, reason=EndReason.LOGOUT)


def _page(line: str, grant: Grant | None) -> Reply:
    status, done = (303, "303, done") if line.startswith("POST") else (200, "200")
    return Reply(status, f"{done}, cookies {grant.refresh.gen}" if grant else done, grant)


def _refuse(request: Request, refusal: Unauthenticated) -> Reply:
    """A script gets 401. A person gets the login page, which says why, and deletes the cookies
    of a session that is over; those that we can't read at the moment are kept.
    """
    reason = refusal.reason if isinstance(refusal, SessionEnded) else refusal.code
    if request.bearer:
        return Reply(401, f"401: {refusal.code}", reason=reason)
    forgets = isinstance(refusal, (SessionEnded, TokenExpired))
    # Past a bad access token the hook has looked for a refresh token, and there was none.
    why = "please sign in" if isinstance(refusal, TokenMissing) else reason
    return Reply(401, f"login page: {why}", forgets=forgets, reason=reason)
