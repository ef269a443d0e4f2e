"""The sender: what an operator writes is what a mail server gets, or is refused in one line."""

import pytest

from tests.support.mail_server import MailServer, serving_mail
from tests.test_config import SECRETS
from webapp.config import ConfigError, Settings
from webapp.config_table import ROOT
from webapp.core.notifications import Notification
from webapp.mail.messages import MessageBuilder
from webapp.mail.smtp import Smtp

SENT = [
    ("Evergreen, Inc. <no-reply@example.com>", "Evergreen, Inc.", "no-reply@example.com"),
    ('"Evergreen, Inc." <no-reply@example.com>', "Evergreen, Inc.", "no-reply@example.com"),
    ("no-reply@example.com", "", "no-reply@example.com"),
    ("<no-reply@example.com>", "", "no-reply@example.com"),
    ("Evergreen<no-reply@example.com>", "Evergreen", "no-reply@example.com"),
    ("Evergreen <no-reply@müller.example>", "Evergreen", "no-reply@xn--mller-kva.example"),
    (
        "Grün & Söhne; (Wien): <a@straße.example>",
        "Grün & Söhne; (Wien):",
        "a@xn--strae-oqa.example",
    ),
    ('"a <b@c.example>, \\"d\\" \\\\" <e@example.com>', 'a <b@c.example>, "d" \\', "e@example.com"),
    ("=?utf-8?q?Gr=C3=BCn?= <a@example.com>", "Grün", "a@example.com"),
    ("a.b+c@sub.example.com", "", "a.b+c@sub.example.com"),
    ("Name " * 40 + "<a@example.com>", ("Name " * 40).strip(), "a@example.com"),
    ("Evergreen <no-reply@localhost>", "Evergreen", "no-reply@localhost"),
    ("post@evergreen.local", "", "post@evergreen.local"),
]


def sender(text: str) -> str:
    return Settings.from_environ(SECRETS | {"WEBAPP_MAIL_FROM": text}).mail_from


def test_it_reaches_the_server_as_it_was_written() -> None:
    with serving_mail(MailServer(), enable_SMTPUTF8=False) as server:
        for text, _, _ in SENT:
            letters = MessageBuilder(
                ROOT / "templates", "Evergreen", sender(text), "https://app.example"
            )
            letter = letters.write(Notification.VERIFY_EMAIL, "ada@example.com", {})
            Smtp(server.url()).deliver(letter)
    froms = [letter["From"].addresses for letter in server.letters]
    got = [(each.display_name, each.addr_spec) for (each,) in froms]
    assert got == [(name, email) for _, name, email in SENT]
    assert [envelope.mail_from for envelope in server.envelopes] == [email for *_, email in SENT]


@pytest.mark.parametrize(
    "text",
    [
        *("nonsense", "a@", "@b.example", "a@b@c.example", "a b@c.example", "a@b..example"),
        *("a@-b.example", "a@b", "a@[192.0.2.1]", "a..b@c.example", "Evergreen <>", "Evergreen"),
        *("A <a@b.example> B", "A <a@b.example>, C <c@d.example>", "a@b.example, c@d.example"),
        *('"A <a@b.example>', 'A "B" <a@b.example>', "<<a@b.example>>", "jörg@example.com"),
        *("A <a@b.example>\nBcc: c@d.example", "A\0 <a@b.example>", "a@b.example;", "a@ü..example"),
        *("mailto:a@b.example", "a@b.example:25", '"a b"@c.example', "a@" + "b" * 64 + ".example"),
    ],
)
def test_nonsense_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        sender(text)
    assert str(refusal.value).startswith("WEBAPP_MAIL_FROM: ")
    assert str(refusal.value).isprintable()
    assert text not in str(refusal.value)
