"""The texts of the pages' scripts, in another language: `static/js/texts.js` looks them up."""

import json

from webapp.core.text import N_
from webapp.runtime.translations import DEFAULT

from .language import gettext, language

TEXTS = (
    N_("Please check this form"),
    N_("The server does not respond. Nothing was lost: please try again."),
    N_("The server does not respond. Please try again."),
    N_("No passkey was used. Please try again."),
    N_("This device has a passkey for your account already."),
    N_("Your browser can’t use a passkey here."),  # noqa: RUF001
    N_("This browser can’t use passkeys."),  # noqa: RUF001
    N_("Passkeys work at "),
    N_("Copied."),
    N_("Your browser does not allow it. Please select the codes."),
    N_("Please select it."),
    N_("No answer"),
    N_("Nothing is lost: try again."),
    N_("The server could not be reached."),
    N_("Renewed silently. Generation {gen}."),
    N_("in {ms} ms"),
    N_("in {ms} ms, renewed on the way: generation {before} → {after}"),
    N_("{count} s ago"),
    N_("{count} min ago"),
    N_("{count} h ago"),
    N_("{count} days ago"),
)


def script_texts() -> str:
    """JSON: English text → its translation. Empty in English."""
    if language() == DEFAULT:
        return ""
    return json.dumps({text: gettext(text) for text in TEXTS}, ensure_ascii=False)
