"""Summary of a request as an exchange: the decision of the hook, then the calls to the stores."""

from flask import g, request

from webapp.core.authentication import Identity
from webapp.core.token_issuer import IssuedTokens
from webapp.lab.diagram.steps import Result, Step
from webapp.web.auth import cookies
from webapp.web.auth.authentication import bearer_token
from webapp.web.services import services

from .exchanges import Exchange, Trace

Headers = list[tuple[str, str]]

# Polls of the lab and of the session status, and static files: they would fill the list.
UNRECORDED_ENDPOINTS = {"lab.events", "pages.session_status", "static"}
# A user's own tokens are never shown in full: people share screenshots.
HIDDEN = "(hidden: it is your own token)"
HOOK = {"code": "webapp/web/auth/authentication.py: authenticate"}
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
    return f"{request.method} {request.url_rule or 'unknown route'}"


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
        return "signed in", "good"
    if grant:
        return f"renewed silently: {grant.outcome}", "good"
    if any(step.result == "outage" for step in trace.steps):
        return "a store did not respond", "outage"
    if identity is None:
        return ("no sign-in needed", "plain") if status < 300 else ("refused", "refused")
    if any(
        step.target == "redis" and step.words.startswith("open? confirm") for step in trace.steps
    ):
        return "access token valid, checked in the stores", "good"
    return "access token accepted from the cache", "good"


def beginning(verdict: str, result: Result, grant: IssuedTokens | None) -> list[Step]:
    request_step = Step("browser", "app", title(), details=sent())
    if grant and grant.outcome == "started":
        return [request_step]
    if grant:
        state = "has expired" if cookies.read(cookies.ACCESS) or bearer_token() else "is missing"
        words = f"access token {state}: redeem the refresh token"
        return [request_step, Step("app", "app", words, details=HOOK)]
    return [request_step, Step("app", "app", verdict, result=result, details=HOOK)]


def end(trace: Trace, grant: IssuedTokens | None, status: int, headers: Headers) -> list[Step]:
    passed = trace.passed()
    cookies_set = describe_cookies(headers)
    words = f"{status}, {tokens_in(cookies_set)}".rstrip(", ")
    result: Result = "outage" if status == 503 else "good" if grant else "plain"
    took = round(passed * 1000, 2)
    answer = Step("app", "browser", words, passed, result, took=took, details=cookies_set)
    if not grant:
        return [answer]
    details = {
        "generation": str(grant.refresh.gen),
        "access token": f"valid for {grant.access.exp - grant.access.iat} s",
        "refresh token": f"valid for {grant.refresh.exp - grant.refresh.iat} s unused",
    }
    repeated = grant.outcome == "repeated"
    new = "the same refresh token, a new access token" if repeated else "two new tokens"
    words = f"{new}, generation {grant.refresh.gen}"
    return [Step("app", "app", words, passed, "good", details=details), answer]


def sent() -> dict[str, str]:
    """The tokens in the request, hidden."""
    found = {name: HIDDEN for name in TOKEN_COOKIES if cookies.read(name)}
    return found | ({"Authorization": f"Bearer {HIDDEN}"} if bearer_token() else {})


def describe_cookies(headers: Headers) -> dict[str, str]:
    """Name and attributes of each cookie that is set; never its value."""
    described = {}
    for name, line in headers:
        if name == "Set-Cookie":
            pair, _, attributes = line.partition("; ")
            cookie, _, value = pair.partition("=")
            described[cookie] = f"{'…' if value else '(deleted)'}; {attributes}"
    return described


def tokens_in(cookies_set: dict[str, str]) -> str:
    names = [name for name in cookies_set if name.removeprefix("__Host-") in TOKEN_COOKIES]
    if not names:
        return ""
    deleted = any("(deleted)" in cookies_set[name] for name in names)
    return "both cookies deleted" if deleted else "both cookies renewed"
