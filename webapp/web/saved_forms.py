"""A form that met the end of its session is not lost: its owner gets it back after signing in.

The form's CSRF token names the owner (csrf.py), also without cookies. The restored form's token
carries the id of the saved form, which is kept until a request with that id has succeeded.
"""

from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import quote

from flask import Response, after_this_request, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from webapp.core.errors import Unavailable
from webapp.core.saved_forms import OWNER_STILL_THERE, SavedForm

from . import messages
from .auth import csrf
from .auth.destinations import IN_PATHS, IN_QUERIES, return_path
from .language import gettext as _
from .services import services

# Suffixes of the names of fields that are no user input.
NOT_KEPT = ("csrf_token", "confirmed", "setup", "batch")
# Fields that hold a typed secret, beside all with "password" in their names. They are not saved.
CODES = ("code", "recovery_code", "current_code")
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
OFFER = Markup('{} <a href="{}" data-testid="kept-offer">{}</a>')


def save_submitted_form() -> SavedForm | None:
    """Save the form for the owner of the session that rendered it. Raises Unavailable.

    Only that session's pages know its token: other sites can send forms, too.
    """
    is_form = request.method == "POST" and request.mimetype in FORMS
    token = csrf.sent_token() if is_form else None
    user_id, reason = services().sessions.owner_of(token.sid) if token else (None, None)
    if token is None or user_id is None or reason not in OWNER_STILL_THERE:
        return None
    draft = SavedForm(user_id, sent_path(), *submitted_fields(), services().now())
    g.saved_form_id = services().saved_forms.save(draft, token.kept_form)
    return draft


def sent_path() -> str:
    """Never `//host`: a browser would send the form there."""
    path = quote("/" + request.path.lstrip("/"), IN_PATHS)
    query = quote(request.query_string, IN_QUERIES)
    return f"{path}?{query}" if query else path


def saved_form_url() -> str:
    """To the form that this request has just kept."""
    return url_for("pages.kept_form", draft_id=g.saved_form_id)


def submitted_fields() -> tuple[list[tuple[str, str]], bool]:
    """The form's fields without its secrets, and whether there were any."""
    fields = [pair for pair in request.form.items(multi=True) if not pair[0].endswith(NOT_KEPT)]
    kept = [(name, value) for name, value in fields if not is_secret(name)]
    return kept, len(kept) < len(fields)


def fields_to_resend() -> dict[str, Any] | None:
    """The form that met an outage or a limit, for its page: with empty fields for its passwords."""
    fields: list[tuple[str, str]] = []
    with suppress(HTTPException):  # too large, or unreadable
        fields = list(request.form.items(multi=True))
    if not fields:
        return None
    return {
        "action": request.script_root + sent_path(),
        "fields": [pair for pair in fields if not is_secret(pair[0])],
        "secrets": [(name, label_of(name)) for name, _ in fields if is_secret(name)],
    }


def is_secret(name: str) -> bool:
    return "password" in name or name in CODES


def label_of(name: str) -> str:
    return _("E-mail") if name == "email" else _(name.replace("_", " ").capitalize())


def send_once() -> ResponseReturnValue | None:
    """Before a kept form is handled; the answer, if it has been sent already.

    So a reload, a lost answer or a second tab repeats nothing. Raises Unavailable.
    """
    token, identity = csrf.sent_token(), g.get("identity")
    if token is None or not token.kept_form or identity is None:
        return None
    drafts, user_id, draft_id = services().saved_forms, identity.user.id, token.kept_form
    draft = drafts.saved(user_id, services().now()).get(draft_id)
    if draft and draft.path == sent_path() and drafts.claim(draft, draft_id):
        after_this_request(partial(finish_claim, draft, draft_id))
    elif drafts.sent_to(draft_id, user_id) == sent_path():
        messages.flash_message(messages.SENT_ALREADY, "info")
        return redirect(return_path() or url_for("pages.dashboard"), 303)
    return None  # or it is another form on that page


def finish_claim(draft: SavedForm, draft_id: str, response: Response) -> Response:
    """Delete the saved form after a redirect, which is success; else release it."""
    drafts = services().saved_forms
    with suppress(Unavailable):
        if 300 <= response.status_code < 400:
            drafts.remove(draft, draft_id)
        else:
            drafts.release(draft_id, draft.user_id)
    return response


def offer(user_id: str, target: str | None) -> None:
    """After a sign-in that does not lead to a kept form by itself."""
    back = url_for("pages.kept_forms")
    with suppress(Unavailable):
        kept = services().saved_forms.saved(user_id, services().now())
        if kept and not (target or "").startswith(back):
            offer = OFFER.format(_(messages.NOT_SENT_YET), back, _("Open it"))
            messages.flash_message(offer, "info")
