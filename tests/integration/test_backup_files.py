"""Which files `varvel restore` takes, and in which schema their users come back."""

from pathlib import Path

import pytest
from falcon.testing import TestClient

from adapters.sql import migration
from adapters.sql.database import Database
from adapters.sql.postgresql_backup import PostgresqlCopies
from adapters.sql.schema import HEAD, metadata
from adapters.sql.sqlite_backup import SqliteCopies
from tests.integration.backups import OVER, elsewhere, file, programs, restore, running
from tests.integration.calls import (
    ask_token,
    log_in,
    resource,
    token,
)
from tests.integration.commands import refusal
from tests.integration.stores import Store

__all__ = ["elsewhere", "file", "programs", "running"]
"""Fixtures."""

NO_BACKUP = "This file is no whole backup of Varvel for this kind of database"
NEWER = "Its schema is newer than this program; use the release of Varvel that made it."


def copy(url: str, file: Path) -> None:
    """Copies a database as a backup does, whatever its schema is."""
    database = Database(url)
    try:
        (SqliteCopies if database.is_embedded else PostgresqlCopies)(database).write(file)
    finally:
        database.dispose()


def copy_at(store: Store, file: Path, revision: str) -> None:
    """Copies the database with another revision written on it."""
    store.execute("UPDATE alembic_version SET version_num = :revision", revision=revision)
    copy(store.url, file)
    store.execute("UPDATE alembic_version SET version_num = :revision", revision=HEAD)


@pytest.mark.parametrize("kind", ["text", "another kind", "another program's", "without users"])
def test_what_is_no_backup_of_this_kind_is_refused_and_changes_nothing(
    running: TestClient, store: Store, file: Path, elsewhere: Store, kind: str
) -> None:
    if kind == "text":
        file.write_text("Not a backup. " * 1000)
    elif kind == "another kind":
        file.write_bytes((b"PGDMP" if store.is_embedded else b"SQLite format 3\0") + bytes(9999))
    elif kind == "another program's":
        copy_at(store, file, "c0ffee")
    else:
        elsewhere.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        elsewhere.execute("INSERT INTO alembic_version VALUES (:head)", head=HEAD)
        if not store.is_embedded:
            # pg_dump wants to find what it is asked for.
            for table in metadata.tables:
                elsewhere.execute(f"CREATE TABLE IF NOT EXISTS {table} (id INTEGER)")
        copy(elsewhere.url, file)

    told = refusal(store.environment(), "restore", str(file), "--force")

    assert told.startswith((NO_BACKUP, "It failed, and the database is as it was"))
    assert log_in(running).status_code == 201


def test_a_newer_schema_is_neither_restored_nor_backed_up(
    running: TestClient, store: Store, file: Path
) -> None:
    copy_at(store, file, "9999")

    assert refusal(store.environment(), "restore", str(file), "--force") == NEWER

    assert log_in(running).status_code == 201
    store.execute("UPDATE alembic_version SET version_num = '9999'")
    assert refusal(store.environment(), "backup", str(file), "--force") == NEWER
    store.execute("UPDATE alembic_version SET version_num = :head", head=HEAD)


def test_a_backup_of_the_first_release_gets_the_newest_schema(
    running: TestClient, store: Store, file: Path, elsewhere: Store
) -> None:
    before = token(running)
    database = Database(elsewhere.url)
    migration.upgrade(database, to="0001")
    database.dispose()
    hashed = store.execute("SELECT password_hash FROM users")[0][0]
    elsewhere.execute(
        "INSERT INTO users (name, canonical_name, password_hash, created_at) "
        "VALUES ('susan', 'susan', :hashed, '2026-01-01 00:00:00.000000')",
        hashed=hashed,
    )
    copy(elsewhere.url, file)

    assert restore(store, file, "--force") == "Restored: 1 user.\n" + OVER

    assert resource(running, before, "x").status_code == 401
    assert log_in(running, "susan").status_code == 201
    assert ask_token(running).status_code == 401
