"""Removing what has expired, a little at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.clock import CLOCK_FAULT

INTERVAL = timedelta(minutes=1)
"""How often it is somebody's turn, over all processes together."""

MARGIN = CLOCK_FAULT
"""How long what has expired is kept, whatever the clocks of the machines say."""

BATCH = 500
"""Rows of each kind that one unit of work removes."""

MAXIMUM_BATCHES = 20
"""How many a turn has; what is left waits for the next."""


class ExpiringStorage(Protocol):
    """The storage, as far as things in it expire. Moments are by the storage's own clock."""

    def claim_turn(self, *, interval: timedelta) -> datetime | None:
        """The present moment for the one caller in an interval whose turn it is, else None."""

    def remove_expired(self, *, before: datetime, limit: int) -> int:
        """Removes up to so many rows of each kind that expired before then; says how many."""


@dataclass(frozen=True, slots=True)
class RemoveExpired:
    """Takes its turn at removing what has expired."""

    storage: ExpiringStorage

    def __call__(self) -> int:
        """How many rows were removed; none when the turn is another process's."""
        now = self.storage.claim_turn(interval=INTERVAL)
        removed = 0
        if now is None:
            return removed
        for _ in range(MAXIMUM_BATCHES):
            batch = self.storage.remove_expired(before=now - MARGIN, limit=BATCH)
            removed += batch
            if batch == 0:
                break
        return removed
