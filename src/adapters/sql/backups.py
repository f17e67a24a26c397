"""Backups of a database: one file, written and put back as a whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from time import time_ns
from typing import Protocol

from sqlalchemy import func, inspect, select, update

from adapters.sql import migration
from adapters.sql.database import Database
from adapters.sql.migration import SchemaState
from adapters.sql.postgresql_backup import PostgresqlCopies
from adapters.sql.schema import feed, users
from adapters.sql.sqlite_backup import SqliteCopies
from domain.backups import BackupExists, BackupFailed, SchemaIsNewer


class _Copies(Protocol):
    def write(self, draft: Path) -> None: ...

    def replace(self, file: Path, *, keys_version: int) -> None: ...


class SqlBackups:
    """Backups of this database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._copies: _Copies = (
            SqliteCopies(database) if database.is_embedded else PostgresqlCopies(database)
        )

    def write(self, file: Path, *, replace: bool) -> None:
        if migration.state(self._database) is SchemaState.NEWER:
            # This program does not know all of the tables.
            raise SchemaIsNewer
        with _put_in_place(file, replace=replace) as draft:
            self._copies.write(draft)

    def restore(self, file: Path) -> None:
        if migration.state(self._database) is SchemaState.NEWER:
            raise SchemaIsNewer
        # A process loads its keys when this number is another one. It is counted in ones, so that
        # none has ever seen the microseconds.
        keys_version = time_ns() // 1000
        try:
            self._copies.replace(file, keys_version=keys_version)
        except OSError as error:
            raise BackupFailed(error.strerror or type(error).__name__) from error
        migration.upgrade(self._database)
        with self._database.connection() as connection:
            # Once more, for a schema in which there was no feed.
            connection.execute(update(feed).values(keys_version=keys_version))

    def count_users(self) -> int:
        with self._database.connection() as connection:
            if not inspect(connection).has_table(users.name):
                return 0
            return connection.execute(select(func.count()).select_from(users)).scalar_one()


@contextmanager
def _put_in_place(file: Path, *, replace: bool) -> Iterator[Path]:
    """A private draft beside the file, which takes its place when all of it is on the disk."""
    is_mine = False
    draft: Path | None = None
    try:
        if not replace:
            # Kept for us, so that nobody's file of this name is ever overwritten.
            file.touch(mode=0o600, exist_ok=False)
            is_mine = True
        descriptor, name = mkstemp(dir=file.parent, prefix=f".{file.name}.")
        os.close(descriptor)
        draft = Path(name)
        yield draft
        _sync(draft)
        draft.replace(file)
        is_mine = False
        _sync(file.parent)
    except FileExistsError as error:
        raise BackupExists from error
    except OSError as error:
        raise BackupFailed(error.strerror or type(error).__name__) from error
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)
        if is_mine:
            file.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
