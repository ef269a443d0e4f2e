"""Mail: whether there is a server for it, and whether that one lets us in. Nothing is sent."""

from collections.abc import Iterator

from webapp.config import Settings
from webapp.mail.sender import sender_email
from webapp.mail.smtp import Smtp
from webapp.mail.transport import OUTBOX, MailFailed

from .finding import Finding, ok, problem, warning
from .settings import is_production


def check_mail(settings: Settings) -> Iterator[Finding]:
    if settings.mail_url == OUTBOX:
        yield outbox(settings)
        return
    server = Smtp(settings.mail_url)
    try:
        server.check()
    except MailFailed as error:
        advice = "correct WEBAPP_MAIL_URL, or start the server: no e-mail address can be verified"
        yield problem("mail.server", str(error), advice)
    else:
        yield ok("mail.server", "it lets us in")
        yield sender(settings.mail_from, server)


def sender(mail_from: str, server: Smtp) -> Finding:
    check, email = "mail.sender", sender_email(mail_from)
    advice = "WEBAPP_MAIL_FROM=Name <name@your.domain>"
    if email.endswith("@localhost"):
        return warning(
            check, "the sender is at localhost: most mail servers treat it as spam", advice
        )
    try:
        server.check(email)
    except MailFailed as error:
        return problem(check, str(error), advice)
    return ok(check, f"e-mails come from {email}")


def outbox(settings: Settings) -> Finding:
    if not is_production(settings):
        return ok("mail.server", "none: e-mails are at /dev/outbox")
    found = "none: no e-mail address is verified, and no forgotten password can be reset"
    return warning("mail.server", found, "WEBAPP_MAIL_URL=smtps://user:password@host")
