"""The outbox: letters in a folder, for development."""

import stat
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from webapp.mail import file_outbox
from webapp.mail.file_outbox import Outbox
from webapp.mail.transport import MailFailed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "instance" / "outbox"


@pytest.fixture
def outbox(folder: Path) -> Outbox:
    return Outbox(folder)


def letter(subject: str = "Hello", to: str = "ada@example.com", text: str = "") -> EmailMessage:
    message = EmailMessage(policy.SMTP if to.isascii() else policy.SMTPUTF8)
    message["To"], message["Subject"] = to, subject
    message.set_content(text, cte="quoted-printable")
    message.add_alternative("<a href='https://html.example/'>", subtype="html")
    return message


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nothing_was_sent_yet(outbox: Outbox) -> None:
    assert outbox.mails() == []


@pytest.mark.parametrize("to", ["ada@example.com", "jörg@example.com"])
def test_a_letter_can_be_read(outbox: Outbox, to: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time_ns", lambda: 1_700_000_000_999_999_999)
    outbox.deliver(letter("Grüße", to, "Hej då\n"))
    (mail,) = outbox.mails()
    assert (mail.to, mail.subject, mail.text, mail.links) == (to, "Grüße", "Hej då\n", [])
    assert mail.at == 1_700_000_000
    assert mail.id.startswith("1700000000999999999-")


def test_the_newest_comes_first(outbox: Outbox) -> None:
    for number in range(3):
        outbox.deliver(letter(str(number)))
    assert [mail.subject for mail in outbox.mails()] == ["2", "1", "0"]


def test_two_in_the_same_moment_are_two(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time_ns", lambda: 1_700_000_000_000_000_000)
    outbox.deliver(letter("one"))
    outbox.deliver(letter("other"))
    assert {mail.subject for mail in outbox.mails()} == {"one", "other"}


def test_links_are_found_in_the_text_alone_and_end_where_they_end(outbox: Outbox) -> None:
    long = "https://app.example/reset-password/" + "eyJ.a-b_c" * 30
    outbox.deliver(letter(text=f"Go to {long}\nor (http://x.example/?a=1&b=2), or <http://y/>.\n"))
    assert outbox.mails()[0].links == [long, "http://x.example/?a=1&b=2", "http://y/"]


def test_no_other_user_of_the_machine_may_read_it(outbox: Outbox, folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o755)
    outbox.deliver(letter())
    assert mode(folder) == 0o700
    assert [mode(path) for path in folder.iterdir()] == [0o600]


def test_only_the_newest_are_kept(
    outbox: Outbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_outbox, "MAX_MESSAGES", 3)
    for number in range(5):
        outbox.deliver(letter(str(number)))
    assert [mail.subject for mail in outbox.mails()] == ["4", "3", "2"]
    assert len(list(folder.iterdir())) == 3


def test_a_letter_that_is_half_written_is_not_there_yet(outbox: Outbox, folder: Path) -> None:
    outbox.deliver(letter())
    (written,) = folder.iterdir()
    written.rename(f"{written}.half")
    assert outbox.mails() == []


def test_a_folder_that_cannot_be_written_is_a_failed_delivery(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("a file")
    with pytest.raises(MailFailed, match="outbox: File exists"):
        Outbox(folder).deliver(letter())


def test_one_is_found_by_its_name_and_no_other_file_is(outbox: Outbox, folder: Path) -> None:
    outbox.deliver(letter("one"))
    (mail,) = outbox.mails()
    assert outbox.mail(mail.id) == mail
    (folder.parent / "other.eml").write_text("Subject: a secret")
    for name in ("../other", f"{mail.id}.eml", "1-abcd", "", "."):
        assert outbox.mail(name) is None, name
