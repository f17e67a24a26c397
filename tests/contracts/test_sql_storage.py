"""What databases promise beyond the ports: one refusal for every fault, and nothing kept."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import StatementError

from adapters.sql import database as databases
from adapters.sql.database import Database
from adapters.sql.migration import SchemaState, revision, state, upgrade
from adapters.sql.schema import HEAD
from adapters.sql.signing_keys import SqlSigningKeyRepository
from adapters.sql.users import SqlUserRepository
from domain.unit_of_work import StorageUnavailable
from tests.fakes.clock import START


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a lock that is not given back in this test."""
    monkeypatch.setattr(databases, "BUSY_TIMEOUT", 0.01)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "varvel.sqlite"


@pytest.fixture
def embedded(file: Path, impatient: None) -> Iterator[Database]:
    database = Database(f"sqlite:///{file}")
    upgrade(database)
    yield database
    database.dispose()


@pytest.fixture
def locked(embedded: Database, file: Path) -> Iterator[None]:
    with closing(sqlite3.connect(file, isolation_level=None)) as another_process:
        another_process.execute("BEGIN IMMEDIATE")
        yield


def add_user(database: Database) -> None:
    SqlUserRepository(database).add(
        name="miguel", canonical_name="miguel", password_hash="hash", created_at=START
    )


def test_a_migrated_database_is_current(database: Database) -> None:
    assert state(database) is SchemaState.CURRENT
    assert revision(database) == HEAD


def test_a_moment_without_a_zone_is_never_stored(database: Database) -> None:
    users = SqlUserRepository(database)

    with pytest.raises(StatementError, match="time zone"):
        users.add(
            name="miguel",
            canonical_name="miguel",
            password_hash="hash",
            created_at=START.replace(tzinfo=None),
        )

    assert users.find_by_name("miguel") is None


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)]
)
def test_every_connection_to_a_file_is_safe_from_power_cuts_and_checks_its_keys(
    embedded: Database, pragma: str, value: object
) -> None:
    with embedded.connection() as alone:
        found = alone.exec_driver_sql(f"PRAGMA {pragma}").scalar_one()
    with embedded.transaction(), embedded.connection() as inside:
        found_inside = inside.exec_driver_sql(f"PRAGMA {pragma}").scalar_one()

    assert [found, found_inside] == [value, value]


def test_a_unit_of_work_on_a_locked_database_is_refused(embedded: Database, locked: None) -> None:
    with pytest.raises(StorageUnavailable), embedded.transaction():
        add_user(embedded)


def test_a_write_alone_on_a_locked_database_is_refused(embedded: Database, locked: None) -> None:
    with pytest.raises(StorageUnavailable):
        add_user(embedded)


def test_a_locked_database_can_be_read(embedded: Database, locked: None) -> None:
    assert SqlUserRepository(embedded).find_by_name("miguel") is None


def test_a_database_serves_again_once_it_is_unlocked(embedded: Database, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as another_process:
        another_process.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable), embedded.transaction():
            add_user(embedded)

    with embedded.transaction():
        add_user(embedded)

    assert SqlUserRepository(embedded).find_by_name("miguel") is not None


def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    nowhere = Database(f"sqlite:///{tmp_path / 'nowhere' / 'varvel.sqlite'}")

    with pytest.raises(StorageUnavailable):
        SqlSigningKeyRepository(nowhere).list()
    with pytest.raises(StorageUnavailable):
        upgrade(nowhere)


def test_a_file_that_is_no_database_is_unavailable(file: Path) -> None:
    file.write_bytes(b"not a database, " * 100)
    broken = Database(f"sqlite:///{file}")

    with pytest.raises(StorageUnavailable), broken.transaction():
        add_user(broken)


def test_a_database_without_tables_is_unavailable(file: Path) -> None:
    empty = Database(f"sqlite:///{file}")

    with pytest.raises(StorageUnavailable):
        SqlUserRepository(empty).get(1)

    empty.dispose()


def test_no_fault_repeats_what_was_to_be_stored(embedded: Database, locked: None) -> None:
    with pytest.raises(StorageUnavailable) as caught:
        add_user(embedded)

    assert "miguel" not in f"{caught.value} {caught.value.__cause__}"


def test_no_connection_is_lost_to_units_that_fail(embedded: Database) -> None:
    for _ in range(20):
        with pytest.raises(KeyError), embedded.transaction():
            raise KeyError

    with embedded.transaction():
        add_user(embedded)
