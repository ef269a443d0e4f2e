"""Clients of a sandbox's app: browsers with a cookie jar, and a thief with a copy of it."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from math import inf

from webapp.core.text import N_
from webapp.core.token_issuer import ClientInfo
from webapp.core.tokens import new_token_id
from webapp.lab.diagram.steps import Lane

from .app import SIGN_IN, SIGN_OUT, Reply, Request, SandboxApp
from .fault_injection import THREAD_TIMEOUT
from .recorder import Clock, StepRecorder

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
# IP addresses for documentation (RFC 5737).
OWNER_IP, THIEF_IP = "192.0.2.1", "203.0.113.66"
PAGE = "GET /account"


class Browser:
    lane: Lane = "browser"
    ip = OWNER_IP

    def __init__(
        self, app: SandboxApp, clock: Clock, recorder: StepRecorder, name: str, label: str = ""
    ) -> None:
        """`label`: marks its arrows where several browsers share the lane."""
        self.name = name
        self.label = label
        self.sid = ""
        self.why_out = ""
        """Reason of the sign-out; empty while signed in."""
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

    def sign_out(self, who: str = "") -> None:
        self.send(self.request(SIGN_OUT, who))

    def click(self, line: str = PAGE, who: str = "", *, lost: bool = False) -> Reply:
        """Send one request. `lost`: the response never arrives."""
        return self.send(self.request(line, who), lost=lost)

    def script(self, token: str, who: str = "") -> Reply:
        """Send an API request as a page's script does: with the bearer token and the cookies."""
        return self.send(self.request("GET /api/v1/profile", who, bearer=token))

    def request(self, line: str, who: str = "", *, bearer: str | None = None) -> Request:
        """A request with the current cookies; an access cookie past its Max-Age is not sent."""
        access = self.access if self._clock.now < self._access_until else None
        client = ClientInfo(self.ip, CHROME, device_id=self.device)
        refresh = self.refresh or None
        return Request(line, client, self.lane, who or self.label, access, refresh, bearer)

    def send(self, request: Request, *, lost: bool = False) -> Reply:
        reply = self._app.answer(request)
        if lost:
            self._recorder.note(self.lane, N_("the response never arrives"), "outage")
        else:
            self._store_cookies(reply)
        return reply

    def send_at_once(self, requests: Sequence[Request]) -> list[Reply]:
        """Send each request in a thread of its own, all at the same moment."""
        start = threading.Barrier(len(requests), timeout=THREAD_TIMEOUT)

        def run(request: Request) -> Reply:
            start.wait()
            return self.send(request)

        with ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(run, requests))

    def _store_cookies(self, reply: Reply) -> None:
        with self._lock:
            if reply.grant:
                self.access, self.refresh = reply.grant.access_token, reply.grant.refresh_token
                self._access_until = reply.grant.access.exp
                self.sid, self.why_out = reply.grant.session.sid, ""
            elif reply.deletes_cookies:
                self.access = self.refresh = ""
                self.why_out = reply.reason


class Thief(Browser):
    """A client with copied tokens and the same user agent, but without the device cookie."""

    lane: Lane = "thief"
    ip = THIEF_IP

    def __init__(self, app: SandboxApp, clock: Clock, recorder: StepRecorder, name: str) -> None:
        super().__init__(app, clock, recorder, name)
        self.device = ""

    def copy(self, browser: Browser) -> None:
        self.access, self.refresh = browser.access, browser.refresh
        self._access_until = browser._access_until
        self.sid = browser.sid
        self._recorder.note(self.lane, N_("copies both tokens"))

    def hold(self, *, access: str = "", refresh: str = "") -> None:
        """Use these tokens only."""
        self.access, self.refresh = access, refresh
        self._access_until = inf
