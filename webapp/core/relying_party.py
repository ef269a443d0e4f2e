"""The relying party of passkeys: the host that they are bound to."""

import ipaddress
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import idna


@dataclass(frozen=True)
class RelyingParty:
    id: str
    """A domain; empty if the app's URL has an IP: browsers refuse passkeys there."""
    name: str
    origin: str

    @classmethod
    def of(cls, public_url: str, name: str) -> "RelyingParty":
        parts = urlsplit(public_url)
        host = parts.hostname or ""
        with suppress(idna.IDNAError):
            host = idna.encode(host, uts46=True).decode()  # as browsers do
        is_usual = parts.port in (None, {"http": 80, "https": 443}[parts.scheme])
        port = "" if is_usual else f":{parts.port}"
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return cls(host, name, f"{parts.scheme}://{host}{port}")
        return cls("", name, public_url)
