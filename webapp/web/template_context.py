"""Globals, filters and variables of all templates."""

import re
from typing import Any

from babel.numbers import format_decimal
from flask import Flask, g, request
from markupsafe import Markup, escape

from webapp.core.authentication import Identity
from webapp.core.models import User
from webapp.runtime.line_breaks import SHORT, breakable
from webapp.runtime.translations import LANGUAGES

from . import avatars, messages, time_format
from .auth import cookies
from .auth.authentication import current_identity
from .auth.destinations import return_path, safe_next, this_path
from .language import gettext, language, template_gettext, template_ngettext
from .middleware.security_headers import csp_nonce
from .script_texts import script_texts
from .search_engines import canonical_url, preview_image
from .services import Services, services
from .theme import theme

# Or a tag, which stays as it is.
HYPHENATED = re.compile(r"<[^>]*>|(?P<word>\w+(?:-\w+)+)")


def install(app: Flask) -> None:
    # Functions: each runs only in the templates that call it.
    of_the_app = settings_for_templates(app.extensions["evergreen"]) | {
        "access_cookie": access_cookie,
        "access_expires_in": access_expires_in,
        "come_back": come_back,
        "canonical_url": canonical_url,
        "here": here,
        "codes_heading": codes_heading,
        "language": language,
        "preview_image": preview_image,
        "script_texts": script_texts,
        "theme": theme,
        "languages": offered_languages(app.extensions["evergreen"]),
    }
    app.context_processor(lambda: of_the_app | {"me": signed_in_user()})
    # For macros as well, which have no context. Each template copies all globals, one by one.
    app.jinja_env.globals.update(
        csp_nonce=csp_nonce,
        get_flashed_messages=messages.flashed_messages,
        passkey_party=lambda: services().factors.passkeys.party,
    )
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        template_gettext, template_ngettext, newstyle=True
    )
    app.template_filter("iso")(time_format.iso)
    app.template_filter("datetime_minutes")(time_format.datetime_minutes)
    app.template_filter("day_heading")(time_format.day_heading)
    app.template_filter("short_day")(time_format.short_day)
    app.template_filter("grouped")(grouped)
    app.template_filter("translated")(gettext)
    app.template_filter("unbroken")(unbroken)
    app.template_filter("breakable")(breakable)
    app.template_filter("initials")(avatars.initials)
    app.template_filter("avatar_tone")(avatars.avatar_tone)
    app.template_filter("ago")(time_format.ago)
    app.template_filter("time_element")(time_format.time_element)


def settings_for_templates(found: Services) -> dict[str, Any]:
    settings = found.settings
    return {
        "site_name": settings.site_name,
        "must_confirm": settings.must_confirm,
        "has_outbox": settings.mode == "development" and found.outbox is not None,
        "has_lab": settings.has_lab,
        "min_length": settings.password_min_length,
    }


def offered_languages(found: Services) -> dict[str, str]:
    """Code → name, for the switch of a page; empty if there is no choice."""
    offered = found.settings.languages
    return {code: LANGUAGES[code] for code in offered} if len(offered) > 1 else {}


def signed_in_user() -> User | None:
    identity: Identity | None = g.get("identity")
    return identity.user if identity else None


def grouped(number: int) -> str:
    """12,345; in another language as it groups digits."""
    return format_decimal(number, locale=language())


def unbroken(text: str) -> Markup:
    """Its short words with hyphens, such as “e-mail”, stay on one line."""
    return Markup(HYPHENATED.sub(_on_one_line, str(escape(text))))  # noqa: S704


def _on_one_line(found: re.Match[str]) -> str:
    word = found["word"]
    short = word is not None and len(word) <= SHORT
    return f'<span class="unbroken">{word}</span>' if short else found[0]


def access_cookie() -> str:
    """The name of the access cookie, with its prefix."""
    return cookies.name(cookies.ACCESS)


def access_expires_in() -> int:
    """Seconds until the access token of this request expires. Raises TokenMissing."""
    return max(0, int(current_identity().access.exp - services().now()))


def here() -> str:
    """The path of this page, for a form that leads back to it."""
    return this_path() if request.method == "GET" else come_back() or ""


def come_back() -> str | None:
    """The path that a script may open by GET, on a page that answers a POST; else None."""
    return safe_next(return_path()) if request.method == "POST" else None


def codes_heading() -> str:
    """What a paper with recovery codes is about: it is found again months later."""
    return gettext(
        "Recovery codes for {email} at {name}, created {date}. Each one signs in once.",
        email=current_identity().user.email,
        name=services().settings.site_name,
        date=time_format.datetime_minutes(services().now()),
    )
