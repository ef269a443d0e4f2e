"""Development: the mails that would have been sent."""

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from webapp.core.errors import NotFound
from webapp.mail.file_outbox import Outbox
from webapp.web.auth.authorization import public
from webapp.web.auth.destinations import not_a_destination
from webapp.web.local_hosts import is_own_host
from webapp.web.services import services

from . import pages

# A mail program runs no script and sends no form. Its styles are in the message itself, and its
# links open in a new tab. allow-same-origin: outbox.js reads how high the mail is.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)
IN_NEW_TAB = '<head><base target="_blank">'


@pages.get("/dev/outbox")
@public
def outbox() -> ResponseReturnValue:
    return render_template("outbox.html", mails=readable_outbox().mails())


@pages.get("/dev/outbox/<mail_id>")
@public
@not_a_destination
def outbox_mail(mail_id: str) -> ResponseReturnValue:
    """The HTML part of a mail, for the frame in the page."""
    mail = readable_outbox().mail(mail_id)
    if mail is None or not mail.html:
        raise NotFound
    response = Response(mail.html.replace("<head>", IN_NEW_TAB, 1))
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def readable_outbox() -> Outbox:
    """In production there is no such page, and for no foreign host: its links open accounts."""
    kept, settings = services().outbox, services().settings
    if kept is None or settings.mode != "development":
        raise NotFound
    if not is_own_host(request.environ, settings.public_url):
        raise NotFound
    return kept
