"""All checks, in the order of the reports."""

from ..check import Check
from . import basics, ends, lost_responses, parallel, stores, theft

GROUPS: dict[str, tuple[Check, ...]] = {
    "basics": basics.CHECKS,
    "parallel requests": parallel.CHECKS,
    "lost responses": lost_responses.CHECKS,
    "theft": theft.CHECKS,
    "ends": ends.CHECKS,
    "stores": stores.CHECKS,
}
ALL: tuple[Check, ...] = tuple(check for group in GROUPS.values() for check in group)

__all__ = ["ALL", "GROUPS"]
