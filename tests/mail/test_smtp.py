"""SMTP against a real server: TLS where it can be, and no password in the clear."""

import socket
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.support.mail_server import (
    HANG_UP,
    REFUSED,
    Certificate,
    MailServer,
    serving_mail,
)
from tests.support.servers import free_port
from webapp.mail.smtp import Smtp
from webapp.mail.transport import MailFailed, parse_mail_url

SIGNED_IN = "ada:right%20%2F%20good@"
TO = "grace@example.com"


@pytest.fixture
def server() -> Iterator[MailServer]:
    """It knows no TLS."""
    with serving_mail(MailServer()) as server:
        yield server


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Certificate.make(tmp_path)


@pytest.fixture
def strict(certificate: Certificate) -> Iterator[MailServer]:
    """It takes letters over STARTTLS alone, and from who has signed in."""
    options = {"require_starttls": True, "auth_required": True, "auth_require_tls": True}
    context = certificate.for_server()
    with serving_mail(MailServer(), tls_context=context, **options) as server:
        yield server


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a host that is not this one; it leads here all the same."""
    real = socket.getaddrinfo

    def resolve(host, *rest, **options):
        return real("127.0.0.1" if host == "mail.example" else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return "mail.example"


def letter(to: str = TO) -> EmailMessage:
    message = EmailMessage(policy.SMTP if to.isascii() else policy.SMTPUTF8)
    message["From"], message["To"], message["Subject"] = "app@example.com", to, "Hello"
    message.set_content("Grüße\n", cte="quoted-printable")
    return message


class TestPlain:
    def test_a_letter_arrives_as_it_was_sent(self, server: MailServer) -> None:
        Smtp(server.url()).deliver(letter())
        (arrived,), (envelope,) = server.letters, server.envelopes
        assert (arrived["Subject"], arrived.get_content()) == ("Hello", "Grüße\r\n")
        assert (envelope.mail_from, envelope.rcpt_tos) == ("app@example.com", [TO])

    def test_an_address_beyond_ascii_arrives(self, server: MailServer) -> None:
        Smtp(server.url()).deliver(letter("jörg@example.com"))
        assert server.envelopes[0].rcpt_tos == ["jörg@example.com"]

    def test_a_password_goes_to_this_very_machine_in_the_clear(self, server: MailServer) -> None:
        Smtp(server.url(SIGNED_IN)).deliver(letter())
        assert server.passwords == [("ada", "right / good")]
        assert len(server.letters) == 1

    def test_a_password_goes_nowhere_else_in_the_clear(
        self, server: MailServer, elsewhere: str
    ) -> None:
        with pytest.raises(MailFailed, match="offers no TLS"):
            Smtp(server.url(SIGNED_IN, elsewhere)).deliver(letter())
        assert (server.passwords, server.letters) == ([], [])

    def test_without_a_password_a_letter_may_go_in_the_clear(
        self, server: MailServer, elsewhere: str
    ) -> None:
        Smtp(server.url(host=elsewhere)).deliver(letter())
        assert len(server.letters) == 1

    def test_once_it_is_taken_a_missing_goodbye_is_no_failure(self) -> None:
        """It would have the letter sent twice."""
        with serving_mail(MailServer(says_goodbye=False)) as server:
            Smtp(server.url()).deliver(letter())
        assert len(server.letters) == 1


class TestTls:
    def test_starttls_and_sign_in(self, strict: MailServer, certificate: Certificate) -> None:
        Smtp(strict.url(SIGNED_IN), certificate.for_client()).deliver(letter())
        assert strict.passwords == [("ada", "right / good")]
        assert strict.over_tls == [True]

    def test_starttls_is_used_without_a_password_too(self, certificate: Certificate) -> None:
        with serving_mail(MailServer(), tls_context=certificate.for_server()) as server:
            Smtp(server.url(), certificate.for_client()).deliver(letter())
        assert server.over_tls == [True]

    def test_tls_from_the_start(self, certificate: Certificate) -> None:
        with serving_mail(MailServer(), ssl_context=certificate.for_server()) as server:
            Smtp(server.url(scheme="smtps"), certificate.for_client()).deliver(letter())
        assert len(server.letters) == 1

    def test_a_certificate_without_a_known_issuer_gets_no_password(
        self, strict: MailServer
    ) -> None:
        with pytest.raises(MailFailed, match="certificate: self-signed"):
            Smtp(strict.url(SIGNED_IN)).deliver(letter())
        assert (strict.passwords, strict.letters) == ([], [])


class TestFailure:
    """Every one is a MailFailed, and says nothing that a log should not hold."""

    def test_a_server_that_is_down(self) -> None:
        assert "ConnectionRefusedError" in failure(f"smtp://127.0.0.1:{free_port()}")

    @pytest.mark.parametrize(("answer", "words"), [(REFUSED, "554"), (HANG_UP, "Disconnected")])
    def test_a_server_that_will_not_have_it(self, answer: str, words: str) -> None:
        with serving_mail(MailServer(answer)) as server:
            assert words in failure(server.url())
        assert server.letters == []

    def test_a_server_that_refuses_the_recipient(self) -> None:
        with serving_mail(MailServer(knows_recipient=False)) as server:
            assert "550" in failure(server.url())

    def test_a_wrong_password(self, server: MailServer) -> None:
        assert "535" in failure(server.url("ada:wrong@"))

    def test_a_password_that_smtp_cannot_carry(self, server: MailServer) -> None:
        assert "UnicodeEncodeError" in failure(server.url("ada:p%C3%A4ss@"))

    def test_an_address_that_the_server_cannot_take(self) -> None:
        with serving_mail(MailServer(), enable_SMTPUTF8=False) as server:
            assert "NotSupported" in failure(server.url(), "jörg@example.com")


def failure(url: str, to: str = TO) -> str:
    with pytest.raises(MailFailed) as failed:
        Smtp(url).deliver(letter(to))
    words = str(failed.value)
    assert "\n" not in words
    assert "@" not in words
    hidden = failed.value.__suppress_context__ and failed.value.__cause__ is None
    assert hidden, "the cause names addresses, and would be logged"
    return words


class TestUrl:
    @pytest.mark.parametrize(
        "url",
        [
            "outbox:",
            "smtp://localhost",
            "smtp://ada:secret@mail.example",
            "smtps://ada%40mail.example:a%2Fb@mail.example:4650/",
        ],
    )
    def test_a_good_one_stays_as_it_is(self, url: str) -> None:
        assert parse_mail_url(url) == url

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "outbox",
            "mail.example",
            "http://mail.example",
            "smtp:mail.example",
            "smtp://",
            "smtp://:25",
            "smtp://mail.example:99999",
            "smtp://mail.example:smtp",
            "smtp://ada@mail.example",
            "smtp://:secret@mail.example",
            "smtp://mail.example/inbox",
            "smtp://mail.example?tls=no",
            "smtp://ada:sec/ret@mail.example",
        ],
    )
    def test_a_wrong_one_is_refused_in_words_that_keep_the_password(self, url: str) -> None:
        with pytest.raises(ValueError, match=r"^(must|goes)") as refused:
            parse_mail_url(url)
        assert "sec" not in str(refused.value)

    @pytest.mark.parametrize(
        ("url", "port"),
        [
            ("smtp://mail.example", 25),
            ("smtp://ada:secret@mail.example", 587),
            ("smtps://ada:secret@mail.example", 465),
            ("smtps://mail.example:4650", 4650),
        ],
    )
    def test_the_port_is_the_usual_one(
        self, url: str, port: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tried = []

        def create_connection(address: tuple[str, int], *_: object) -> socket.socket:
            tried.append(address)
            raise ConnectionRefusedError

        monkeypatch.setattr(socket, "create_connection", create_connection)
        failure(url)
        assert tried == [("mail.example", port)]
