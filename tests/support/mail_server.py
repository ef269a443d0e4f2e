"""A real mail server that remembers what it was sent, and can be unfriendly."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .servers import free_port

OK = "250 OK"
REFUSED = "554 No"
HANG_UP = "hang up"


@dataclass
class MailServer:
    """`answer` is what it says to a letter."""

    answer: str = OK
    says_goodbye: bool = True
    knows_recipient: bool = True
    port: int = field(default_factory=free_port)
    letters: list[EmailMessage] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    passwords: list[tuple[str, str]] = field(default_factory=list)
    over_tls: list[bool] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks for these names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.knows_recipient:
            return f"550 {address}: there is no mailbox of that name"
        envelope.rcpt_tos.append(address)
        return OK

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.answer == HANG_UP:
            server.transport.abort()
        if self.answer == OK:
            assert isinstance(envelope.content, bytes)
            self.letters.append(message_from_bytes(envelope.content, policy=policy.SMTPUTF8))
            self.envelopes.append(envelope)
            self.over_tls.append(session.ssl is not None)
        return self.answer

    async def handle_QUIT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if not self.says_goodbye:
            server.transport.abort()
        return "221 Bye"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, sent: Any
    ) -> AuthResult:
        assert isinstance(sent, LoginPassword)
        self.passwords.append((sent.login.decode(), sent.password.decode()))
        right = sent.password == b"right / good"
        return AuthResult(success=right, handled=False)

    def url(self, user: str = "", host: str = "127.0.0.1", scheme: str = "smtp") -> str:
        return f"{scheme}://{user}{host}:{self.port}"


@contextmanager
def serving_mail(server: MailServer, **options: Any) -> Iterator[MailServer]:
    """`options` are aiosmtpd's; it offers AUTH without TLS as well."""
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=server.port,
        authenticator=server.authenticate,
        **{"auth_require_tls": False, "enable_SMTPUTF8": True, **options},
    )
    controller.start()
    yield server
    controller.stop()


@dataclass
class Certificate:
    """For localhost and 127.0.0.1, signed by itself."""

    path: Path

    @classmethod
    def make(cls, folder: Path) -> "Certificate":
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        here = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName(here), critical=False)
            .sign(key, hashes.SHA256())
        )
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path = folder / "mail.pem"
        path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        return cls(path)

    def for_server(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.path)
        return context

    def for_client(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.path))
