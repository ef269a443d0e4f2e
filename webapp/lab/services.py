"""What the lab needs of the outside, if there is a lab."""

from dataclasses import dataclass

from .live.exchanges import ExchangeLog
from .sandbox.fault_injection import Inspectable


@dataclass(frozen=True)
class LabServices:
    exchanges: ExchangeLog
    entries: Inspectable
    """Where sandboxes keep theirs: on the real Redis, under names of their own."""
