"""Storage in memory whose rows expire."""

from collections.abc import Callable
from datetime import datetime, timedelta

from domain.clock import Clock
from tests.fakes import revocations, sessions, signing_keys
from tests.fakes.unit_of_work import Storage

TURNS = "housekeeping"

EXPIRIES: dict[str, Callable[..., datetime | None]] = {
    sessions.TABLE: lambda session: session.idle_end,
    revocations.TABLE: lambda revocation: revocation.expires_at,
    signing_keys.TABLE: lambda key: key.retire_at,
}


class FakeExpiringStorage:
    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    def claim_turn(self, *, interval: timedelta) -> datetime | None:
        now = self._clock.now()
        with self._storage.changing(TURNS) as turns:
            if turns.get("next_at", now) > now:
                return None
            turns["next_at"] = now + interval
        return now

    def remove_expired(self, *, before: datetime, limit: int) -> int:
        removed = 0
        for table, expiry in EXPIRIES.items():
            with self._storage.changing(table) as rows:
                ends = {key: expiry(row) for key, row in rows.items()}
                expired = [key for key, end in ends.items() if end is not None and end < before]
                if table == sessions.TABLE:
                    sessions.forget(rows, expired[:limit])
                else:
                    for key in expired[:limit]:
                        del rows[key]
                removed += len(expired[:limit])
        return removed
