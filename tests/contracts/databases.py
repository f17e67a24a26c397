"""Databases of the contracts' own: with the newest schema, and nothing in them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, text, update

from adapters.sql import database as databases
from adapters.sql.database import Database
from adapters.sql.migration import upgrade
from adapters.sql.schema import (
    audit_chain,
    audit_entries,
    clients,
    feed,
    housekeeping,
    revocations,
    sessions,
    signing_keys,
    throttles,
    users,
)
from tests.postgresql import PostgresServer

THREADS = 8

SPARE = 2
"""Connections beside those of the threads: for who looks on."""

PATIENCE = 60
"""Seconds for which a lock is waited for, since a machine may be slow."""

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
EMPTY_CHAIN = {
    "sequence": 0,
    "link": "",
    "seal": "",
    "checkpoint_sequence": 0,
    "checkpoint_link": "",
    "checkpoint_seal": "",
}


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """The database at this address, for threads that wait for each other as long as it takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(databases, "BUSY_TIMEOUT", PATIENCE)
        patch.setattr(databases, "STATEMENT_TIMEOUT", PATIENCE)
        database = Database(url, pool_size=THREADS + SPARE)
    try:
        yield database
    finally:
        database.dispose()


def reset(database: Database) -> None:
    """Empties every table, and counts from the start again."""
    with database.transaction(), database.connection() as connection:
        # Codes and consents go with their users and clients.
        for table in (
            revocations,
            sessions,
            users,
            clients,
            signing_keys,
            throttles,
            audit_entries,
        ):
            connection.execute(delete(table))
        connection.execute(update(feed).values(position=0, keys_version=0))
        connection.execute(update(housekeeping).values(next_at=LONG_AGO))
        connection.execute(update(audit_chain).values(EMPTY_CHAIN))
        counted_anew = (
            "DELETE FROM sqlite_sequence"
            if database.is_embedded
            else "ALTER SEQUENCE users_id_seq RESTART"
        )
        connection.execute(text(counted_anew))


class SqliteFiles:
    """Copies of one prepared file."""

    def __init__(self, prepared: Path) -> None:
        self._prepared = prepared
        with opened(f"sqlite:///{prepared}") as database:
            upgrade(database)

    @contextmanager
    def lent(self, directory: Path) -> Iterator[Database]:
        file = directory / "varvel.sqlite"
        shutil.copyfile(self._prepared, file)
        with opened(f"sqlite:///{file}") as database:
            yield database


class PostgresDatabases:
    """Used again and again, and emptied in between: much quicker than new ones."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._idle: list[str] = []

    @contextmanager
    def lent(self) -> Iterator[Database]:
        url = self._idle.pop() if self._idle else self._new()
        with opened(url) as database:
            yield database
            reset(database)
        self._idle.append(url)

    def _new(self) -> str:
        url = self._server.create_database()
        with opened(url) as database:
            upgrade(database)
        return url
