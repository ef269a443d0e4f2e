"""Deliver e-mail by SMTP, over TLS if the server offers it."""

import smtplib
import ssl
from contextlib import closing, suppress
from email.message import EmailMessage
from ipaddress import ip_address
from urllib.parse import unquote

from .transport import MailFailed, split_mail_url

TIMEOUT = 10  # seconds
ENVELOPE_HEADERS = ("From", "To")


class Smtp:
    """SMTP transport. `smtp://` uses STARTTLS if offered, `smtps://` is implicit TLS (RFC 8314)."""

    def __init__(self, url: str, context: ssl.SSLContext | None = None) -> None:
        """`context`: the trusted certificates. Raises ValueError: a wrong URL."""
        parts = split_mail_url(url)
        self._tls = parts.scheme == "smtps"
        self._host = parts.hostname or ""
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._port = parts.port or (465 if self._tls else 587 if self._user else 25)
        self._context = context or ssl.create_default_context()

    def deliver(self, message: EmailMessage) -> None:
        try:
            with closing(self._connect()) as server:
                self._sign_in(server)
                server.send_message(message, *_envelope(message))
                # The server has the message. An error here would send it twice.
                with suppress(OSError):
                    server.quit()
        except (OSError, ValueError) as error:  # ValueError: a password that is not ASCII
            raise MailFailed(_error_text(error)) from None  # the cause names e-mails

    def check(self, sender: str = "") -> None:
        """Sign in and offer a message from `sender`, without sending one. Raises MailFailed."""
        try:
            with closing(self._connect()) as server:
                self._sign_in(server)
                if sender:
                    _offer(server, sender)
                with suppress(OSError):
                    server.quit()
        except (OSError, ValueError) as error:
            raise MailFailed(_error_text(error)) from None

    def _connect(self) -> smtplib.SMTP:
        if self._tls:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT, context=self._context)
        return smtplib.SMTP(self._host, self._port, timeout=TIMEOUT)

    def _sign_in(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        if not self._tls and server.has_extn("starttls"):
            server.starttls(context=self._context)
        elif self._user and not self._tls and not _is_loopback(self._host):
            # A machine in the middle can remove STARTTLS from the server's reply.
            raise MailFailed("the mail server offers no TLS, so no password was sent")
        if self._user:
            server.login(self._user, self._password)


def _envelope(message: EmailMessage) -> tuple[str, list[str]]:
    """Sender and recipients, from the header objects: their text is not parsed again."""
    emails = {
        name: [each.addr_spec for each in message[name].addresses] for name in ENVELOPE_HEADERS
    }
    return emails["From"][0], emails["To"]


def _offer(server: smtplib.SMTP, sender: str) -> None:
    code, words = server.mail(sender)
    if code != 250:
        raise smtplib.SMTPSenderRefused(code, words, sender)
    server.rset()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _error_text(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _ in error.recipients.values()})
        return f"the mail server refused the recipient: {codes}"
    if isinstance(error, smtplib.SMTPSenderRefused):
        return f"the mail server refused the sender: {error.smtp_code}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the mail server answered {error.smtp_code}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the mail server's certificate: {error.verify_message}"
    return f"the mail server can't be used: {type(error).__name__}"
