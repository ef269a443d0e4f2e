"""One sandbox: the real session code with stores, keys and a clock of its own.

It touches no real session: its user is invented, its keys exist in memory only, and its entries in
Redis have a prefix of their own and expire within 15 minutes.
"""

from collections.abc import Mapping

from webapp.core.email_tokens import EmailTokens
from webapp.core.errors import Unavailable
from webapp.core.keys import KeyRing, generate_secret
from webapp.core.models import User
from webapp.core.notifications import Notifications
from webapp.core.session_status import SessionStatus
from webapp.core.sessions import Sessions
from webapp.core.text import N_
from webapp.core.token_cache import TokenCache
from webapp.core.token_issuer import SessionLifetimes
from webapp.core.token_verifier import TokenVerifier
from webapp.core.tokens import TokenCodec, new_token_id

from .actors import Browser, Thief
from .app import SandboxApp, SandboxServices
from .fakes import FakeFeed, FakeMailer, FakeSessionRepository
from .fault_injection import SANDBOX_TTL, FaultyGenerations, Inspectable
from .recorder import Clock, StepRecorder

# The defaults of the settings.
LIMITS = SessionLifetimes(
    access_ttl=300,
    idle=12 * 3600,
    idle_remembered=30 * 86400,
    max_age=90 * 86400,
    grace=30,
)


class Sandbox:
    """The owner `you` is signed in at the start; the thief has no tokens."""

    def __init__(self, store: Inspectable, now: float, *, sql_has_sessions: bool = True) -> None:
        """`now`: Unix seconds. `sql_has_sessions`: whether SQL has the sessions, too."""
        self.sql_has_sessions = sql_has_sessions
        self.clock = Clock(now)
        self.recorder = StepRecorder(self.clock)
        self.redis = FaultyGenerations(store, self.recorder)
        self.user = User(f"lab-{new_token_id()}", "ada@example.com", "Ada", "user")
        self.sql = FakeSessionRepository(self.user, self.recorder, stores_sessions=sql_has_sessions)
        self._store = store
        self._feed = FakeFeed(self.redis, self.recorder)
        self._refresh_keys = KeyRing.parse(f"lab-r1:{generate_secret()}")
        self.app = SandboxApp(self._services("lab-a1"), self.user, self.clock, self.recorder)
        self._browsers: list[Browser] = []
        self.you = self.sign_in(N_("You"))
        self.thief = Thief(self.app, self.clock, self.recorder, N_("The thief"))

    def sign_in(self, name: str, label: str = "") -> Browser:
        """A new, signed-in browser of the user. Raises Unavailable: the real Redis is down."""
        browser = Browser(self.app, self.clock, self.recorder, name, label)
        browser.sign_in()
        if not browser.sid:
            raise Unavailable
        self._browsers.append(browser)
        return browser

    def _services(self, kid: str) -> SandboxServices:
        self.signer = TokenCodec(
            KeyRing.parse(f"{kid}:{generate_secret()}"),
            self._refresh_keys,
            issuer="lab",
            audience="lab-api",
            leeway=30,
        )
        notices = Notifications(FakeMailer(self.recorder), EmailTokens(generate_secret()))
        status = SessionStatus(self.redis, self.sql, self._feed, notices)
        verifier = TokenVerifier(self.signer, status, self._feed, TokenCache(size=100))
        return SandboxServices(self.signer, Sessions(self.signer, status, LIMITS), verifier)

    def withdraw_access_key(self) -> None:
        """Restart the app with another key for access tokens."""
        self.app.services = self._services("lab-a2")
        self.recorder.note("app", N_("restarts: key lab-a1 is withdrawn, lab-a2 signs"))

    def wait(self, seconds: float, words: str) -> None:
        self.clock.now += seconds
        self.recorder.set_actor("")
        self.recorder.note("browser", words)

    def snapshot(self) -> dict[str, str]:
        """The entries in Redis of all browsers."""
        return {browser.sid: self._store.read(browser.sid) for browser in self._browsers}

    def roll_back_redis(self, snapshot: Mapping[str, str]) -> None:
        for sid, entry in snapshot.items():
            self._store.put(sid, entry, ttl=SANDBOX_TTL)

    def empty_redis(self) -> None:
        self.roll_back_redis({browser.sid: "" for browser in self._browsers})

    def entry(self, sid: str) -> str:
        return self._store.read(sid)

    @property
    def tokens(self) -> dict[str, str]:
        """The tokens of each actor, by `actor: cookie`."""
        return {
            f"{actor.name}: {name}": token
            for actor in (*self._browsers, self.thief)
            for name, token in (("access_token", actor.access), ("refresh_token", actor.refresh))
            if token
        }
