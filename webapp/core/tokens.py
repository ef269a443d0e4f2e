"""Access and refresh tokens: what is in them, and which ones are believed.

Access tokens follow RFC 9068 (`at+jwt`). A refresh token is a pure function of
its session's state: same session, generation and rotation time, same bytes. So
no token and no token hash is stored anywhere, and a repeat can be answered
with the very same successor.
"""

import secrets
from dataclasses import dataclass

from . import jws
from .claims import AccessClaims, Claims, RefreshClaims
from .errors import ClockSkew, TokenExpired, TokenInvalid
from .keys import KeyRing

ACCESS_TYPE = "at+jwt"
REFRESH_TYPE = "rt+jwt"

# What the settings may ask for at most, in seconds. A token that claims to live
# longer was not made by this app, whoever signed it.
MAX_ACCESS_TTL = 24 * 3600
MAX_REFRESH_TTL = 400 * 24 * 3600

MAX_GENERATION = 2**31

OPTIONAL = {"scope"}


@dataclass(frozen=True)
class TokenCodec:
    """Signs and verifies both kinds. Two rings and two audiences: neither passes for the other."""

    access_keys: KeyRing
    refresh_keys: KeyRing
    issuer: str
    audience: str
    leeway: int
    """Seconds that another host's clock may be ahead. For `iat` and `nbf` only; `exp` is exact."""

    def sign_access(self, claims: AccessClaims) -> str:
        body = _body(claims, self.issuer, self.audience)
        return jws.sign(body, ACCESS_TYPE, self.access_keys.signing)

    def sign_refresh(self, claims: RefreshClaims) -> str:
        body = _body(claims, self.issuer, self.issuer)
        return jws.sign(body, REFRESH_TYPE, self.refresh_keys.signing)

    def verify_access(self, token: str, now: float) -> AccessClaims:
        """Raises TokenInvalid, ClocksDiffer, or TokenExpired if that is all that is wrong."""
        body = jws.verify(token, ACCESS_TYPE, self.access_keys)
        claims = _claims(AccessClaims, body)
        self._check(body, claims, self.audience, MAX_ACCESS_TTL, now)
        return claims

    def verify_refresh(self, token: str, now: float) -> RefreshClaims:
        """Raises TokenInvalid, ClocksDiffer, or TokenExpired if that is all that is wrong."""
        body = jws.verify(token, REFRESH_TYPE, self.refresh_keys)
        claims = _claims(RefreshClaims, body)
        self._check(body, claims, self.issuer, MAX_REFRESH_TTL, now)
        return claims

    def authentic_claims(self, token: str, now: float) -> RefreshClaims | AccessClaims | None:
        """The claims of a token that our keys have signed, expired or not; else None."""
        for read in (self.verify_refresh, self.verify_access):
            try:
                return read(token, now)
            except (TokenExpired, ClockSkew) as untimely:
                return untimely.claims
            except TokenInvalid:
                continue
        return None

    def _check(
        self,
        body: jws.Json,
        claims: AccessClaims | RefreshClaims,
        audience: str,
        longest: int,
        now: float,
    ) -> None:
        """RFC 7519 section 4.1. Expiry comes last: it is only said of what is right otherwise.

        Only we can have signed it, so if it comes from the future a clock is wrong, here or on
        the host that signed it: we can't judge it now, and nobody is signed out for that.
        """
        if body.get("iss") != self.issuer or body.get("aud") != audience:
            raise TokenInvalid
        if not 0 < claims.exp - claims.iat <= longest:
            raise TokenInvalid
        latest = now + self.leeway
        if claims.iat > latest or body.get("nbf", 0) > latest:
            raise ClockSkew(claims)
        if claims.exp <= now:
            raise TokenExpired(claims)


def new_token_id() -> str:
    """128 random bits, base64url: a `jti`, or a `sid`."""
    return secrets.token_urlsafe(16)


def _body(claims: AccessClaims | RefreshClaims, issuer: str, audience: str) -> jws.Json:
    values = {name: getattr(claims, name) for name in claims.__slots__}
    present = {name: value for name, value in values.items() if value or name not in OPTIONAL}
    return {"iss": issuer, "aud": audience, **present}


def _claims(kind: type[Claims], body: jws.Json) -> Claims:
    """Nothing is taken on trust: each claim is there, and of its type."""
    if not body.keys() >= set(kind.__slots__) - OPTIONAL:
        raise TokenInvalid
    _require_types(body)
    return kind(**{name: body[name] for name in kind.__slots__ if name in body})


def _require_types(body: jws.Json) -> None:
    for name in ("sub", "sid", "client_id", "role", "email", "jti", "scope"):
        value = body.get(name, "absent")
        if not isinstance(value, str) or not value or not value.isprintable():
            raise TokenInvalid
    for name in ("iat", "exp", "gen"):
        if type(body.get(name)) is not int:  # bool is an int to Python, and not to us
            raise TokenInvalid
    if type(body.get("nbf", 0)) is not int or not 0 <= body["gen"] < MAX_GENERATION:
        raise TokenInvalid
