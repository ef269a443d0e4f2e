"""The server-rendered pages: parse, one call, answer."""

from flask import Blueprint

pages = Blueprint("pages", __name__)

from . import (  # noqa: E402, F401 - they add their routes
    account,
    activity,
    admin,
    admin_overview,
    api_docs,
    auth,
    authenticator,
    dashboard,
    dev_outbox,
    email_links,
    home,
    passkeys,
    preferences,
    recovery_codes,
    saved_form,
    second_step,
    security,
    sessions,
)
