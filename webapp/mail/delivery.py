"""What it takes to deliver a letter. Without the libraries for it, which take long to load."""

from typing import TYPE_CHECKING, Protocol
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from email.message import EmailMessage

OUTBOX = "outbox:"


class MailFailed(Exception):
    """The letter is not delivered. One line, for the log: without any address or password."""


class Transport(Protocol):
    def deliver(self, message: "EmailMessage") -> None:
        """Raises MailFailed."""


def parse_mail_url(text: str) -> str:
    """Raises ValueError: it names neither a mail server nor the outbox."""
    if text != OUTBOX:
        split_mail_url(text)
    return text


def split_mail_url(url: str) -> SplitResult:
    wanted = "must be outbox:, or like smtp://user:password@host:587 or smtps://host"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError(wanted) from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError(wanted)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("goes on after the host; in a password, write / ? # as %2F %3F %23")
    if bool(parts.username) != bool(parts.password):
        raise ValueError("must have both a user and a password, or neither")
    return parts
