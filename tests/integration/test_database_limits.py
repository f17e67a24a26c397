"""What every connection waits for, and for how long, read back from live connections."""

import re

import pytest
from sqlalchemy import QueuePool, text
from sqlalchemy.exc import OperationalError

from adapters.sql import database as limits
from adapters.sql.database import Database
from domain.unit_of_work import StorageUnavailable
from entrypoints.bootstrap import build
from tests.integration.conftest import MakeSettings
from tests.integration.stores import POSTGRESQL, SQLITE, Store


@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 3000)],
)
def test_every_embedded_connection_is_durable_and_patient(
    make_settings: MakeSettings, pragma: str, value: object
) -> None:
    database = Database(make_settings().database_url, pool_size=2)

    with database.connection() as first, database.connection() as second:
        for connection in (first, second):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value
    database.dispose()


@pytest.mark.asvs("V13.2.6")
@pytest.mark.databases(POSTGRESQL)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("statement_timeout", "5s"),
        ("lock_timeout", "3s"),
        ("idle_in_transaction_session_timeout", "5s"),
        ("application_name", "varvel"),
        ("synchronous_commit", "on"),
    ],
)
def test_every_connection_to_a_server_has_its_limits(
    make_settings: MakeSettings, name: str, value: str
) -> None:
    _, database = build(make_settings())
    show = text(f"SHOW {name}")

    with database.connection() as alone, database.transaction(), database.connection() as together:
        found = {alone.execute(show).scalar_one(), together.execute(show).scalar_one()}
    database.dispose()

    assert found == {value}


@pytest.mark.asvs("V13.2.6")
def test_one_connection_for_each_thread_of_the_lanes_and_for_those_of_follower_and_chores(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BUSY_TIMEOUT", 0)
    _, database = build(make_settings(STORAGE_THREADS="2", HASH_THREADS="1"))
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)
    assert pool.size() == 2 + 1 + 2

    held = [database.engine.connect() for _ in range(5)]
    # An exhausted pool makes a request wait a little, and then fail like an absent database.
    with pytest.raises(StorageUnavailable), database.connection():
        pass
    for connection in held:
        connection.close()
    with database.connection() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    database.dispose()


@pytest.mark.databases(POSTGRESQL)
def test_a_connection_that_the_server_closed_is_replaced_before_it_is_used(store: Store) -> None:
    _, database = build(store.settings(STORAGE_THREADS="1", HASH_THREADS="1"))
    me = text("SELECT pg_backend_pid()")
    with database.connection() as connection:
        old = connection.execute(me).scalar_one()

    # Waits until it is gone, for a minute at most.
    assert store.execute("SELECT pg_terminate_backend(:old, 60000)", old=old) == [(True,)]

    with database.connection() as connection:
        assert connection.execute(me).scalar_one() != old
    database.dispose()


@pytest.mark.databases(POSTGRESQL)
@pytest.mark.parametrize(
    ("limit", "statement"),
    [
        ("statement_timeout", "SELECT pg_sleep(60)"),
        ("lock_timeout", "SELECT count(*) FROM users"),
    ],
)
def test_a_statement_that_takes_too_long_ends_as_unavailable_storage(
    make_settings: MakeSettings, limit: str, statement: str
) -> None:
    _, database = build(make_settings())

    def ask() -> None:
        with database.connection() as connection:
            # Only shortened, so that the test is; that there is a limit at all is tested above.
            connection.execute(text(f"SET {limit} = '1ms'"))
            connection.execute(text(statement))

    with database.engine.begin() as holder:
        holder.execute(text("LOCK TABLE users IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(StorageUnavailable) as caught:
            ask()
    database.dispose()

    cause = caught.value.__cause__
    assert isinstance(cause, OperationalError)
    assert re.search("statement timeout|lock timeout", str(cause.orig))


def test_a_failed_statement_does_not_repeat_what_it_was_given(make_settings: MakeSettings) -> None:
    _, database = build(make_settings())

    with pytest.raises(StorageUnavailable) as caught, database.connection() as connection:
        connection.execute(
            text("SELECT nothing FROM users WHERE name = :name"), {"name": "hunter2"}
        )
    database.dispose()

    assert "hunter2" not in str(caught.value.__cause__)
