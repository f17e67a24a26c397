"""Throttles in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.sql.database import Database
from adapters.sql.schema import throttles
from domain.throttling import Throttle

_FIND = select(throttles).where(throttles.c.subject.in_(bindparam("subjects", expanding=True)))
# SQLite understands the same words. How many rows were inserted is not kept unless it is asked for.
_ADD = insert(throttles).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
_REPLACE = (
    update(throttles)
    .where(
        throttles.c.subject == bindparam("seen_subject"),
        throttles.c.failures == bindparam("seen_failures"),
        throttles.c.recent == bindparam("seen_recent"),
        throttles.c.ends_at == bindparam("seen_ends_at"),
    )
    .values({column.name: bindparam(f"new_{column.name}") for column in throttles.columns})
)
_REMOVE = delete(throttles).where(throttles.c.subject == bindparam("seen_subject"))


class SqlThrottleRepository:
    """The table of throttles."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, subjects: Sequence[str]) -> Mapping[str, Throttle]:
        with self._database.connection() as connection:
            rows = connection.execute(_FIND, {"subjects": subjects}).mappings()
            return {row["subject"]: Throttle(**row) for row in rows}

    def add(self, throttle: Throttle) -> bool:
        with self._database.connection() as connection:
            return connection.execute(_ADD, asdict(throttle)).rowcount == 1

    def replace(self, seen: Throttle, new: Throttle) -> bool:
        values = {f"new_{name}": value for name, value in asdict(new).items()} | {
            "seen_subject": seen.subject,
            "seen_failures": seen.failures,
            "seen_recent": seen.recent,
            "seen_ends_at": seen.ends_at,
        }
        with self._database.connection() as connection:
            return connection.execute(_REPLACE, values).rowcount == 1

    def remove(self, subject: str) -> bool:
        with self._database.connection() as connection:
            return connection.execute(_REMOVE, {"seen_subject": subject}).rowcount == 1
