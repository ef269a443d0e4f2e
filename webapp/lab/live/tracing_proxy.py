"""Stores that are watched: what they are asked and answer is noted while somebody looks on."""

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any, TypeVar, cast

from webapp.core.errors import Unavailable
from webapp.core.ports import GenerationResult, Outcome
from webapp.lab.diagram.steps import Lane, Result

from .exchanges import Trace, current

Store = TypeVar("Store")

# Call → how it stands on the arrow.
LABELS: dict[str, str] = {
    "start": "note generation 0",
    "redeem": "redeem {gen}",
    "confirm": "alive? {gen} has arrived",
    "last_seen": "when last seen?",
    "write_tombstone": "put up a tombstone",
    "find": "who, and still open?",
    "open": "open a session",
    "restore": "write the row again",
    "open_sessions": "which are open?",
    "record_reauthentication": "note the proof",
    "close": "end the session",
}
NAMES: dict[str, tuple[str, ...]] = {
    "redeem": ("sid", "gen"),
    "confirm": ("sid", "gen"),
    "start": ("sid",),
    "write_tombstone": ("sid", "reason"),
    "find": ("user", "sid"),
    "close": ("sid", "reason"),
}
# What may be shown. A password's hash is an argument, too.
SHOWN = {"sid", "gen", "now", "grace", "browser", "ttl", "reason", "user"}
MEANING: dict[str, str] = {
    "redeem": "redeem.lua: one atomic step decides what this generation may still do",
    "confirm": "confirm.lua: is the session alive? The newest generation has reached its browser",
    "find": "user and session, in one query",
}
REFUSING = {Outcome.REUSED, Outcome.ENDED}


def traced(store: Store, lane: Lane) -> Store:
    return cast(Store, TracingProxy(store, lane))


class TracingProxy:
    """Passes on every call; costs others no more than that."""

    def __init__(self, store: object, lane: Lane) -> None:
        self._store = store
        self._lane = lane

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._store, name)
        notes = current.get()
        return call if notes is None else _around(notes, self._lane, name, call)


def _around(notes: Trace, lane: Lane, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def noted(*args: Any, **named: Any) -> Any:
        asked = dict(zip(NAMES.get(name, ()), args, strict=False)) | named
        words = LABELS.get(name, name.replace("_", " ")).format_map(_Shown(asked))
        notes.arrow("app", lane, words, details=_details(name, asked))
        began = perf_counter()
        try:
            found = call(*args, **named)
        except Unavailable:
            notes.arrow(lane, "app", "no answer", "outage", _ms(began))
            raise
        except Exception as error:
            notes.arrow(lane, "app", str(error), "refused", _ms(began))
            raise
        notes.arrow(lane, "app", *describe_result(found), _ms(began))
        return found

    return noted


def describe_result(found: object) -> tuple[str, Result]:
    """An answer, as it stands on the arrow."""
    if isinstance(found, GenerationResult):
        return _redis_details(found)
    if not isinstance(found, tuple):
        return "done", "plain"
    user, session = found
    if user is None:
        return "no such user", "refused"
    if session is None:
        return "no such session", "plain"
    if session.ended_reason:
        return f"ended: {session.ended_reason}", "refused"
    return "open", "good"


def _redis_details(answer: GenerationResult) -> tuple[str, Result]:
    if answer.outcome in REFUSING:
        return f"{answer.outcome}: {answer.reason}", "refused"
    words = {
        Outcome.ROTATED: f"rotated to {answer.gen}",
        Outcome.REPEATED: f"repeated: {answer.gen} again",
        Outcome.HEALED: f"healed at {answer.gen}",
        Outcome.MISSING: "nothing there",
    }
    return words.get(answer.outcome, str(answer.outcome)), (
        "plain" if answer.outcome is Outcome.MISSING else "good"
    )


def _details(name: str, asked: Mapping[str, Any]) -> dict[str, str]:
    meaning = {"what": MEANING[name]} if name in MEANING else {}
    return meaning | {key: str(value) for key, value in asked.items() if key in SHOWN}


def _ms(began: float) -> float:
    return round((perf_counter() - began) * 1000, 2)


class _Shown(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"
