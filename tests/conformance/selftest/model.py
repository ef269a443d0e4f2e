"""A small server that does everything right. It shows what the checks ask for."""

import hmac
import threading
from copy import deepcopy
from dataclasses import dataclass
from secrets import token_hex

from tests.conformance import Adapter, Refused, Tokens, Unavailable

# Seconds.
ACCESS_TTL = 300
LIMIT = 90 * 86400.0


@dataclass
class Session:
    """On disk, with the accounts."""

    began: float
    has_ended: bool = False
    access_ended: bool = False


@dataclass
class Record:
    """In the store: the newest generation that was presented, and when."""

    used: int = -1
    used_at: float = 0
    has_ended: bool = False
    """Only in a broken server: the end has to be on disk."""


class ModelServer(Adapter):
    """All in memory and under one lock; only `advance` moves its clock."""

    name = "the model"
    fails: tuple[str, ...] = ()
    """The checks that a broken server fails."""
    grace = 30.0
    absolute_limit: float | None = LIMIT
    headers = {"cache-control": "no-store"}  # noqa: RUF012 - a broken server has others
    cookie = "refresh=secret; HttpOnly; SameSite=Lax"

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.disk: dict[str, Session] = {}
        self.store: dict[str, Record] = {}
        self.saved: dict[str, Record] = {}
        self.is_paused = self.is_disabled = False
        self.lock = threading.RLock()

    def login(self) -> Tokens:
        with self.lock:
            sid = token_hex(4)
            self.disk[sid] = Session(self.now)
            self.store[sid] = Record()
            return self.issue(sid, 0)

    def refresh(self, tokens: Tokens) -> Tokens:
        with self.lock:
            sid, generation = self.read(tokens.refresh)
            self.require_store()
            self.require_open(sid)
            return self.issue(sid, self.redeem(sid, generation))

    def redeem(self, sid: str, presented: int) -> int:
        """The generation that follows. A repeat gets the same one; reuse ends the session."""
        record = self.record(sid)
        if presented > record.used:
            # Also after a rollback: the signature proves that the token was issued.
            record.used, record.used_at = presented, self.now
        elif presented < record.used and self.now - record.used_at > self.grace:
            self.on_reuse(sid)
            raise Refused("401 reuse")
        return record.used + 1

    def on_reuse(self, sid: str) -> None:
        self.end(sid)

    def call(self, tokens: Tokens) -> None:
        with self.lock:
            sid, generation, expiry = self.verified(tokens.access or "", 3)
            session = self.disk.get(sid)
            if not session or session.access_ended or float(expiry) < self.now:
                raise Refused("401 invalid_token")
            if self.is_disabled:
                raise Refused("401 disabled")
            self.on_call(sid, int(generation))

    def on_call(self, sid: str, generation: int) -> None:
        """The client has the tokens of this generation."""

    def logout(self, tokens: Tokens) -> None:
        with self.lock:
            self.end(self.read(tokens.refresh)[0])

    def end(self, sid: str) -> None:
        self.disk[sid].has_ended = self.disk[sid].access_ended = True

    def require_open(self, sid: str) -> None:
        session = self.disk.get(sid)
        if not session or session.has_ended:
            raise Refused("401 invalid_grant")
        if self.is_disabled:
            raise Refused("401 disabled")
        if self.now - session.began > LIMIT:
            raise Refused("401 expired")

    def require_store(self) -> None:
        if self.is_paused:
            raise Unavailable("503")

    def record(self, sid: str) -> Record:
        return self.store.setdefault(sid, Record())

    def issue(self, sid: str, generation: int) -> Tokens:
        refresh = self.signed(sid, str(generation))
        access = self.signed(sid, str(generation), str(self.now + ACCESS_TTL))
        return Tokens(refresh, access, self.headers, self.cookie)

    def read(self, refresh: str) -> tuple[str, int]:
        sid, generation = self.verified(refresh, 2)
        return sid, int(generation)

    def signed(self, *parts: str) -> str:
        text = "~".join(parts)
        return f"{text}~{self.sign(text)}"

    def verified(self, token: str, count: int) -> list[str]:
        text, _, signature = token.rpartition("~")
        if not hmac.compare_digest(signature.encode(), self.sign(text).encode()):
            raise Refused("401 invalid_grant")
        parts = text.split("~")
        if len(parts) != count:
            raise Refused("401 invalid_grant")
        return parts

    def sign(self, text: str) -> str:
        return hmac.digest(b"key", text.encode(), "sha256").hex()

    def advance(self, seconds: float) -> None:
        self.now += seconds

    def disable_user(self) -> None:
        self.is_disabled = True

    def enable_user(self) -> None:
        self.is_disabled = False

    def restart_store(self) -> None:
        """Its data is on disk."""

    def empty_store(self) -> None:
        self.store.clear()

    def save_store(self) -> None:
        self.saved = deepcopy(self.store)

    def roll_back_store(self) -> None:
        self.store = deepcopy(self.saved)

    def pause_store(self) -> None:
        self.is_paused = True

    def resume_store(self) -> None:
        self.is_paused = False
