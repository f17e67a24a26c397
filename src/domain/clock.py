"""The time, as a port."""

from datetime import datetime, timedelta
from typing import Protocol

CLOCK_LEEWAY = timedelta(seconds=60)
"""How far the clocks of two machines may differ."""

CLOCK_FAULT = timedelta(hours=24)
"""How wrong one may be for a while, without anything coming back that was ended meanwhile."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
