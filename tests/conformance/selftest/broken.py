"""Servers that break one rule each, and the names of the checks that have to fail."""

import threading
from dataclasses import replace
from secrets import token_hex

from tests.conformance import Refused, Tokens, Unavailable

from .model import ModelServer, Record


class DeadAccess(ModelServer):
    """The access token of a refresh is no good."""

    fails = ("refresh_works", "two_tabs", "thief_access_ends", "logout_ends_access")

    def issue(self, sid: str, generation: int) -> Tokens:
        tokens = super().issue(sid, generation)
        return replace(tokens, access="bad") if generation else tokens


class SameToken(ModelServer):
    """A refresh gives the same refresh token again."""

    fails = ("refresh_token_rotates",)

    def redeem(self, sid: str, presented: int) -> int:
        return presented


class Storable(ModelServer):
    """The response may be stored."""

    fails = ("response_is_not_stored",)
    headers = {"cache-control": "private"}  # noqa: RUF012


class OpenCookie(ModelServer):
    """Scripts can read the cookie."""

    fails = ("cookie_is_protected",)
    cookie = "refresh=secret; SameSite=Lax"


class CrossSiteCookie(ModelServer):
    """Other sites can send the cookie."""

    fails = ("cookie_is_protected",)
    cookie = "refresh=secret; HttpOnly; SameSite=None; Secure"


class UnclearError(ModelServer):
    """A made-up token is a server error."""

    fails = ("forged_tokens_are_refused",)

    def verified(self, token: str, count: int) -> list[str]:
        try:
            return super().verified(token, count)
        except Refused:
            raise Unavailable("500") from None


class Unsigned(ModelServer):
    """The signature is not verified."""

    fails = ("forged_tokens_are_refused",)

    def verified(self, token: str, count: int) -> list[str]:
        parts = token.split("~")[:count]
        if len(parts) != count or parts[0] not in self.disk:
            raise Refused("401 invalid_grant")
        return parts


class OnlyOnce(ModelServer):
    """A refresh token is accepted once, and a repeat is refused."""

    fails = (
        "twenty_at_once",
        "two_tabs",
        "responses_overtake",
        "lost_response",
        "lost_response_after_an_hour",
        "three_lost_responses",
    )

    def redeem(self, sid: str, presented: int) -> int:
        if presented == self.record(sid).used:
            raise Refused("401 used")
        return super().redeem(sid, presented)


class ShortMemory(ModelServer):
    """A repeat is granted for ten seconds, and is taken for theft after that."""

    fails = ("lost_response_after_an_hour",)

    def redeem(self, sid: str, presented: int) -> int:
        record = self.record(sid)
        if presented == record.used and self.now - record.used_at > 10:
            self.on_reuse(sid)
            raise Refused("401 reuse")
        return super().redeem(sid, presented)


class OneRepeat(ModelServer):
    """A token is repeated once, not more often."""

    fails = ("twenty_at_once", "three_lost_responses")

    def __init__(self) -> None:
        super().__init__()
        self.repeats: dict[tuple[str, int], int] = {}

    def redeem(self, sid: str, presented: int) -> int:
        count = self.repeats[sid, presented] = self.repeats.get((sid, presented), 0) + 1
        if count > 2:
            raise Refused("401 used")
        return super().redeem(sid, presented)


class NoLateTabs(ModelServer):
    """The older token is over as soon as a client has used the newer access token."""

    fails = ("two_tabs",)

    def on_call(self, sid: str, generation: int) -> None:
        self.seen = (sid, generation)

    def redeem(self, sid: str, presented: int) -> int:
        if getattr(self, "seen", None) == (sid, presented + 1):
            raise Refused("401 used")
        return super().redeem(sid, presented)


class SecondOfTwo(ModelServer):
    """Two requests at once get two successors, and only the later one is good."""

    fails = ("responses_overtake",)

    def __init__(self) -> None:
        super().__init__()
        self.issued: dict[tuple[str, int], list[str]] = {}

    def refresh(self, tokens: Tokens) -> Tokens:
        with self.lock:
            sid, generation = self.read(tokens.refresh)
            twins = self.issued.get((sid, generation), [])
            if len(twins) == 2 and tokens.refresh == twins[0]:
                raise Refused("401 replaced")
            new = super().refresh(tokens)
            each = self.issued.setdefault((sid, generation + 1), [])
            each.append(f"{new.refresh}#{len(each)}")
            return replace(new, refresh=each[-1])

    def read(self, refresh: str) -> tuple[str, int]:
        return super().read(refresh.partition("#")[0])


class TwoSessions(ModelServer):
    """Each repeat starts a session of its own, with the same end."""

    fails = ("no_second_session",)

    def refresh(self, tokens: Tokens) -> Tokens:
        with self.lock:
            sid, generation = self.read(tokens.refresh)
            if generation != self.record(sid).used:
                return super().refresh(tokens)
            self.require_open(sid)
            line = token_hex(4)
            self.disk[line] = self.disk[sid]
            return self.issue(line, 0)


class ReusableTokens(ModelServer):
    """Old tokens work for ever."""

    fails = ("replay_after_use", "thief_first", "thief_access_ends")

    def redeem(self, sid: str, presented: int) -> int:
        record = self.record(sid)
        record.used = max(record.used, presented)
        return record.used + 1


class SilentReuse(ModelServer):
    """Reuse is refused, and nothing else happens."""

    fails = ("replay_after_use", "thief_first", "thief_access_ends")

    def on_reuse(self, sid: str) -> None:
        pass


class ThiefReadsOn(ModelServer):
    """Reuse ends the refresh tokens alone."""

    fails = ("thief_access_ends",)

    def on_reuse(self, sid: str) -> None:
        self.disk[sid].has_ended = True


