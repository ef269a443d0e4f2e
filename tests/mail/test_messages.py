"""E-mails: two parts with the same content, and no header injection."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import jinja2
import pytest

from webapp.core.notifications import Notification
from webapp.mail.messages import MessageBuilder

TEXT = """Subject: {{ app_name }}: confirm it, {{ new_email }}

Hello {{ new_email }} <{{ email }}>,
{{ link }} within {{ minutes }} minutes. Not you? {{ base_url }}/account
{{ when }}{{ device }}{{ ip }}{{ days }}
"""
HTML = """<p>Hello {{ new_email }}</p><a href="{{ link }}">Confirm</a>"""
TO = "ada@example.com"
SNEAKY = "Ada\r\nBcc: eve@example.com\r\n\r\nBuy now"


@pytest.fixture
def letters(tmp_path: Path) -> MessageBuilder:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "verify_email.txt").write_text(TEXT)
    (tmp_path / "mail" / "verify_email.html").write_text(HTML)
    return MessageBuilder(
        tmp_path, "Evergreen", "Evergreen <app@example.com>", "https://app.example:8443"
    )


def write(letters: MessageBuilder, to: str = TO, **facts: str) -> EmailMessage:
    """As it arrives: through bytes and back."""
    sent = letters.write(Notification.VERIFY_EMAIL, to, facts).as_bytes()
    return message_from_bytes(sent, policy=policy.SMTPUTF8)


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found
    content: str = found.get_content()
    return content


def test_it_has_a_text_and_an_html_part(letters: MessageBuilder) -> None:
    message = write(letters, new_email="Ada", link="https://app.example/x?a=1&b=2", minutes="60")
    assert message.get_content_type() == "multipart/alternative"
    assert [each.get_content_type() for each in message.iter_parts()] == ["text/plain", "text/html"]
    assert "https://app.example/x?a=1&b=2 within 60 minutes" in part(message, "plain")
    assert "https://app.example:8443/account" in part(message, "plain")
    assert 'href="https://app.example/x?a=1&amp;b=2"' in part(message, "html")


def test_the_first_line_is_the_subject_and_no_part_of_the_text(letters: MessageBuilder) -> None:
    message = write(letters, new_email="Ada")
    assert message["Subject"] == "Evergreen: confirm it, Ada"
    assert part(message, "plain").startswith("Hello Ada <ada@example.com>,")


def test_its_headers_say_whence_whither_and_that_a_program_wrote_it(
    letters: MessageBuilder,
) -> None:
    message = write(letters)
    assert message["From"] == "Evergreen <app@example.com>"
    assert message["To"] == TO
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.utcoffset() is not None
    assert re.fullmatch(r"<[^@\s]+@app\.example>", message["Message-ID"])


def test_every_letter_has_its_own_message_id(letters: MessageBuilder) -> None:
    assert write(letters)["Message-ID"] != write(letters)["Message-ID"]


def test_markup_in_a_name_is_text_in_both_parts(letters: MessageBuilder) -> None:
    message = write(letters, new_email="<b>Ada</b> & Co")
    assert "Hello <b>Ada</b> & Co" in part(message, "plain")
    assert "Hello &lt;b&gt;Ada&lt;/b&gt; &amp; Co" in part(message, "html")


@pytest.mark.parametrize("name", ["Zoë", "李小龙 🌲 " + "ü" * 90])
def test_any_name_arrives_and_on_the_way_there_is_only_ascii(
    letters: MessageBuilder, name: str
) -> None:
    sent = letters.write(Notification.VERIFY_EMAIL, TO, {"new_email": name}).as_bytes()
    assert sent.isascii()
    assert max(len(line) for line in sent.splitlines()) < 998  # RFC 5322 section 2.1.1
    message = message_from_bytes(sent, policy=policy.SMTP)
    assert message["Subject"] == f"Evergreen: confirm it, {name}"
    assert f"Hello {name}" in part(message, "plain")
    assert f"Hello {name}" in part(message, "html")


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x85", "\u2028"])
def test_a_line_break_in_a_name_starts_no_header_and_keeps_no_letter_back(
    letters: MessageBuilder, end: str
) -> None:
    message = write(letters, new_email=SNEAKY.replace("\r\n", end) + end)
    assert message["Bcc"] is None
    assert message["Subject"] == "Evergreen: confirm it, Ada Bcc: eve@example.com Buy now"
    assert part(message, "plain").startswith("Hello Ada Bcc")


@pytest.mark.parametrize(
    "to",
    [
        "ada@example.com\nBcc: eve@example.com",
        "ada@example.com\r\n",
        "ada@example.com, eve@example.com",
        "Ada <ada@example.com>",
        '"ada\\"@eve.example>, <"@example.com',
        "ada",
        "",
    ],
)
def test_whatever_is_not_one_address_is_refused(letters: MessageBuilder, to: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        letters.write(Notification.VERIFY_EMAIL, to, {})


def test_an_international_domain_travels_as_every_server_knows_it(letters: MessageBuilder) -> None:
    sent = letters.write(Notification.VERIFY_EMAIL, "ada@bücher.example", {}).as_bytes()
    assert b"To: ada@xn--bcher-kva.example\r\n" in sent


def test_an_international_mailbox_is_written_in_utf_8(letters: MessageBuilder) -> None:
    sent = letters.write(Notification.VERIFY_EMAIL, "jörg@example.com", {}).as_bytes()
    assert "To: jörg@example.com\r\n".encode() in sent


def test_a_template_that_speaks_of_something_unknown_is_an_error(
    letters: MessageBuilder, tmp_path: Path
) -> None:
    (tmp_path / "mail" / "verify_email.html").write_text("{{ nmae }}")
    with pytest.raises(jinja2.UndefinedError):
        write(letters)
