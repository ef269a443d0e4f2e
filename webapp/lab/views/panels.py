"""Panels with the current state of a session: tokens, Redis entry, SQL row, cookies."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from flask import g, request

from webapp.core import jws
from webapp.core.claims import AccessClaims, RefreshClaims
from webapp.core.errors import Unavailable
from webapp.core.token_issuer import BROWSER_CLIENT, IssuedTokens
from webapp.lab.diagram.layout import format_duration
from webapp.lab.services import LabServices
from webapp.web import time_format
from webapp.web.auth import cookies
from webapp.web.auth.authentication import current_identity
from webapp.web.device_names import device_name
from webapp.web.language import gettext as _
from webapp.web.services import services

from .explanations import ACCESS, COOKIES, ENTRY, HEADER, REFRESH, ROW

# Of the panel's key. The other facts are folded.
MAIN_FACTS = {
    "access": {"gen", "role", "iat", "exp"},
    "refresh": {"state", "gen", "iat", "exp"},
    "row": {"state", "created_at", "expires_at", "ended_at", "ended_reason"},
    "jar": {"access_token", "refresh_token", "known_browser", "HttpOnly", "SameSite"},
}


@dataclass(frozen=True)
class Fact:
    name: str
    value: str
    why: str


@dataclass(frozen=True)
class Panel:
    key: str
    title: str
    where: str
    facts: list[Fact]

    @property
    def main(self) -> list[Fact]:
        """The facts that change or decide; all of a panel that is not in MAIN_FACTS."""
        names = MAIN_FACTS.get(self.key)
        return [fact for fact in self.facts if names is None or fact.name in names]

    @property
    def more(self) -> list[Fact]:
        return [fact for fact in self.facts if fact not in self.main]


def all_panels() -> list[Panel]:
    return [access_panel(), refresh_panel(), entry_panel(), row_panel(), jar_panel()]


def access_panel() -> Panel:
    claims, tokens = current_identity().access, services().settings
    shown = {
        "alg": services().access_keys.signing.algorithm,
        "typ": "at+jwt",
        "kid": kid(cookies.ACCESS),
        "iss": tokens.jwt_issuer,
        "aud": tokens.jwt_audience,
        "sub": claims.sub,
        "sid": claims.sid,
        "gen": str(claims.gen),
        "client_id": client(claims.client_id),
        "role": claims.role,
        "email": claims.email,
        "jti": claims.jti,
        "iat": clock(claims.iat),
        "exp": clock(claims.exp),
        "signature": _("… hidden"),
    }
    return Panel(
        "access",
        _("Access token"),
        _("In the browser, readable by scripts"),
        facts(shown, HEADER | ACCESS),
    )


def refresh_panel() -> Panel:
    """Read by the server: the cookie is HttpOnly."""
    claims = refresh_claims()
    shown = {"state": _("Missing or expired.")}
    if claims:
        shown = {
            "typ": "rt+jwt",
            "kid": kid(cookies.REFRESH),
            "sub": claims.sub,
            "sid": claims.sid,
            "gen": str(claims.gen),
            "client_id": client(claims.client_id),
            "iat": clock(claims.iat),
            "exp": clock(claims.exp),
            "signature": _("… hidden"),
        }
    where = _("In the browser, hidden from scripts; the server shows its claims")
    return Panel("refresh", _("Refresh token"), where, facts(shown, HEADER | ACCESS | REFRESH))


def entry_panel() -> Panel:
    sid = current_identity().access.sid
    try:
        stored = lab_services().exchanges.entry(sid)
    except Unavailable:
        where = _("Redis does not respond at the moment")
        return Panel("entry", _("Redis entry"), where, [])
    if stored is None:
        return entry_of(f"session:{sid}", "")
    return entry_of(f"session:{sid}", stored.text, {"ttl": _("{number} s", number=stored.ttl)})


def entry_of(where: str, text: str, more: Mapping[str, str] | None = None) -> Panel:
    """The fields of an entry in Redis; redeem.lua documents their order."""
    parts = text.split()
    if not parts:
        shown = {"state": _("no entry")}
    elif parts[0] == "ended" or len(parts) < 3:
        shown = {"tombstone": text.removeprefix("ended ")}
    else:
        gen, rotated_at, confirmed, *handed_out = parts
        shown = {"gen": gen, "rotated_at": clock(int(rotated_at))}
        shown |= {
            "confirmed": _("yes") if confirmed[0] == "1" else _("not yet"),
            "browser": confirmed[1:],
        }
        if handed_out:
            shown["handed_out"] = _("{seconds} s later", seconds=handed_out[0])
    return Panel("entry", _("Redis entry"), where, facts(shown | dict(more or {}), ENTRY))


def row_panel() -> Panel:
    session = services().sessions.session_of(current_identity().access)
    return row_of(asdict(session) if session else {})


def row_of(row: Mapping[str, Any]) -> Panel:
    shown = {name: readable(name, value) for name, value in row.items()}
    where = _("One row of the sessions table")
    return Panel("row", _("SQL row"), where, facts(shown or {"state": _("no row")}, ROW))


def readable(name: str, value: Any) -> str:
    """A column for people: times with date, durations with a unit, the browser's name."""
    if value in (None, "", "None"):
        return _("not yet") if name.startswith("ended") else _("never")
    if name == "remembered":
        return _("yes") if str(value) == "True" else _("no")
    if name == "expires_at":
        return time_format.datetime_minutes(float(value))
    if name.endswith("_at"):
        return clock(float(value))
    if name == "client_id":
        return client(str(value))
    if name == "idle_ttl":
        return _(format_duration(float(value)))
    return device_name(value) if name == "user_agent" else str(value)


def jar_panel() -> Panel:
    names = {name.removeprefix("__Host-") for name in request.cookies}
    names.add(cookies.LAB)  # this response sets it
    present = {
        name: _("there") if name in names else _("not there") for name in COOKIES if name.islower()
    }
    attributes = {
        "HttpOnly": _("all but {cookie}", cookie=cookies.ACCESS),
        "SameSite": "Lax",
        "Path": "/",
        "Secure": _("yes") if cookies.secure() else _("no: this is plain http"),
        "__Host-": _("yes") if cookies.secure() else _("no: needs https"),
        "Max-Age": _("each token's lifetime; none without “Keep me signed in”"),
    }
    return Panel(
        "jar",
        _("Cookie jar"),
        _("The cookies of this site in your browser"),
        facts(present | attributes, COOKIES),
    )


def lab_services() -> LabServices:
    lab = services().lab
    assert isinstance(lab, LabServices)  # the container builds them where the lab is on
    return lab


def facts(shown: dict[str, str], why: dict[str, str]) -> list[Fact]:
    return [Fact(name, value, _(why.get(name, ""))) for name, value in shown.items()]


def refresh_claims() -> RefreshClaims | None:
    claims = claims_of(cookies.REFRESH)
    return claims if isinstance(claims, RefreshClaims) else None


def kid(name: str) -> str:
    return jws.kid_of(token(name)) if claims_of(name) else ""


def claims_of(name: str) -> RefreshClaims | AccessClaims | None:
    return services().tokens.authentic_claims(token(name), services().now())


def token(name: str) -> str:
    """The token that the browser has after this response."""
    grant: IssuedTokens | None = g.get("grant")
    if grant:
        return grant.access_token if name == cookies.ACCESS else grant.refresh_token
    return cookies.read(name) or ""


def client(name: str) -> str:
    return _("browser") if name == BROWSER_CLIENT else name


def clock(at: float) -> str:
    """Date and time: a session lasts for weeks."""
    return time_format.datetime_seconds(at)
