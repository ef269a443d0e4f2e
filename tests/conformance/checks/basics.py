"""A plain refresh, and the form of its response."""

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
    server.must_call_if_possible(tokens)


@check(
    "Each refresh gives a new refresh token",
    "A copied token works until its last day, and that is not noticed.",
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
        raise Failed(f"Cache-Control is {value!r}" if value else "there is no Cache-Control")


@check(
    "Scripts can't read the cookie, and other sites can't send it",
    "One script injection, or one form on another site, has the sign-in.",
    "OWASP Session Management Cheat Sheet: HttpOnly and SameSite",
)
def cookie_is_protected(server: Server) -> None:
    first = server.login()
    line = server.must_refresh(first, "a plain refresh is refused").cookie or first.cookie
    if line is None:
        raise NotSupported("the refresh token is in no cookie")
    parts = [part.strip().lower() for part in line.split(";")[1:]]
    same_site = next((part for part in parts if part.startswith("samesite")), "no SameSite")
    if "httponly" not in parts:
        raise Failed("the cookie is not HttpOnly")
    if same_site not in ("samesite=lax", "samesite=strict"):
        raise Failed(f"the cookie has {same_site}")


@check(
    "Made-up tokens are refused with a clear error",
    "Made-up tokens sign in, or a client that gets a 500 tries again and again.",
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
