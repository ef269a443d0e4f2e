"""Summary of a request as an exchange: the decision of the hook, then the calls to the stores."""

from flask import g, request

from webapp.core.authentication import Identity
from webapp.core.ports import Outcome
from webapp.core.text import N_, Message
from webapp.core.token_issuer import IssuedTokens
from webapp.lab.diagram.results import OUTCOMES
from webapp.lab.diagram.steps import Result, Step
from webapp.web.auth import cookies
from webapp.web.auth.authentication import bearer_token
from webapp.web.auth.authorization import PUBLIC, permission_needed
from webapp.web.services import services

from .exchanges import Exchange, Trace

Headers = list[tuple[str, str]]

# Polls of the lab and of the session status, and static files: they would fill the list.
UNRECORDED_ENDPOINTS = {"lab.events", "pages.session_status", "static"}
# A user's own tokens are never shown in full: people share screenshots.
HIDDEN = N_("(hidden: it is your own token)")
HOOK = {N_("code"): "webapp/web/auth/authentication.py: authenticate"}
TOKEN_COOKIES = (cookies.ACCESS, cookies.REFRESH)


def summarise(trace: Trace, status: int, headers: Headers) -> tuple[str, Exchange] | None:
    """The session id and the exchange; None without a session, or for an unrecorded endpoint."""
    grant: IssuedTokens | None = g.get("grant")
    if request.endpoint in UNRECORDED_ENDPOINTS and not grant and status < 400:
        return None
    identity: Identity | None = g.get("identity")
    sid = grant.session.sid if grant else identity.access.sid if identity else sid_of_cookie()
    if sid is None:
        return None
    verdict, result = judge(trace, grant, identity, status)
    exchange = Exchange(
        title=title(),
        status=status,
        verdict=verdict,
        result=result,
        took=round(trace.passed() * 1000, 2),
        at=services().now(),
        steps=(
            *beginning(verdict, result, grant),
            *trace.steps,
            *end(trace, grant, status, headers),
        ),
    )
    return sid, exchange


def title() -> str:
    if request.url_rule:
        return f"{request.method} {request.url_rule}"
    return Message("{method} unknown route", method=request.method)


def sid_of_cookie() -> str | None:
    """The session in the refresh cookie, for a refused request or one during an outage."""
    token = cookies.read(cookies.REFRESH)
    claims = token and services().tokens.authentic_claims(token, services().now())
    return claims.sid if claims else None


def judge(
    trace: Trace, grant: IssuedTokens | None, identity: Identity | None, status: int
) -> tuple[str, Result]:
    """The outcome of the request, in a few words."""
    if grant and grant.outcome == "started":
        return N_("signed in"), "good"
    if grant:
        return Message(
            "renewed silently: {outcome}", outcome=Message(OUTCOMES[Outcome(grant.outcome)])
        ), "good"
    if any(step.result == "outage" for step in trace.steps):
        return N_("a store did not respond"), "outage"
    if identity is None:
        # Login and other public pages refuse a wrong password in their own way.
        is_refused = permission_needed() != PUBLIC or status in (401, 403)
        return (N_("refused"), "refused") if is_refused else (N_("no sign-in needed"), "plain")
    if status == 403:
        return N_("signed in, but not allowed"), "refused"
    if any(
        step.target == "redis" and step.words.startswith("open? confirm") for step in trace.steps
    ):
        return N_("access token: valid, checked in the stores"), "good"
    return N_("access token: accepted from the cache"), "good"


def beginning(verdict: str, result: Result, grant: IssuedTokens | None) -> list[Step]:
    request_step = Step("browser", "app", title(), details=sent())
    if grant and grant.outcome == "started":
        return [request_step]
    if grant:
        words = N_("access token is missing: redeem the refresh token")
        if cookies.read(cookies.ACCESS) or bearer_token():
            words = N_("access token has expired: redeem the refresh token")
        return [request_step, Step("app", "app", words, details=HOOK)]
    return [request_step, Step("app", "app", verdict, result=result, details=HOOK)]


def end(trace: Trace, grant: IssuedTokens | None, status: int, headers: Headers) -> list[Step]:
    passed = trace.passed()
    cookies_set = describe_cookies(headers)
    words = response_line(status, cookies_set)
    failures: dict[int, Result] = {401: "refused", 403: "refused", 503: "outage"}
    result = failures.get(status, "good" if grant else "plain")
    took = round(passed * 1000, 2)
    answer = Step("app", "browser", words, passed, result, took=took, details=cookies_set)
    if not grant:
        return [answer]
    details = {
        N_("generation"): str(grant.refresh.gen),
        N_("access token"): Message(
            "valid for {seconds} s", seconds=grant.access.exp - grant.access.iat
        ),
        N_("refresh token"): Message(
            "valid for {seconds} s without use", seconds=grant.refresh.exp - grant.refresh.iat
        ),
    }
    words = Message("two new tokens, generation {gen}", gen=grant.refresh.gen)
    if grant.outcome == "repeated":
        words = Message(
            "the same refresh token, a new access token, generation {gen}", gen=grant.refresh.gen
        )
    return [Step("app", "app", words, passed, "good", details=details), answer]


def sent() -> dict[str, str]:
    """The tokens in the request, hidden."""
    found = {name: HIDDEN for name in TOKEN_COOKIES if cookies.read(name)}
    return found | ({"Authorization": HIDDEN} if bearer_token() else {})


def describe_cookies(headers: Headers) -> dict[str, str]:
    """Name and attributes of each cookie that is set; never its value."""
    described: dict[str, str] = {}
    for name, line in headers:
        if name == "Set-Cookie":
            pair, _, attributes = line.partition("; ")
            cookie, _, value = pair.partition("=")
            deleted = Message("(deleted); {attributes}", attributes=attributes)
            described[cookie] = f"…; {attributes}" if value else deleted
    return described


def response_line(status: int, cookies_set: dict[str, str]) -> str:
    """The status, and what happened to the cookies of the tokens."""
    names = [name for name in cookies_set if name.removeprefix("__Host-") in TOKEN_COOKIES]
    if not names:
        return str(status)
    if any(cookies_set[name].startswith("(deleted)") for name in names):
        return Message("{status}, both cookies deleted", status=status)
    return Message("{status}, both cookies renewed", status=status)
