"""Mail: whether there is a server for it, and whether that one lets us in. Nothing is sent."""

from collections.abc import Iterator

from ..config import Settings
from ..mail.delivery import OUTBOX, MailFailed
from .findings import Finding, ok, problem, warning
from .settings import is_production


def check_mail(settings: Settings) -> Iterator[Finding]:
    if settings.mail_url == OUTBOX:
        yield outbox(settings)
        return
    from ..mail.transports import Smtp

    try:
        Smtp(settings.mail_url).check()
    except MailFailed as error:
        advice = "correct WEBAPP_MAIL_URL, or start the server: nobody can confirm an address"
        yield problem("mail.server", str(error), advice)
    else:
        yield ok("mail.server", "it lets us in")
    if settings.mail_from.rstrip(">").endswith("@localhost"):
        found = "letters come from localhost: most servers take them for spam"
        yield warning("mail.sender", found, "WEBAPP_MAIL_FROM=Name <name@your.domain>")


def outbox(settings: Settings) -> Finding:
    if not is_production(settings):
        return ok("mail.server", "none: letters are at /dev/outbox")
    found = "none: nobody confirms an address, or sets a forgotten password anew"
    return warning("mail.server", found, "WEBAPP_MAIL_URL=smtps://user:password@host")
