"""Who talks to a sandbox's app: browsers with a cookie jar, and thieves with a copy of it."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from math import inf

from webapp.core.token_issuer import ClientInfo
from webapp.core.tokens import new_token_id
from webapp.lab.diagram.steps import Lane

from .app import LOG_OUT, SIGN_IN, Reply, Request, SandboxApp
from .fault_injection import PATIENCE
from .recorder import Clock, StepRecorder

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
# Addresses for examples (RFC 5737).
HOME, ABROAD = "192.0.2.1", "203.0.113.66"
PAGE = "GET /account"


class Browser:
    lane: Lane = "browser"
    address = HOME

    def __init__(
        self, app: SandboxApp, clock: Clock, recorder: StepRecorder, name: str, label: str = ""
    ) -> None:
        """`label` tells its arrows from those of another browser in the same lane."""
        self.name = name
        self.label = label
        self.sid = ""
        self.why_out = ""
        """Why it was signed out; empty while it is not."""
        self.access = ""
        self.refresh = ""
        self.device = new_token_id()
        self._access_until = 0.0
        self._app = app
        self._clock = clock
        self._recorder = recorder
        self._lock = threading.Lock()

    def sign_in(self) -> None:
        self.send(self.request(SIGN_IN))

    def log_out(self, who: str = "") -> None:
        self.send(self.request(LOG_OUT, who))

    def click(self, line: str = PAGE, who: str = "", *, lost: bool = False) -> Reply:
        """`lost`: the answer never arrives."""
        return self.send(self.request(line, who), lost=lost)

    def script(self, token: str, who: str = "") -> Reply:
        """What a page's script does: the token that it has read, and the cookies beside it."""
        return self.send(self.request("GET /api/v1/profile", who, bearer=token))

    def request(self, line: str, who: str = "", *, bearer: str | None = None) -> Request:
        """With the cookies of this moment. The browser drops one whose time is over."""
        access = self.access if self._clock.now < self._access_until else None
        origin = ClientInfo(self.address, CHROME, device_id=self.device)
        refresh = self.refresh or None
        return Request(line, origin, self.lane, who or self.label, access, refresh, bearer)

    def send(self, request: Request, *, lost: bool = False) -> Reply:
        reply = self._app.answer(request)
        if lost:
            self._recorder.note(self.lane, "the answer never arrives", "outage")
        else:
            self._keep(reply)
        return reply

    def send_at_once(self, requests: Sequence[Request]) -> list[Reply]:
        """Each in a thread of its own, all started at the same moment."""
        start = threading.Barrier(len(requests), timeout=PATIENCE)

        def run(request: Request) -> Reply:
            start.wait()
            return self.send(request)

        with ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(run, requests))

    def _keep(self, reply: Reply) -> None:
        with self._lock:
            if reply.grant:
                self.access, self.refresh = reply.grant.access_token, reply.grant.refresh_token
                self._access_until = reply.grant.access.exp
                self.sid, self.why_out = reply.grant.session.sid, ""
            elif reply.forgets:
                self.access = self.refresh = ""
                self.why_out = reply.reason


class Thief(Browser):
    """Has copied the tokens and not the device cookie, and sends the same user agent."""

    lane: Lane = "thief"
    address = ABROAD

    def __init__(self, app: SandboxApp, clock: Clock, recorder: StepRecorder, name: str) -> None:
        super().__init__(app, clock, recorder, name)
        self.device = ""

    def copy(self, browser: Browser) -> None:
        self.access, self.refresh = browser.access, browser.refresh
        self._access_until = browser._access_until
        self.sid = browser.sid
        self._recorder.note(self.lane, "copies both tokens")

    def hold(self, *, access: str = "", refresh: str = "") -> None:
        """These tokens, and no others."""
        self.access, self.refresh = access, refresh
        self._access_until = inf
