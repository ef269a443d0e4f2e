"""Which client is calling: HTTP Basic or the body, never both (RFC 6749 section 2.3.1)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from flask import request

from webapp.core.clients import Client
from webapp.core.errors import ClientInvalid
from webapp.web.services import services


def client_credentials(body: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Raises ClientInvalid if Basic can't be read, or the body says something else as well."""
    if not request.headers.get("Authorization", "").lower().startswith("basic"):
        return body.get("client_id"), body.get("client_secret")
    basic = request.authorization
    if basic is None or not basic.username:
        raise ClientInvalid
    client_id = unquote_plus(basic.username or "")
    if body.get("client_secret") or (body.get("client_id") or client_id) != client_id:
        raise ClientInvalid
    return client_id, unquote_plus(basic.password or "")


def calling_client(body: Mapping[str, Any]) -> Client:
    """The client that calls. Raises ClientInvalid."""
    return services().clients.authenticate(*client_credentials(body))
