"""The interface of mail transports and their URLs. Imports no mail library: those load slowly."""

from email.message import EmailMessage
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

from webapp.core.errors import Unavailable
from webapp.core.urls import ESCAPES, Unreadable, check_host, check_port

OUTBOX = "outbox:"


class MailFailed(Unavailable):
    """A message was not delivered. The background queue retries it.

    Its text is one line for the log, without an e-mail or a password.
    """


class Transport(Protocol):
    """Delivers messages: by SMTP, or to a folder."""

    def deliver(self, message: "EmailMessage") -> None:
        """Deliver one message. Raises MailFailed."""


def parse_mail_url(text: str) -> str:
    """Validate WEBAPP_MAIL_URL. Raises Unreadable: neither a mail server nor the outbox."""
    if text != OUTBOX:
        split_mail_url(text)
    return text


def split_mail_url(url: str) -> SplitResult:
    """Parse an smtp:// or smtps:// URL. Raises Unreadable."""
    wanted = "must be outbox:, or like smtp://user:password@host:587 or smtps://host"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Unreadable(f"{wanted}; {ESCAPES}") from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise Unreadable(wanted)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise Unreadable("goes on after the host; in a password, write / ? # as %2F %3F %23")
    check_host(parts.hostname)
    if port is not None:
        check_port(str(port))
    if bool(parts.username) != bool(parts.password):
        raise Unreadable("must have both a user and a password, or neither")
    return parts
