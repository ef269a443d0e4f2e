"""The outbox of development: a folder of messages instead of a mail server."""

import re
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_string, policy
from email.message import EmailMessage
from pathlib import Path

from .transport import MailFailed

MAX_MESSAGES = 200
NS_PER_SECOND = 10**9
# Punctuation at the end of a sentence is not part of the link.
LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]]")

# Of a message: its file's name, from which no path can be made.
ID = re.compile(r"\d+-[0-9a-f]{4}")


@dataclass(frozen=True)
class Mail:
    id: str
    to: str
    subject: str
    at: int
    """Unix seconds."""
    text: str
    html: str
    links: list[str]
    """Those of the text, each once."""


class Outbox:
    """A `Transport`. Its folder is private to the app's user: it holds password reset links."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, message: EmailMessage) -> None:
        name = f"{time.time_ns()}-{secrets.token_hex(2)}.eml"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.chmod(0o700)
            self._write(name, message.as_bytes())
            for path in self._newest_first()[MAX_MESSAGES:]:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise MailFailed(f"the outbox: {error.strerror}") from None

    def mails(self) -> list[Mail]:
        """The messages, newest first."""
        return list(self._read())

    def mail(self, mail_id: str) -> Mail | None:
        path = self._folder / f"{mail_id}.eml"
        return _mail(path) if ID.fullmatch(mail_id) and path.exists() else None

    def _write(self, name: str, content: bytes) -> None:
        """Write atomically: a reader never sees half a message."""
        half = self._folder / f"{name}.half"
        half.touch(mode=0o600, exist_ok=False)
        half.write_bytes(content)
        half.rename(self._folder / name)

    def _read(self) -> Iterator[Mail]:
        for path in self._newest_first():
            with suppress(FileNotFoundError):  # just removed for a newer one
                yield _mail(path)

    def _newest_first(self) -> list[Path]:
        return sorted(self._folder.glob("*.eml"), reverse=True)


def _mail(path: Path) -> Mail:
    message = message_from_string(path.read_text(encoding="utf-8"), policy=policy.default)
    text, html = (_part(message, kind) for kind in ("plain", "html"))
    return Mail(
        id=path.stem,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        at=int(path.stem.partition("-")[0]) // NS_PER_SECOND,
        text=text,
        html=html,
        links=list(dict.fromkeys(LINK.findall(text))),
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""
