"""Clients: the browser and the programs that open sessions (RFC 6749 section 2).

A refresh token is valid only for the client that opened its session: one stolen from a browser's
cookie is useless at the API, and the reverse. A registered client has a scope as well, which
limits its access to its users' accounts.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Protocol

from .claims import AccessClaims
from .errors import ClientInvalid
from .keys import KID
from .policy import Scope
from .token_issuer import BROWSER_CLIENT

# The client id of all programs that are not registered.
API_CLIENT = "api"
RESERVED = {BROWSER_CLIENT, API_CLIENT}


@dataclass(frozen=True)
class Client:
    client_id: str
    name: str
    created_at: int
    secret_hash: str | None
    """None for a public client: an app that can't keep a secret."""

    scope: str = Scope.PROFILE.value
    """Words of `Scope`, separated by spaces; empty for `api`, where the user's role decides."""

    @property
    def confidential(self) -> bool:
        return self.secret_hash is not None


API = Client(API_CLIENT, "API", 0, None, scope="")


class ClientStore(Protocol):
    """Registered clients. Every method may raise Unavailable."""

    def find(self, client_id: str) -> Client | None: ...

    def all(self) -> list[Client]:
        """All clients, sorted by id."""

    def create(
        self, client_id: str, name: str, secret_hash: str | None, now: int, scope: str
    ) -> None:
        """Register a client. Raises Conflict if the id is taken."""

    def set_secret(self, client_id: str, secret_hash: str) -> bool:
        """Replace the secret. False if there is no such confidential client."""

    def set_scope(self, client_id: str, scope: str) -> bool:
        """Replace the scope. False if there is no such client."""

    def open_sids(self, client_id: str) -> list[str]:
        """The ids of a client's open sessions, whether or not it is still registered."""

    def delete(self, client_id: str) -> bool:
        """Remove the client. False if there is no such client."""


@dataclass(frozen=True)
class Clients:
    store: ClientStore

    def authenticate(self, client_id: str | None, secret: str | None) -> Client:
        """The client with these credentials; `api` if there are none.

        Raises ClientInvalid: unknown client, wrong or missing secret, or a secret of a public one.
        """
        if not client_id:
            if secret:
                raise ClientInvalid
            return API
        if client_id == API_CLIENT and not secret:
            return API
        is_valid_id = KID.fullmatch(client_id) and client_id not in RESERVED
        client = self.store.find(client_id) if is_valid_id else None
        if client is None or not _secret_matches(client, secret):
            raise ClientInvalid
        return client

    def scope_of(self, client_id: str) -> str:
        """The present scope of a registered client; empty for any other."""
        client = None if client_id in RESERVED else self.store.find(client_id)
        return client.scope if client else ""

    def authenticate_confidential(self, client_id: str | None, secret: str | None) -> Client:
        """The client with these credentials, which must have a secret. Raises ClientInvalid."""
        if not client_id or not secret:
            raise ClientInvalid
        return self.authenticate(client_id, secret)


def limiting_scope(access: AccessClaims) -> str | None:
    """The scope that limits a token; None if only its user's role decides.

    A token of a registered client from before scopes existed has no such claim: `profile`.
    """
    return None if access.client_id in RESERVED else access.scope or Scope.PROFILE


def new_secret() -> tuple[str, str]:
    """A new secret, which is shown once, and its hash, which is stored."""
    secret = secrets.token_urlsafe(32)
    return secret, hash_secret(secret)


def hash_secret(secret: str) -> str:
    """Plain SHA-256: 256 random bits can't be guessed, however fast the hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _secret_matches(client: Client, secret: str | None) -> bool:
    if client.secret_hash is None:
        return not secret
    return hmac.compare_digest(client.secret_hash, hash_secret(secret or ""))
