"""Claims of access and refresh tokens."""

from dataclasses import dataclass
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """A verified access token. Times are Unix seconds."""

    sub: str
    sid: str
    gen: int
    client_id: str
    role: str
    email: str
    jti: str
    iat: int
    exp: int
    scope: str = ""
    """The scope of a registered client; else empty, and the token has no such claim."""


@dataclass(frozen=True, slots=True)
class RefreshClaims:
    """A verified refresh token. Times are Unix seconds."""

    sub: str
    sid: str
    gen: int
    client_id: str
    iat: int
    exp: int


Claims = TypeVar("Claims", AccessClaims, RefreshClaims)
