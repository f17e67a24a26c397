"""Storage in memory whose rows expire."""

from collections.abc import Callable
from datetime import datetime, timedelta

from domain.clock import Clock
from domain.throttling import NETWORK, STRANGER, Throttle
from tests.fakes import authorization, revocations, sessions, signing_keys, throttling
from tests.fakes.unit_of_work import Storage

TURNS = "housekeeping"


def _end_of_throttle(throttle: Throttle) -> datetime | None:
    # An account's stays for as long as the account does.
    return throttle.ends_at if throttle.subject.startswith((STRANGER, NETWORK)) else None


EXPIRIES: dict[str, Callable[..., datetime | None]] = {
    authorization.TABLE: lambda code: code.expires_at,
    sessions.TABLE: lambda session: session.idle_end,
    revocations.TABLE: lambda revocation: revocation.expires_at,
    signing_keys.TABLE: lambda key: key.retire_at,
    throttling.TABLE: _end_of_throttle,
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
