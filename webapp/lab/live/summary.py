"""A request and its answer, told in steps: what the hook found stands before what was asked."""

from flask import g, request

from webapp.core.authentication import Identity
from webapp.core.token_issuer import IssuedTokens
from webapp.lab.diagram.steps import Result, Step
from webapp.web.auth import cookies
from webapp.web.auth.authentication import bearer_token
from webapp.web.services import services

from .exchanges import Exchange, Trace

Headers = list[tuple[str, str]]

# They would fill the picture with looks at the picture, or at whether the session is still open.
LEFT_OUT = {"lab.events", "pages.session_status", "static"}
# Whole tokens of a visitor's own session are shown nowhere: pages are photographed and shared.
HIDDEN = "(whole, but not shown: it is your own)"
HOOK = {"code": "webapp/web/auth/authentication.py: authenticate"}
OURS = (cookies.ACCESS, cookies.REFRESH)


def summarise(notes: Trace, status: int, headers: Headers) -> tuple[str, Exchange] | None:
    """Whose request this is, and what it did; None if it is nobody's, or not worth a picture."""
    grant: IssuedTokens | None = g.get("grant")
    if request.endpoint in LEFT_OUT and not grant and status < 400:
        return None
    identity: Identity | None = g.get("identity")
    sid = grant.session.sid if grant else identity.access.sid if identity else sid_of_cookie()
    if sid is None:
        return None
    verdict, result = judge(notes, grant, identity, status)
    exchange = Exchange(
        title=title(),
        status=status,
        verdict=verdict,
        result=result,
        took=round(notes.passed() * 1000, 2),
        at=services().now(),
        steps=(
            *beginning(verdict, result, grant),
            *notes.steps,
            *end(notes, grant, status, headers),
        ),
    )
    return sid, exchange


def title() -> str:
    return f"{request.method} {request.url_rule or 'nowhere'}"


def sid_of_cookie() -> str | None:
    """Of whoever was refused, or could not be asked about; the token is authentic all the same."""
    token = cookies.read(cookies.REFRESH)
    claims = token and services().tokens.authentic_claims(token, services().now())
    return claims.sid if claims else None


def judge(
    notes: Trace, grant: IssuedTokens | None, identity: Identity | None, status: int
) -> tuple[str, Result]:
    """What became of it, in a few words."""
    if grant and grant.outcome == "started":
        return "signed in", "good"
    if grant:
        return f"renewed silently: {grant.outcome}", "good"
    if any(step.result == "outage" for step in notes.steps):
        return "a store did not answer", "outage"
    if identity is None:
        return ("nobody had to be known", "plain") if status < 300 else ("refused", "refused")
    if any(step.target == "redis" and "arrived" in step.words for step in notes.steps):
        return "access token good, stores asked", "good"
    return "access token believed from memory", "good"


def beginning(verdict: str, result: Result, grant: IssuedTokens | None) -> list[Step]:
    asking = Step("browser", "app", title(), details=sent())
    if grant and grant.outcome == "started":
        return [asking]
    if grant:
        state = "has expired" if cookies.read(cookies.ACCESS) or bearer_token() else "is gone"
        words = f"access token {state}: redeem the refresh token"
        return [asking, Step("app", "app", words, details=HOOK)]
    return [asking, Step("app", "app", verdict, result=result, details=HOOK)]


def end(notes: Trace, grant: IssuedTokens | None, status: int, headers: Headers) -> list[Step]:
    passed = notes.passed()
    cookies_set = describe_cookies(headers)
    words = f"{status}, {tokens_in(cookies_set)}".rstrip(", ")
    result: Result = "outage" if status == 503 else "good" if grant else "plain"
    took = round(passed * 1000, 2)
    answer = Step("app", "browser", words, passed, result, took=took, details=cookies_set)
    if not grant:
        return [answer]
    handed = {
        "generation": str(grant.refresh.gen),
        "access token": f"good for {grant.access.exp - grant.access.iat} s",
        "refresh token": f"good for {grant.refresh.exp - grant.refresh.iat} s unused",
    }
    repeated = grant.outcome == "repeated"
    new = "the same refresh token, a fresh access token" if repeated else "two new tokens"
    words = f"{new}, generation {grant.refresh.gen}"
    return [Step("app", "app", words, passed, "good", details=handed), answer]


def sent() -> dict[str, str]:
    """What the browser brought along."""
    found = {name: HIDDEN for name in OURS if cookies.read(name)}
    return found | ({"Authorization": f"Bearer {HIDDEN}"} if bearer_token() else {})


def describe_cookies(headers: Headers) -> dict[str, str]:
    """Name and attributes of each cookie that is set; never its value."""
    told = {}
    for name, line in headers:
        if name == "Set-Cookie":
            pair, _, attributes = line.partition("; ")
            cookie, _, value = pair.partition("=")
            told[cookie] = f"{'…' if value else '(deleted)'}; {attributes}"
    return told


def tokens_in(cookies_set: dict[str, str]) -> str:
    ours = [name for name in cookies_set if name.removeprefix("__Host-") in OURS]
    if not ours:
        return ""
    deleted = any("(deleted)" in cookies_set[name] for name in ours)
    return "both cookies deleted" if deleted else "both cookies renewed"
