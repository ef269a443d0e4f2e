"""The picture of the start page in another language: `static/flow.svg` has English words."""

import re
from html import escape
from pathlib import Path

from webapp.core.text import N_
from webapp.runtime import translations

WORDS = (
    *(N_("Browser"), N_("App"), N_("Sign in"), N_("password"), N_("open a session")),
    *(N_("two tokens"), N_("note it"), N_("Good access token"), N_("access token")),
    *(N_("the page"), N_("first time only"), N_("Access token expired"), N_("refresh token")),
    *(N_("still open?"), N_("both renewed"), N_("rotate"), N_("Sign out"), N_("sign out")),
    *(N_("end the session"), N_("delete cookies"), N_("tombstone")),
)
LABEL = re.compile(r">([^<>\n]+)</text>")


def translated_flow(folder: str, language: str) -> str:
    """The SVG of `static/flow.svg` with its labels in the language."""

    def translate(label: re.Match[str]) -> str:
        return f">{escape(translations.translate(language, label[1]))}</text>"

    return LABEL.sub(translate, Path(folder, "flow.svg").read_text())
