"""Ways to stay signed in, compared: who renews, where the tokens are, and of what kind they are."""

from dataclasses import dataclass
from typing import Literal

from webapp.core.text import N_

Grade = Literal["good", "fair", "weak"]
GRADE_SIGNS: dict[Grade, str] = {"good": "✓", "fair": "○", "weak": "✕"}


@dataclass(frozen=True)
class Cell:
    grade: Grade
    text: str


@dataclass(frozen=True)
class Comparison:
    key: str
    title: str
    verdict: str
    text: str
    columns: tuple[str, ...]
    rows: dict[str, tuple[Cell, ...]]
    """Question → one cell for each column."""
    ours: tuple[int, ...]
    """The columns of what this app does, counted from 0."""


def good(text: str) -> Cell:
    return Cell("good", text)


def fair(text: str) -> Cell:
    return Cell("fair", text)


def weak(text: str) -> Cell:
    return Cell("weak", text)


TRIPS, FORMS, TABS = N_("Round trips on expiry"), N_("Forms and page loads"), N_("Several tabs")
XSS, CSRF = N_("A foreign script in the page (XSS)"), N_("Forms of other sites (CSRF)")
PROGRAMS, REVOCATION = N_("Mobile apps, other programs"), N_("Revocation")
SCALING = N_("Scaling")

RENEWAL = Comparison(
    "renewal",
    N_("Who renews the token?"),
    N_("We chose the server hook: page loads and forms work without a script."),
    N_(
        "The access token expires every few minutes. Someone must then renew it: the server "
        "during the request, the client after a 401 or before expiry, or a server between "
        "browser and API (backend for frontend, BFF)."
    ),
    (N_("Server hook (ours)"), N_("401 interceptor"), N_("Timer in the client"), N_("BFF")),
    {
        TRIPS: (
            good("None extra: the same request goes on."),
            weak("Two extra: the refresh, and the call again."),
            fair("None when the timer is in time. One for each renewal, also without a click."),
            good("None extra for the browser; one between the BFF and the token server."),
        ),
        FORMS: (
            good("Work without a script. A form is carried out once, with its body."),
            weak(
                "Page loads and plain forms are not calls of a script, so they are not intercepted."
            ),
            fair("Work while a page is open. After a laptop's sleep the first one is too late."),
            good("Work: the browser has an ordinary session."),
        ),
        TABS: (
            fair("Tabs race, so the server has to answer a repeat with the same successor."),
            fair("Tabs race: the client needs a lock, or the server a leeway."),
            weak("Each tab has a timer. One tab has to be chosen."),
            good("Best here: one server has the tokens, and can renew once for all tabs."),
        ),
        XSS: (
            fair("It can use and copy the access token, not the refresh token."),
            weak("It can copy all that the client's script can read, often both tokens."),
            weak("As with the interceptor."),
            good(
                "Best here: there is no token to copy. The foreign script can still send "
                "requests while the page is open."
            ),
        ),
        CSRF: (
            fair("Browsers add cookies by themselves: each form is checked."),
            good("Best here: no other site can add a bearer header."),
            good("As with the interceptor."),
            fair("Cookies again, so the same checks."),
        ),
        PROGRAMS: (
            fair("The hook is for browsers. Programs renew by the API, as an interceptor does."),
            good("Best here: it is how programs and client libraries do it."),
            fair("Works while the program runs."),
            weak("They need another way in."),
        ),
        REVOCATION: (
            good("The hook sees each request: a sign-out takes effect within a second."),
            fair("At the next refresh, unless the API asks a store on each call."),
            fair("At the next renewal; the same."),
            good("At once: the session is on the server."),
        ),
        SCALING: (
            fair("No query on most requests, but each server needs both stores."),
            good("Best here: an API needs a public key only. One service has the store."),
            fair("The same, but open tabs renew without a click."),
            weak("One more server on the way of each request, with sessions of its own."),
        ),
    },
    (0,),
)
STORAGE = Comparison(
    "storage",
    N_("Where is the token in the browser?"),
    N_("We chose two cookies: the one that lives for weeks is hidden from scripts."),
    N_(
        "A cookie is sent by the browser, localStorage is read by a script. HttpOnly hides a "
        "cookie from scripts."
    ),
    (
        N_("HttpOnly cookie (our refresh token)"),
        N_("Readable cookie (our access token)"),
        N_("localStorage"),
    ),
    {
        TRIPS: (
            good("None extra: it comes with the request."),
            good("None extra: the refresh cookie comes with the request."),
            weak("A script has to send it."),
        ),
        FORMS: (
            good("Sent with both."),
            good("Sent with both."),
            weak("Sent with neither. The server can't tell who opens a page."),
        ),
        TABS: (
            good("All tabs have the same."),
            good("All tabs have the same."),
            good("All tabs have the same, and get an event when it changes."),
        ),
        XSS: (
            good("Can't be read. It is sent with the requests of a script all the same."),
            weak("Can be copied, so it lives for minutes."),
            weak("Can be copied. A refresh token there is lost for weeks."),
        ),
        CSRF: (
            fair("Sent with links of other sites; SameSite=Lax stops their forms."),
            fair("The same. The API needs a bearer token, and so no other check."),
            good("Best here: never sent by itself."),
        ),
        PROGRAMS: (
            fair("Programs have no browser's cookie jar: they get tokens as JSON."),
            fair("The same."),
            fair("For apps the system's key store is the better place."),
        ),
        REVOCATION: (
            good("The server can delete it with any response."),
            good("The server can delete it, and so can a script."),
            weak("Only a script can delete it."),
        ),
        SCALING: (
            fair("Some 350 bytes more on each request."),
            fair("Some 450 bytes more on each request."),
            good("Best here: sent where it is needed only."),
        ),
    },
    (0, 1),
)
KINDS = Comparison(
    "kinds",
    N_("An opaque token, or a JWT?"),
    N_("We chose a JWT and a list of ended sessions: fast to check, and revoked within a second."),
    N_(
        "An opaque token is a random text that only a store can explain. A JWT carries its claims "
        "and a signature. Ours is a JWT that each worker also checks against a list of ended "
        "sessions."
    ),
    (N_("Opaque token"), N_("JWT by signature alone"), N_("JWT and invalidation feed (ours)")),
    {
        TRIPS: (
            good("It need not expire early, as it can be revoked: often one token is enough."),
            fair("Depends on who renews it. It has to be short-lived."),
            fair("Depends on who renews it."),
        ),
        FORMS: (
            good("No difference."),
            good("No difference."),
            good("No difference."),
        ),
        TABS: (
            good("Best here: without rotation there is no race."),
            fair("Races on each rotation."),
            fair("Races on each rotation, which the grace solves."),
        ),
        XSS: (
            fair("A copy works until the session ends."),
            fair("A copy works until it expires."),
            fair("A copy works until it expires or the session ends."),
        ),
        CSRF: (
            good("No difference: the place matters."),
            good("No difference."),
            good("No difference."),
        ),
        PROGRAMS: (
            fair("Another service has to ask (RFC 7662)."),
            good("Best here: another service checks it with the public key."),
            good("The same, without the list: then it is a JWT by signature alone."),
        ),
        REVOCATION: (
            good("Best here: delete the row, and it is over."),
            weak("Only by waiting, or by a new key for all."),
            good("Within a second in each worker, but it takes a feed and a fallback."),
        ),
        SCALING: (
            weak("A query on each request."),
            good("Best here: no query at all, and no state to share."),
            good("No query for a token that the worker has checked before."),
        ),
    },
    (2,),
)
COMPARISONS = (RENEWAL, STORAGE, KINDS)
