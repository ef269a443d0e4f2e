"""Tracing proxy around a store: records each call and its result for browsers with the lab open."""

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any, TypeVar, cast

from webapp.core.errors import Unavailable
from webapp.core.ports import GenerationResult
from webapp.core.text import N_, Message
from webapp.lab.diagram.results import describe_generation
from webapp.lab.diagram.steps import Lane, Result

from .exchanges import Trace, current

Store = TypeVar("Store")

# Method → label of the arrow.
LABELS: dict[str, str] = {
    "start": N_("store generation 0"),
    "redeem": N_("redeem {gen}"),
    "confirm": N_("open? confirm {gen}"),
    "last_seen": N_("last activity?"),
    "write_tombstone": N_("write a tombstone: {reason}"),
    "find": N_("user, and is the session open?"),
    "open": N_("open a session"),
    "restore": N_("restore the row"),
    "open_sessions": N_("open sessions?"),
    "record_reauthentication": N_("record the re-authentication"),
    "close": N_("end the session: {reason}"),
}
NAMES: dict[str, tuple[str, ...]] = {
    "redeem": ("sid", "gen"),
    "confirm": ("sid", "gen"),
    "start": ("sid",),
    "write_tombstone": ("sid", "reason"),
    "find": ("user", "sid"),
    "close": ("sid", "reason"),
}
# Arguments that may be shown: a password hash is an argument of some methods.
VISIBLE_ARGUMENTS = {"sid", "gen", "now", "grace", "browser", "ttl", "reason", "user"}
MEANING: dict[str, str] = {
    "redeem": N_("redeem.lua: one atomic script decides the outcome for this generation"),
    "confirm": N_("confirm.lua: is the session open? Marks the newest generation as received"),
    "find": N_("user and session, in one query"),
}


def traced(store: Store, lane: Lane) -> Store:
    return cast(Store, TracingProxy(store, lane))


class TracingProxy:
    """Forwards every call; records it only during a traced request."""

    def __init__(self, store: object, lane: Lane) -> None:
        self._store = store
        self._lane = lane

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._store, name)
        trace = current.get()
        return call if trace is None else _around(trace, self._lane, name, call)


def _around(trace: Trace, lane: Lane, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(*args: Any, **named: Any) -> Any:
        arguments = dict(zip(NAMES.get(name, ()), args, strict=False)) | named
        label = LABELS.get(name, name.replace("_", " "))
        facts = {name: arguments.get(name, "?") for name in ("gen", "reason")}
        words = Message(label, **facts)
        trace.arrow("app", lane, words, details=_details(name, arguments))
        began = perf_counter()
        try:
            result = call(*args, **named)
        except Unavailable:
            trace.arrow(lane, "app", N_("no response"), "outage", _ms(began))
            raise
        except Exception as error:
            trace.arrow(lane, "app", str(error), "refused", _ms(began))
            raise
        trace.arrow(lane, "app", *describe_result(result), _ms(began))
        return result

    return recorded


def describe_result(result: object) -> tuple[str, Result]:
    """The label of an arrow for the result of a call."""
    if isinstance(result, GenerationResult):
        return describe_generation(result)
    if not isinstance(result, tuple):
        return N_("done"), "plain"
    user, session = result
    if user is None:
        return N_("no such user"), "refused"
    if session is None:
        return N_("no such session"), "plain"
    if session.ended_reason:
        return Message("ended: {reason}", reason=session.ended_reason), "refused"
    return N_("open"), "good"


def _details(name: str, arguments: Mapping[str, Any]) -> dict[str, str]:
    meaning = {N_("what"): MEANING[name]} if name in MEANING else {}
    return meaning | {
        key: str(value) for key, value in arguments.items() if key in VISIBLE_ARGUMENTS
    }


def _ms(began: float) -> float:
    return round((perf_counter() - began) * 1000, 2)
