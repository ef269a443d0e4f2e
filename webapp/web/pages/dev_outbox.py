"""Development: the mails that would have been sent."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from webapp.core.errors import NotFound
from webapp.web.auth.authorization import public
from webapp.web.local_hosts import is_own_host
from webapp.web.services import services

from . import pages


@pages.get("/dev/outbox")
@public
def outbox() -> ResponseReturnValue:
    """In production there is no such page, and for no foreign host: its links open accounts."""
    kept, settings = services().outbox, services().settings
    if kept is None or settings.mode != "development":
        raise NotFound
    if not is_own_host(request.environ, settings.public_url):
        raise NotFound
    return render_template("outbox.html", mails=kept.mails())
