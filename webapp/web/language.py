"""The language of a response, and its texts.

The account's language counts, then the cookie, then `Accept-Language`, then English. It is looked
up when a text is needed, and not before: most requests of programs need none.
"""

from typing import Any

from flask import g, request
from markupsafe import Markup

from webapp.runtime import translations
from webapp.runtime.translations import DEFAULT

from .auth import cookies
from .request_info import is_api
from .services import services


def language() -> str:
    """The code of one of the languages of the settings."""
    if "language" not in g:
        g.language = DEFAULT if is_api() else _choose(services().settings.languages)
    chosen: str = g.language
    return chosen


def _choose(offered: tuple[str, ...]) -> str:
    identity = g.get("identity")
    # Another app on this host may have a cookie with this name.
    for wanted in (identity.user.language if identity else "", *cookies.read_all(cookies.LANGUAGE)):
        if wanted in offered:
            return str(wanted)
    return request.accept_languages.best_match(offered) or offered[0]


def gettext(text: str, **values: Any) -> str:
    """The text in the language of the response. Values are set into `{name}`."""
    translated = translations.translate(language(), text)
    return translated.format(**values) if values else translated


_ = gettext


def template_gettext(text: str) -> str:
    """For templates: a text that is markup stays so."""
    translated = translations.translate(language(), text)
    return Markup(translated) if isinstance(text, Markup) else translated  # noqa: S704


def template_ngettext(singular: str, plural: str, number: int) -> str:
    return translations.translate_plural(language(), singular, plural, number)
