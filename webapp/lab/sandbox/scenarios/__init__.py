"""All scenarios, in the order of the page."""

from .everyday import SCENARIOS as EVERYDAY
from .logout import KEY_WITHDRAWN, LOGOUT_DURING_REFRESH, LOGOUT_ELSEWHERE
from .outages import SCENARIOS as OUTAGES
from .scenario import Choice, Scenario
from .theft import FIRST, FORGED, REPLAY

ALL: dict[str, Scenario] = {
    scenario.slug: scenario
    for scenario in (
        *EVERYDAY,
        REPLAY,
        FIRST,
        *OUTAGES,
        LOGOUT_DURING_REFRESH,
        LOGOUT_ELSEWHERE,
        KEY_WITHDRAWN,
        FORGED,
    )
}

__all__ = ["ALL", "Choice", "Scenario"]
