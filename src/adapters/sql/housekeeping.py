"""What comes to an end in the database."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, bindparam, delete, or_, select, tuple_, update
from sqlalchemy.sql.dml import ReturningDelete

from adapters.sql.database import Database
from adapters.sql.schema import (
    authorization_codes,
    housekeeping,
    revocations,
    sessions,
    signing_keys,
    throttles,
)
from domain.throttling import NETWORK, STRANGER

_CLAIM = (
    update(housekeeping)
    .where(housekeeping.c.next_at <= bindparam("now"))
    .values(next_at=bindparam("next"))
)


def _remove(
    key: Sequence[Column[Any]], expiry: Column[datetime], *conditions: ColumnElement[bool]
) -> ReturningDelete[Any]:
    expired = (
        select(*key)
        .where(expiry < bindparam("before"), *conditions)
        .limit(bindparam("limit"))
        # Whoever holds a row has taken it in another order than this would.
        .with_for_update(skip_locked=True)
        # A plain subquery may be run again for each row, and finds others each time.
        .cte("expired")
    )
    removal = delete(expiry.table).where(tuple_(*key).in_(select(expired)))
    # SQLite's driver does not count the rows of a statement that begins like this.
    return removal.returning(expiry)


_REMOVALS = (
    _remove([authorization_codes.c.digest], authorization_codes.c.expires_at),
    _remove([sessions.c.id], sessions.c.idle_end),
    _remove([revocations.c.position, revocations.c.session_id], revocations.c.expires_at),
    _remove([signing_keys.c.kid], signing_keys.c.retire_at),
    _remove(
        [throttles.c.subject],
        throttles.c.ends_at,
        or_(*(throttles.c.subject.startswith(prefix) for prefix in (STRANGER, NETWORK))),
    ),
)


class SqlExpiringStorage:
    """The tables whose rows expire."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim_turn(self, *, interval: timedelta) -> datetime | None:
        now = self._database.now()
        with self._database.connection() as connection:
            result = connection.execute(_CLAIM, {"now": now, "next": now + interval})
        return now if result.rowcount == 1 else None

    def remove_expired(self, *, before: datetime, limit: int) -> int:
        removed = 0
        for statement in _REMOVALS:
            with self._database.connection() as connection:
                rows = connection.execute(statement, {"before": before, "limit": limit})
                removed += len(rows.all())
        return removed
