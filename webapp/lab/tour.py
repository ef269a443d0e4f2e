"""The tour: seven pages from sign-in to sign-out, a diagram and three sentences each."""

from dataclasses import dataclass

from webapp.core.text import N_, Message

from .diagram.steps import Step

EXPIRED = 301.0
TAB_1, TAB_2 = (Message("tab {number}", number=number) for number in (1, 2))


@dataclass(frozen=True)
class TourPage:
    title: str
    sentences: tuple[str, str, str]
    steps: tuple[Step, ...]
    scenario: str = ""
    """Slug of the scenario to try; empty if there is none."""


LOGIN = TourPage(
    N_("You sign in"),
    (
        N_(
            "The app checks your password, stores the session's generation in Redis and opens the "
            "session in SQL."
        ),
        N_(
            "Your browser gets two cookies: an access token, which proves your identity for five "
            "minutes, and a refresh token, which gets the next pair."
        ),
        N_(
            "Both are generation 0 of this session. A third cookie, the device cookie, names this "
            "browser."
        ),
    ),
    (
        Step("browser", "app", "POST /login"),
        Step("app", "redis", N_("store generation 0")),
        Step("app", "sql", N_("open a session")),
        Step("app", "browser", Message("two cookies, generation {gen}", gen=0), result="good"),
    ),
)
PAGE = TourPage(
    N_("You open a page"),
    (
        N_("The browser sends the access token, and the app checks its signature and its expiry."),
        N_(
            "When a worker sees a token for the first time, it checks in both stores that the "
            "session is open; after that it accepts the token from its cache."
        ),
        N_(
            "The end of a session is announced to every worker, which then checks the stores again."
        ),
    ),
    (
        Step("browser", "app", "GET /dashboard"),
        Step("app", "sql", N_("still open?")),
        Step("app", "redis", N_("alive? 0 has arrived")),
        Step("app", "browser", N_("the page")),
        Step("browser", "app", "GET /account", 2.0),
        Step("app", "app", N_("accepted from the cache"), 2.0, "good"),
        Step("app", "browser", N_("the page"), 2.0),
    ),
)
EXPIRY = TourPage(
    N_("The access token expires"),
    (
        N_(
            "Five minutes later the access token expires, to the second, and the browser no "
            "longer sends it."
        ),
        N_(
            "A plain JWT can't be revoked, so its lifetime is short; step 7 shows how Evergreen "
            "revokes it all the same."
        ),
        N_(
            "With this token alone you would have to sign in again now. You notice nothing, as the "
            "refresh token came with the same request: see the next step."
        ),
    ),
    (
        Step("browser", "browser", N_("five minutes of reading"), EXPIRED),
        Step("browser", "app", "GET /account", EXPIRED),
        Step("app", "app", N_("access token: missing"), EXPIRED),
        Step("app", "app", N_("refresh token: there"), EXPIRED, "good"),
    ),
    "expired-token",
)
REFRESH = TourPage(
    N_("It is renewed silently"),
    (
        N_(
            "The refresh token came with the same request, so the app redeems it: SQL confirms "
            "that the session is open, and one script in Redis rotates it to generation 1."
        ),
        N_("The request continues as usual, and its response sets both new cookies."),
        N_("It needs no script in the page and no second round trip, and no form is lost."),
    ),
    (
        Step("browser", "app", N_("GET /account, with the refresh token")),
        Step("app", "sql", N_("still open?")),
        Step("sql", "app", N_("open"), result="good"),
        Step("app", "redis", Message("redeem {gen}", gen=0)),
        Step("redis", "app", Message("rotated to {gen}", gen=1), result="good"),
        Step(
            "app",
            "browser",
            Message("the page, two cookies, generation {gen}", gen=1),
            result="good",
        ),
    ),
    "form-with-expired-token",
)
RACE = TourPage(
    N_("Two tabs refresh at the same time"),
    (
        N_("Both send generation 1, and only one of them can be first."),
        N_(
            "For 30 s after a new refresh token was given, the same browser gets it again for the "
            "old one; after 30 s only if it was not used."
        ),
        N_("So both tabs have generation 2: the same refresh token, and a new access token each."),
    ),
    (
        Step("browser", "app", "GET /account", who=TAB_1),
        Step("browser", "app", "GET /account", who=TAB_2),
        Step("app", "redis", Message("redeem {gen}", gen=1), who=TAB_1),
        Step("redis", "app", Message("rotated to {gen}", gen=2), result="good", who=TAB_1),
        Step("app", "redis", Message("redeem {gen}", gen=1), who=TAB_2),
        Step("redis", "app", Message("given {gen} again", gen=2), result="good", who=TAB_2),
        Step("app", "browser", Message("cookies {gen}", gen=2), result="good", who=TAB_1),
        Step(
            "app",
            "browser",
            Message("the same refresh token {gen}, a new access token", gen=2),
            result="good",
            who=TAB_2,
        ),
    ),
    "twenty-requests",
)
THEFT = TourPage(
    N_("A thief uses a copy"),
    (
        N_("A thief has copied generation 1, and uses it an hour later."),
        N_(
            "But generation 2 has been used since, so 1 can only be a copy: the app can't tell the "
            "owner from the thief, so the session ends for both."
        ),
        N_("The thief is signed out, and the sign-in page tells you the reason."),
    ),
    (
        Step("browser", "app", N_("GET /account, with 2")),
        Step("app", "redis", N_("2 has arrived")),
        Step("thief", "app", N_("GET /account, with the copy of 1"), 3600.0),
        Step("app", "redis", Message("redeem {gen}", gen=1), 3600.0),
        Step("redis", "app", N_("reused: a copy"), 3600.0, "refused"),
        Step("app", "redis", N_("notify all workers"), 3600.0),
        Step("app", "sql", N_("end the session: reuse"), 3600.0),
        Step("app", "thief", N_("signed out"), 3600.0, "refused"),
    ),
    "thief-replays",
)
LOGOUT = TourPage(
    N_("You sign out"),
    (
        N_(
            "The end is announced to every worker and written to SQL, and a tombstone replaces the "
            "entry in Redis."
        ),
        N_(
            "Your browser deletes the cookies of both tokens, and other tabs show the sign-in page "
            "within a second."
        ),
        N_(
            "Within a second, every worker refuses every token of this session; question 7 names "
            "the one exception."
        ),
    ),
    (
        Step("browser", "app", "POST /logout"),
        Step("app", "sql", N_("which user has this session?")),
        Step("app", "redis", N_("notify all workers")),
        Step("app", "sql", N_("end the session")),
        Step("app", "redis", N_("write a tombstone")),
        Step("app", "browser", N_("both cookies deleted"), result="good"),
    ),
    "logout-elsewhere",
)
TOUR = (LOGIN, PAGE, EXPIRY, REFRESH, RACE, THEFT, LOGOUT)
