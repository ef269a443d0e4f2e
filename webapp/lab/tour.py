"""The tour: seven pages from sign-in to sign-out, a diagram and three sentences each."""

from dataclasses import dataclass

from .diagram.steps import Step

EXPIRED = 301.0


@dataclass(frozen=True)
class TourPage:
    title: str
    sentences: tuple[str, str, str]
    steps: tuple[Step, ...]
    scenario: str = ""
    """Slug of the scenario to try; empty if there is none."""


LOGIN = TourPage(
    "You sign in",
    (
        "The app checks your password, opens a session in SQL and stores its generation in Redis.",
        "Your browser gets two cookies: an access token, which proves your identity for five "
        "minutes, and a refresh token, which gets the next pair.",
        "Both are generation 0 of this session.",
    ),
    (
        Step("browser", "app", "POST /login"),
        Step("app", "redis", "store generation 0"),
        Step("app", "sql", "open a session"),
        Step("app", "browser", "two cookies, generation 0", result="good"),
    ),
)
PAGE = TourPage(
    "You open a page",
    (
        "The browser sends the access token, and the app checks its signature and its expiry.",
        "When a worker sees a token for the first time, it checks in both stores that the session "
        "is open; after that it accepts the token from its cache.",
        "The end of a session is announced to every worker, which then checks the stores again.",
    ),
    (
        Step("browser", "app", "GET /dashboard"),
        Step("app", "sql", "still open?"),
        Step("app", "redis", "alive? 0 has arrived"),
        Step("app", "browser", "the page"),
        Step("browser", "app", "GET /account", 2.0),
        Step("app", "app", "accepted from the cache", 2.0, "good"),
        Step("app", "browser", "the page", 2.0),
    ),
)
EXPIRY = TourPage(
    "The access token expires",
    (
        "Five minutes later the access token expires, exact to the second.",
        "A plain JWT can't be revoked, so its lifetime is short; step 7 shows how Evergreen "
        "revokes "
        "it all the same.",
        "With this token alone, you would be signed out now.",
    ),
    (
        Step("browser", "browser", "five minutes of reading", EXPIRED),
        Step("browser", "app", "GET /account", EXPIRED),
        Step("app", "app", "access token: expired", EXPIRED, "refused"),
    ),
    "expired-token",
)
REFRESH = TourPage(
    "It is renewed silently",
    (
        "The refresh token came with the same request, so the app redeems it: SQL confirms that "
        "the session is open, and one script in Redis rotates it to generation 1.",
        "The request continues as usual, and its response sets both new cookies.",
        "It needs no script in the page and no second round trip, and no form is lost.",
    ),
    (
        Step("browser", "app", "GET /account, access token expired"),
        Step("app", "sql", "still open?"),
        Step("sql", "app", "open", result="good"),
        Step("app", "redis", "redeem 0"),
        Step("redis", "app", "rotated to 1", result="good"),
        Step("app", "browser", "the page, two cookies, generation 1", result="good"),
    ),
    "form-with-expired-token",
)
RACE = TourPage(
    "Two tabs refresh at the same time",
    (
        "Both send generation 1, and only one of them can be first.",
        "For 30 s after a new pair was given, the same browser gets it again (after 30 s only if "
        "the new pair was not used).",
        "So both tabs have generation 2: the same refresh token, and a new access token each.",
    ),
    (
        Step("browser", "app", "GET /account", who="tab 1"),
        Step("browser", "app", "GET /account", who="tab 2"),
        Step("app", "redis", "redeem 1", who="tab 1"),
        Step("redis", "app", "rotated to 2", result="good", who="tab 1"),
        Step("app", "redis", "redeem 1", who="tab 2"),
        Step("redis", "app", "repeated: 2 again", result="good", who="tab 2"),
        Step("app", "browser", "cookies 2", result="good", who="tab 1"),
        Step(
            "app",
            "browser",
            "the same refresh token 2, a new access token",
            result="good",
            who="tab 2",
        ),
    ),
    "twenty-requests",
)
THEFT = TourPage(
    "A thief uses a copy",
    (
        "A thief has copied generation 1, and uses it an hour later.",
        "But generation 2 has been used since, so 1 can only be a copy: the app can't tell the "
        "owner from the thief, so the session ends for both.",
        "The thief is signed out, and the sign-in page tells you the reason.",
    ),
    (
        Step("browser", "app", "GET /account, with 2"),
        Step("app", "redis", "2 has arrived"),
        Step("thief", "app", "GET /account, with the copy of 1", 3600.0),
        Step("app", "redis", "redeem 1", 3600.0),
        Step("redis", "app", "reused: a copy", 3600.0, "refused"),
        Step("app", "sql", "end the session: stolen", 3600.0),
        Step("app", "thief", "signed out", 3600.0, "refused"),
    ),
    "thief-replays",
)
LOGOUT = TourPage(
    "You sign out",
    (
        "The end is announced to every worker and written to SQL, and a tombstone replaces the "
        "entry in Redis.",
        "Your browser deletes both cookies, and other tabs show the sign-in page within a second.",
        "Within a second, every server refuses every token of this session.",
    ),
    (
        Step("browser", "app", "POST /logout"),
        Step("app", "sql", "which user has this session?"),
        Step("app", "redis", "notify all workers"),
        Step("app", "sql", "end the session"),
        Step("app", "redis", "write a tombstone"),
        Step("app", "browser", "both cookies deleted", result="good"),
    ),
    "logout-elsewhere",
)
TOUR = (LOGIN, PAGE, EXPIRY, REFRESH, RACE, THEFT, LOGOUT)
