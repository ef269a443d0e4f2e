"""Access and refresh tokens: their claims, signing and verification.

Access tokens follow RFC 9068 (`at+jwt`). A refresh token is a pure function of its session's
state: same session, generation and rotation time, same bytes. So no token and no token hash is
stored, and a repeat gets the same successor again.
"""

import secrets
from dataclasses import dataclass

from . import jws
from .claims import AccessClaims, Claims, RefreshClaims
from .errors import ClockSkew, TokenExpired, TokenInvalid
from .keys import KeyRing

ACCESS_TYPE = "at+jwt"
REFRESH_TYPE = "rt+jwt"

# Upper limits of the settings, in seconds. A token with a longer lifetime is not from this app,
# even if its signature is valid.
MAX_ACCESS_TTL = 24 * 3600
MAX_REFRESH_TTL = 400 * 24 * 3600

MAX_GENERATION = 2**31

OPTIONAL = {"scope"}


@dataclass(frozen=True)
class TokenCodec:
    """Signs and verifies both kinds of token. Each kind has its own key ring and audience."""

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
        """The claims. Raises TokenInvalid, ClockSkew, or TokenExpired if only the expiry fails."""
        body = jws.verify(token, ACCESS_TYPE, self.access_keys)
        claims = _claims(AccessClaims, body)
        self._check(body, claims, self.audience, MAX_ACCESS_TTL, now)
        return claims

    def verify_refresh(self, token: str, now: float) -> RefreshClaims:
        """The claims. Raises TokenInvalid, ClockSkew, or TokenExpired if only the expiry fails."""
        body = jws.verify(token, REFRESH_TYPE, self.refresh_keys)
        claims = _claims(RefreshClaims, body)
        self._check(body, claims, self.issuer, MAX_REFRESH_TTL, now)
        return claims

    def authentic_claims(self, token: str, now: float) -> RefreshClaims | AccessClaims | None:
        """The claims of a token that our keys have signed, expired or not; else None."""
        for read in (self.verify_refresh, self.verify_access):
            try:
                return read(token, now)
            except (TokenExpired, ClockSkew) as error:
                return error.claims
            except TokenInvalid:
                continue
        return None

    def _check(
        self,
        body: jws.Json,
        claims: AccessClaims | RefreshClaims,
        audience: str,
        max_ttl: int,
        now: float,
    ) -> None:
        """Check the registered claims (RFC 7519 section 4.1), expiry last.

        Only this app can have signed the token. If it comes from the future, the clock of this
        host or of the signing host is wrong: the error is temporary, and signs no user out.
        """
        if body.get("iss") != self.issuer or body.get("aud") != audience:
            raise TokenInvalid
        if not 0 < claims.exp - claims.iat <= max_ttl:
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
    """The claims as an object, after a check that each is present and has its type."""
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
        if type(body.get(name)) is not int:  # not isinstance: a bool is an int
            raise TokenInvalid
    if type(body.get("nbf", 0)) is not int or not 0 <= body["gen"] < MAX_GENERATION:
        raise TokenInvalid
