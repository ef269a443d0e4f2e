"""All scenarios in their groups, in the order of the page."""

from webapp.core.text import N_

from .everyday import EXPIRED_TOKEN, FIVE_TABS, FORM, LOST_RESPONSE, TWENTY_REQUESTS
from .logout import KEY_WITHDRAWN, LOGOUT_DURING_REFRESH, LOGOUT_ELSEWHERE
from .outages import SCENARIOS as OUTAGES
from .scenario import Choice, Scenario
from .theft import FIRST, FORGED, REPLAY

GROUPS: dict[str, tuple[Scenario, ...]] = {
    N_("Expiry and the network"): (EXPIRED_TOKEN, FORM, LOST_RESPONSE),
    N_("Races"): (TWENTY_REQUESTS, FIVE_TABS),
    N_("Theft"): (REPLAY, FIRST, KEY_WITHDRAWN, FORGED),
    N_("Stores"): OUTAGES,
    N_("Signing out"): (LOGOUT_DURING_REFRESH, LOGOUT_ELSEWHERE),
}
ALL: dict[str, Scenario] = {
    scenario.slug: scenario for group in GROUPS.values() for scenario in group
}

__all__ = ["ALL", "GROUPS", "Choice", "Scenario"]
