"""The walk: seven steps from login to logout, a picture and three sentences each."""

from dataclasses import dataclass

from .diagram.steps import Step

EXPIRED = 301.0


@dataclass(frozen=True)
class Stop:
    title: str
    sentences: tuple[str, str, str]
    steps: tuple[Step, ...]
    scenario: str = ""
    """Where it can be tried."""


LOGIN = Stop(
    "You sign in",
    (
        "The app checks your password, opens a session in SQL and notes it in Redis.",
        "Your browser gets two cookies: an access token, which proves who you are for five "
        "minutes, and a refresh token, which asks for the next pair.",
        "Both are generation 0 of this session.",
    ),
    (
        Step("browser", "app", "POST /login"),
        Step("app", "redis", "note generation 0"),
        Step("app", "sql", "open a session"),
        Step("app", "browser", "two cookies, generation 0", result="good"),
    ),
)
PAGE = Stop(
    "You open a page",
    (
        "The access token comes along, and its signature and its time are checked.",
        "The first time a worker sees it, it asks both stores whether the session is alive; from "
        "then on it believes it from memory.",
        "Until there is news: whoever ends a session tells every worker first.",
    ),
    (
        Step("browser", "app", "GET /dashboard"),
        Step("app", "sql", "still open?"),
        Step("app", "redis", "alive? 0 has arrived"),
        Step("app", "browser", "the page"),
        Step("browser", "app", "GET /account", 2.0),
        Step("app", "app", "believed from memory", 2.0, "good"),
        Step("app", "browser", "the page", 2.0),
    ),
)
EXPIRY = Stop(
    "The access token expires",
    (
        "Five minutes later the access token is no longer good, to the second.",
        "A bare JWT can't be called back, so it lives short; how Evergreen calls it back all the "
        "same is step 7.",
        "With this token alone, you would be signed out now.",
    ),
    (
        Step("browser", "browser", "five minutes of reading", EXPIRED),
        Step("browser", "app", "GET /account", EXPIRED),
        Step("app", "app", "access token: expired", EXPIRED, "refused"),
    ),
    "expired-token",
)
REFRESH = Stop(
    "It is renewed silently",
    (
        "The refresh token came with the same request, so the app redeems it: SQL says that the "
        "session is open, and one script in Redis rotates it to generation 1.",
        "The request goes on as if nothing had happened, and its answer carries both new cookies.",
        "No script had to know, no form is lost, and it took no second round trip.",
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
RACE = Stop(
    "Two tabs ask at once",
    (
        "Both come with generation 1, and only one of them can be first.",
        "For 30 s after its successor was last handed out, whoever has shown what, the same "
        "browser gets that again (after that, only as long as nobody has shown the successor).",
        "So both tabs hold generation 2: the very same refresh token, and a fresh access token "
        "each.",
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
            "the same refresh token 2, a fresh access token",
            result="good",
            who="tab 2",
        ),
    ),
    "twenty-requests",
)
THEFT = Stop(
    "A thief comes with a copy",
    (
        "Somebody has copied generation 1, and uses it an hour later.",
        "But generation 2 has been seen since, so 1 can only be a copy: nobody can tell who is "
        "who, so the session ends for both.",
        "The thief is out, and you are told why when you sign in again.",
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
LOGOUT = Stop(
    "You sign out",
    (
        "The end is announced to every worker, written to SQL, and a tombstone takes the entry's "
        "place in Redis.",
        "Your browser deletes both cookies, and other tabs show the login page at once.",
        "Any token of this session that still lies about somewhere is worthless now, on every "
        "server.",
    ),
    (
        Step("browser", "app", "POST /logout"),
        Step("app", "sql", "whose session is it?"),
        Step("app", "redis", "tell all workers"),
        Step("app", "sql", "end the session"),
        Step("app", "redis", "put up a tombstone"),
        Step("app", "browser", "both cookies deleted", result="good"),
    ),
    "logout-elsewhere",
)
STOPS = (LOGIN, PAGE, EXPIRY, REFRESH, RACE, THEFT, LOGOUT)
