"""Storage in memory, with units of work that are kept whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from itertools import count
from threading import Lock
from typing import Any

Rows = dict[Any, Any]
Tables = dict[str, Rows]


class Storage:
    """What repositories share. `transaction` is the unit of work.

    A unit of work changes a copy that takes the place of the original on leaving; whoever is
    outside sees nothing of it before. One lock lets a single writer in at a time. Rows are frozen,
    so that a copy of the tables is a copy of everything.
    """

    def __init__(self) -> None:
        self._committed: Tables = {}
        self._open: ContextVar[Tables | None] = ContextVar("open", default=None)
        self._writing = Lock()
        self._ids = count(1)

    @property
    def is_open(self) -> bool:
        """Whether the caller is inside a unit of work."""
        return self._open.get() is not None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits on leaving, rolls back on an exception. Raises RuntimeError inside another."""
        if self.is_open:
            raise RuntimeError("A unit of work is open already; do both writes in that one.")
        with self._writing:
            working = {name: dict(rows) for name, rows in self._committed.items()}
            token = self._open.set(working)
            try:
                yield
                self._committed = working
            finally:
                self._open.reset(token)

    def rows(self, table: str) -> Rows:
        """The table as the caller may see it; not to be written to."""
        return self.tables().get(table, {})

    def tables(self) -> Tables:
        """All tables at one moment, as the caller may see them; not to be written to."""
        tables = self._open.get()
        return self._committed if tables is None else tables

    @contextmanager
    def changing(self, table: str) -> Iterator[Rows]:
        """The table to write to, in the open unit of work or in one of its own."""
        tables = self._open.get()
        if tables is None:
            with self.transaction(), self.changing(table) as rows:
                yield rows
            return
        yield tables.setdefault(table, {})

    def new_id(self) -> int:
        """An id that was never given before, not even to what was rolled back."""
        return next(self._ids)


def in_utc(moment: datetime) -> datetime:
    """The moment as storage keeps it. Raises ValueError for one without a zone."""
    if moment.tzinfo is None:
        raise ValueError("A moment needs a time zone; take it from the clock port.")
    return moment.astimezone(UTC)
