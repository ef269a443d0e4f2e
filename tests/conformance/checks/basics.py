"""A plain refresh, and the form of its response."""

from contextlib import suppress

from ..adapter import NotSupported
from ..check import check
from ..server import Failed, Server


@check(
    "A refresh gives tokens that work",
    "Signed out at the first expiry.",
    "RFC 6749, section 6",
)
def refresh_works(server: Server) -> None:
    tokens = server.login()
    for _ in range(3):
        tokens = server.must_refresh(tokens, "a plain refresh is refused")
    with suppress(NotSupported):
        server.must_call(tokens)


@check(
    "Each refresh gives a new refresh token",
    "A copied token works until its last day, and nobody can notice.",
    "RFC 9700, section 2.2.2: public clients, unless the token is bound to the sender",
)
def refresh_token_rotates(server: Server) -> None:
    old = server.login()
    new = server.must_refresh(old, "a plain refresh is refused")
    if new.refresh == old.refresh:
        raise Failed("the refresh token stays the same")


@check(
    "The response with tokens is not stored",
    "The tokens stay in a cache, where others can read them.",
    "RFC 6749, section 5.1: Cache-Control: no-store",
)
def response_is_not_stored(server: Server) -> None:
    tokens = server.must_refresh(server.login(), "a plain refresh is refused")
    if not tokens.headers:
        raise NotSupported("the adapter passes no headers on")
    value = tokens.headers.get("cache-control", "")
    if "no-store" not in value.lower():
        raise Failed(f"Cache-Control is {value!r}")


@check(
    "Scripts can't read the cookie, and other sites can't send it",
    "One script injection, or one form on another site, has the sign-in.",
    "OWASP Session Management Cheat Sheet: HttpOnly and SameSite",
)
def cookie_is_protected(server: Server) -> None:
    tokens = server.must_refresh(server.login(), "a plain refresh is refused")
    if tokens.cookie is None:
        raise NotSupported("the refresh token is in no cookie, or the refresh sets none")
    attributes = [part.strip().lower() for part in tokens.cookie.split(";")[1:]]
    missing = [
        name
        for name, values in {
            "HttpOnly": ["httponly"],
            "SameSite": ["samesite=lax", "samesite=strict"],
        }.items()
        if not set(values) & set(attributes)
    ]
    if missing:
        raise Failed(f"the cookie has no {' and no '.join(missing)}")


@check(
    "Made-up tokens are refused with a clear error",
    "A client that gets a 500 tries again and again.",
    "RFC 6749, section 5.2: 400 or 401",
)
def forged_tokens_are_refused(server: Server) -> None:
    tokens = server.login()
    half = len(tokens.refresh) // 2
    changed = "".join(reversed(tokens.refresh[half:]))
    for made_up in ("x", "a.b.c", tokens.refresh[:half] + changed, tokens.refresh[:-6], "A" * 500):
        server.must_refuse(server.forged(tokens, made_up), "a made-up token works")
    server.must_refresh(tokens, "made-up tokens ended the real session")


CHECKS = (
    refresh_works,
    refresh_token_rotates,
    response_is_not_stored,
    cookie_is_protected,
    forged_tokens_are_refused,
)
