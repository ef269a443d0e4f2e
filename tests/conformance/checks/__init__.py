"""All checks, in the order of the reports."""

from ..check import Check
from . import basics, ends, lost_responses, parallel, stores, theft

ALL: tuple[Check, ...] = (
    *basics.CHECKS,
    *parallel.CHECKS,
    *lost_responses.CHECKS,
    *theft.CHECKS,
    *ends.CHECKS,
    *stores.CHECKS,
)

__all__ = ["ALL"]
