"""Each broken rule is found by its checks and by no others."""

import pytest

from tests.conformance import ALL, Adapter, Outcome, Result, Tokens
from tests.conformance.check import Check
from tests.conformance.run import carry_out

from .broken import BROKEN, LogoutComesUndone, LogoutOfOneToken
from .conftest import FakeTime
from .model import ModelServer

NAMES = [each.name for each in ALL]
# All that an adapter may leave out.
OPERATIONS = (
    *("call", "logout", "disable_user", "enable_user", "advance", "restart_store", "empty_store"),
    *("save_store", "roll_back_store", "pause_store", "resume_store"),
)


def results(server_class: type[ModelServer]) -> dict[str, Result]:
    return {each.name: result(each, server_class()) for each in ALL}


def result(check: Check, server: ModelServer) -> Result:
    if isinstance(server, (LogoutComesUndone, LogoutOfOneToken)):
        server.in_race = check.name == "logout_during_refresh"
    return carry_out(check, server)


def test_a_right_server_passes_all() -> None:
    assert {name: each.seen for name, each in results(ModelServer).items() if each.seen} == {}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: each.__name__)
def test_a_broken_rule_fails_its_checks_and_no_others(broken: type[ModelServer]) -> None:
    found = results(broken)
    failed = {name for name, each in found.items() if each.outcome is Outcome.FAILED}
    assert failed == set(broken.fails)
    assert not [each for each in found.values() if each.outcome is Outcome.ERROR]


def test_each_check_is_failed_by_a_broken_server() -> None:
    assert {name for each in BROKEN for name in each.fails} == set(NAMES)


@pytest.mark.parametrize("check", ALL, ids=NAMES)
def test_without_its_operation_a_check_is_not_applicable(check: Check) -> None:
    server = ModelServer()
    for name in OPERATIONS:
        setattr(server, name, getattr(Adapter(), name))
    outcome = carry_out(check, server, patience=0).outcome
    assert outcome in (Outcome.PASSED, Outcome.NOT_APPLICABLE)


@pytest.mark.parametrize(("late", "outcome"), [(0.9, Outcome.PASSED), (2, Outcome.FAILED)])
def test_an_access_token_has_a_second_to_end(
    late: float, outcome: Outcome, fake_time: FakeTime
) -> None:
    class EndsLater(ModelServer):
        ended_at: float | None = None

        def end(self, sid: str) -> None:
            super().end(sid)
            self.ended_at = fake_time.monotonic()

        def call(self, tokens: Tokens) -> None:
            if self.ended_at is None or fake_time.monotonic() >= self.ended_at + late:
                super().call(tokens)

    [check] = [each for each in ALL if each.name == "logout_ends_access"]
    assert carry_out(check, EndsLater()).outcome is outcome