class ReuseEndsAll(ModelServer):
    """Reuse ends all sessions of the user."""

    fails = ("theft_spares_other_sessions",)

    def on_reuse(self, sid: str) -> None:
        for each in self.disk:
            self.end(each)


class NoLogout(ModelServer):
    """The logout ends nothing: it is left to the client to forget."""

    fails = (
        "logout_ends_refresh",
        "logout_ends_access",
        "logout_with_older_token",
        "logout_during_refresh",
        "emptied_store_keeps_logouts",
        "rollback_keeps_logouts",
    )

    def logout(self, tokens: Tokens) -> None:
        pass


class LogoutKeepsAccess(ModelServer):
    """The logout ends the refresh tokens alone."""

    fails = ("logout_ends_access",)

    def logout(self, tokens: Tokens) -> None:
        self.disk[self.read(tokens.refresh)[0]].has_ended = True


class LogoutOfOneToken(ModelServer):
    """The logout ends the token that it gets, and no newer one."""

    fails = ("logout_with_older_token", "logout_during_refresh")

    def __init__(self) -> None:
        super().__init__()
        self.in_race = False
        self.refreshed = threading.Event()
        self.ended: set[str] = set()

    def refresh(self, tokens: Tokens) -> Tokens:
        if tokens.refresh in self.ended:
            raise Refused("401 ended")
        new = super().refresh(tokens)
        self.refreshed.set()
        return new

    def logout(self, tokens: Tokens) -> None:
        if self.in_race:
            self.refreshed.wait()
        self.ended.add(tokens.refresh)
        self.disk[self.read(tokens.refresh)[0]].access_ended = True


class LogoutComesUndone(ModelServer):
    """A refresh that began before the logout writes the session anew."""

    fails = ("logout_during_refresh",)

    def __init__(self) -> None:
        super().__init__()
        self.in_race = False
        self.waiting: dict[str, threading.Event] = {}
        self.logouts: dict[str, threading.Event] = {}

    def login(self) -> Tokens:
        tokens = super().login()
        sid, _ = self.read(tokens.refresh)
        self.waiting[sid] = self.logouts[sid] = threading.Event()
        return tokens

    def refresh(self, tokens: Tokens) -> Tokens:
        sid, generation = self.read(tokens.refresh)
        # Only the first refresh of each session has begun before the logout.
        logout = self.waiting.pop(sid, None) if self.in_race else None
        if not logout:
            return super().refresh(tokens)
        logout.wait()
        self.disk[sid].has_ended = False
        return self.issue(sid, generation + 1)

    def logout(self, tokens: Tokens) -> None:
        super().logout(tokens)
        self.logouts[self.read(tokens.refresh)[0]].set()


class LogoutEndsAll(ModelServer):
    """The logout ends all sessions of the user."""

    fails = ("logout_spares_other_sessions",)

    def logout(self, tokens: Tokens) -> None:
        for each in self.disk:
            self.end(each)


class DisabledRefresh(ModelServer):
    """A disabled account gets new tokens."""

    fails = ("disabled_user",)

    def require_open(self, sid: str) -> None:
        disabled, self.is_disabled = self.is_disabled, False
        super().require_open(sid)
        self.is_disabled = disabled


class DisabledAccess(ModelServer):
    """A disabled account's access token works until it expires."""

    fails = ("disabled_user_access",)

    def call(self, tokens: Tokens) -> None:
        disabled, self.is_disabled = self.is_disabled, False
        super().call(tokens)
        self.is_disabled = disabled


class NoLimit(ModelServer):
    """A session that is used never ends."""

    fails = ("absolute_limit",)

    def require_open(self, sid: str) -> None:
        if sid in self.disk:
            self.disk[sid].began = self.now
        super().require_open(sid)


class OutageSignsOut(ModelServer):
    """While the store is away, all tokens look wrong."""

    fails = ("outage_is_no_logout",)

    def require_store(self) -> None:
        if self.is_paused:
            raise Refused("401 invalid_grant")


class OutageEnds(ModelServer):
    """A refresh in an outage is refused for good."""

    fails = ("outage_is_no_logout",)

    def refresh(self, tokens: Tokens) -> Tokens:
        if self.is_paused:
            self.end(self.read(tokens.refresh)[0])
        return super().refresh(tokens)


class InMemory(ModelServer):
    """A restart forgets all sessions."""

    fails = ("restart_keeps_sessions",)

    def restart_store(self) -> None:
        self.disk.clear()


class NeedsRecord(ModelServer):
    """A session without a record in the store is refused."""

    fails = ("emptied_store_keeps_sessions",)

    def record(self, sid: str) -> Record:
        if sid not in self.store:
            raise Refused("401 unknown")
        return super().record(sid)


class NoNewerTokens(ModelServer):
    """A token that is newer than the record is refused."""

    fails = ("rollback_keeps_sessions",)

    def redeem(self, sid: str, presented: int) -> int:
        if sid in self.store and presented > self.store[sid].used + 1:
            raise Refused("401 unknown")
        return super().redeem(sid, presented)


class EndsInStore(ModelServer):
    """Which sessions have ended is in the store alone."""

    fails = ("emptied_store_keeps_logouts", "rollback_keeps_logouts")

    def end(self, sid: str) -> None:
        self.store[sid] = Record(has_ended=True)
        self.disk[sid].access_ended = True

    def require_open(self, sid: str) -> None:
        super().require_open(sid)
        if self.record(sid).has_ended:
            raise Refused("401 ended")


BROKEN: tuple[type[ModelServer], ...] = tuple(ModelServer.__subclasses__())
