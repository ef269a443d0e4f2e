"""One sandbox: the real sessions, with stores, keys and a clock of their own.

Nothing in it belongs to anybody: its user is made up, its keys are forgotten with it, its
entries in Redis have names of their own and are gone within a quarter of an hour.
"""

from collections.abc import Mapping

from webapp.core.email_tokens import EmailTokens
from webapp.core.errors import Unavailable
from webapp.core.keys import KeyRing, generate_secret
from webapp.core.models import User
from webapp.core.notifications import Notifications
from webapp.core.session_status import SessionStatus
from webapp.core.sessions import Sessions
from webapp.core.token_cache import TokenCache
from webapp.core.token_issuer import SessionLifetimes
from webapp.core.token_verifier import TokenVerifier
from webapp.core.tokens import TokenCodec, new_token_id

from .actors import Browser, Thief
from .app import SandboxApp, SandboxServices
from .fakes import FakeFeed, FakeMailer, FakeSessionRepository
from .fault_injection import LASTS, FaultyEntries, Inspectable
from .recorder import Clock, StepRecorder

# The real defaults.
LIMITS = SessionLifetimes(
    access_ttl=300,
    idle=12 * 3600,
    idle_remembered=30 * 86400,
    max_age=90 * 86400,
    grace=30,
)


class Sandbox:
    """`you` are signed in already, the thief has nothing yet."""

    def __init__(self, behind: Inspectable, now: float, *, sql_knows: bool = True) -> None:
        """`now`: Unix seconds. `sql_knows`: whether SQL, too, knows the sessions."""
        self.sql_knows = sql_knows
        self.clock = Clock(now)
        self.recorder = StepRecorder(self.clock)
        self.redis = FaultyEntries(behind, self.recorder)
        self.user = User(f"lab-{new_token_id()}", "ada@example.com", "Ada", "user")
        self.sql = FakeSessionRepository(self.user, self.recorder, remembers=sql_knows)
        self._behind = behind
        self._feed = FakeFeed(self.redis, self.recorder)
        self._refresh_keys = KeyRing.parse(f"lab-r1:{generate_secret()}")
        self.app = SandboxApp(self._services("lab-a1"), self.user, self.clock, self.recorder)
        self._browsers: list[Browser] = []
        self.you = self.sign_in("You")
        self.thief = Thief(self.app, self.clock, self.recorder, "The thief")

    def sign_in(self, name: str, label: str = "") -> Browser:
        """A browser of the user, signed in. Raises Unavailable: the real Redis does not answer."""
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
        """Another one takes its place: the app starts anew with that setting."""
        self.app.services = self._services("lab-a2")
        self.recorder.note("app", "starts anew: key lab-a1 is withdrawn, lab-a2 signs")

    def wait(self, seconds: float, words: str) -> None:
        self.clock.now += seconds
        self.recorder.speak_for("")
        self.recorder.note("browser", words)

    def snapshot(self) -> dict[str, str]:
        """What stands in Redis of all sessions here."""
        return {browser.sid: self._behind.read(browser.sid) for browser in self._browsers}

    def roll_back_redis(self, snapshot: Mapping[str, str]) -> None:
        for sid, entry in snapshot.items():
            self._behind.put(sid, entry, ttl=LASTS)

    def empty_redis(self) -> None:
        self.roll_back_redis({browser.sid: "" for browser in self._browsers})

    def entry(self, sid: str) -> str:
        return self._behind.read(sid)

    @property
    def tokens(self) -> dict[str, str]:
        """Who holds which in the end."""
        return {
            f"{actor.name}: {name}": token
            for actor in (*self._browsers, self.thief)
            for name, token in (("access_token", actor.access), ("refresh_token", actor.refresh))
            if token
        }
