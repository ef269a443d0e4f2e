"""Development: the mails that would have been sent."""

from flask import render_template
from flask.typing import ResponseReturnValue

from webapp.core.errors import NotFound
from webapp.web.authorization import public
from webapp.web.services import services

from . import pages


@pages.get("/dev/outbox")
@public
def outbox() -> ResponseReturnValue:
    """In production there is no such page: its links open accounts."""
    kept = services().outbox
    if kept is None or services().settings.mode != "development":
        raise NotFound
    return render_template("outbox.html", mails=kept.mails())
