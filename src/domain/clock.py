"""The time, as a port."""

from datetime import datetime, timedelta
from typing import Protocol

CLOCK_LEEWAY = timedelta(seconds=60)
"""How far the clocks of two machines may differ."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...
