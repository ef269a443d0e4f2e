"""Services that the container gives to the lab."""

from dataclasses import dataclass

from .live.exchanges import ExchangeLog
from .sandbox.fault_injection import Inspectable


@dataclass(frozen=True)
class LabServices:
    exchanges: ExchangeLog
    entries: Inspectable
    """Generations of sandbox sessions: on the real Redis, under a key prefix of their own."""
