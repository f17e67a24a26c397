"""Copies of an SQLite database, by its own backup API (https://sqlite.org/backup.html)."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from sqlalchemy import delete, inspect, update

from adapters.sql import migration
from adapters.sql.database import Database
from adapters.sql.migration import SchemaState
from adapters.sql.schema import feed, metadata, revocations, sessions, signing_keys
from domain.backups import BackupFailed, NotABackup, SchemaIsNewer
from domain.unit_of_work import StorageUnavailable

PATIENCE = 60.0
"""Seconds to wait for other writers."""

_HEADER = b"SQLite format 3\0"


class SqliteCopies:
    """Copies of this database's file."""

    def __init__(self, database: Database) -> None:
        self._file = Path(database.url.database or "")

    def write(self, draft: Path) -> None:
        with _told_failures(), _opened(self._file) as source, _opened(draft) as target:
            source.backup(target, progress=_limit())
            # A file of its own, with nothing beside it.
            target.execute("PRAGMA journal_mode=DELETE")

    def replace(self, file: Path, *, keys_version: int) -> None:
        if not _begins_like_a_database(file):
            raise NotABackup
        # Beside the database, where there is room for it, and nobody else may look.
        with TemporaryDirectory(dir=self._file.parent, prefix=".restore-") as directory:
            draft = Path(directory) / "draft.sqlite"
            shutil.copyfile(file, draft)
            _make_ready(draft, keys_version)
            # One transaction of the database's own, which servers that run notice; a file that is
            # put in its place would meet what still lies in the log beside the former one.
            with _told_failures(), _opened(draft) as source, _opened(self._file) as target:
                source.backup(target, progress=_limit())


def _begins_like_a_database(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(_HEADER)) == _HEADER


def _make_ready(draft: Path, keys_version: int) -> None:
    database = Database(f"sqlite:///{draft}")
    try:
        _require_backup(database)
        migration.upgrade(database)
        with database.transaction(), database.connection() as connection:
            for table in (sessions, revocations, signing_keys):
                connection.execute(delete(table))
            connection.execute(update(feed).values(keys_version=keys_version))
    except StorageUnavailable as error:
        raise NotABackup from error
    finally:
        database.dispose()


def _require_backup(database: Database) -> None:
    with database.connection() as connection:
        if connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() != "ok":
            raise NotABackup
        names = set(inspect(connection).get_table_names())
    state = migration.state(database)
    if state is SchemaState.NEWER:
        raise SchemaIsNewer
    # What the first release had, and every one since.
    if state is SchemaState.UNKNOWN or not {"users", "signing_keys", "alembic_version"} <= names:
        raise NotABackup
    if state is SchemaState.CURRENT and not metadata.tables.keys() <= names:
        raise NotABackup


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        yield connection


@contextmanager
def _told_failures() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, TimeoutError) as error:
        raise BackupFailed(getattr(error, "sqlite_errorname", None) or str(error)) from error


def _limit() -> Callable[[int, int, int], None]:
    last = monotonic() + PATIENCE

    def check(_status: int, _remaining: int, _total: int) -> None:
        # Called each time that the database was busy as well, for which the driver has no limit.
        if monotonic() > last:
            raise TimeoutError("the database is busy")

    return check
