"""Which schemas a server starts on, and what it says of the others."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection

from adapters.sql import migration
from adapters.sql.database import Database
from adapters.sql.migration import SchemaState
from adapters.sql.schema import HEAD
from entrypoints.bootstrap import inspect, migrate, prepare
from entrypoints.cli import main
from entrypoints.settings import Settings, StartupError
from tests.integration.stores import POSTGRESQL, SQLITE, Store
from tests.patience import tries

AT_ONCE = 4
NEWER = f"{int(HEAD) + 1:04}"
UNKNOWN = ("a1b2c3d4e5f6", "1", "00001", "000a", "", "0001 ", "\u0661\u0661\u0661")


@pytest.fixture
def empty(empty_url: str, tmp_path: Path) -> Store:
    return Store(tmp_path / "var", empty_url)


@pytest.fixture
def database(store: Store) -> Iterator[Database]:
    database = Database(store.url)
    yield database
    database.dispose()


def set_revision(store: Store, revision: str) -> None:
    store.execute("UPDATE alembic_version SET version_num = :revision", revision=revision)
    # Nothing puts the revision back before the database is lent again.
    store.schema_changed = True


@pytest.mark.databases(POSTGRESQL)
@pytest.mark.parametrize("start", [prepare, inspect])
def test_an_older_schema_on_a_server_is_refused_with_the_command_to_run(
    empty: Store, start: object
) -> None:
    assert callable(start)
    with pytest.raises(StartupError) as caught:
        start(empty.settings())

    assert str(caught.value) == (
        "The database's schema is older than this program: run varvel migrate."
    )
    assert empty.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []


@pytest.mark.databases(SQLITE)
def test_an_embedded_database_is_brought_to_the_newest_schema(empty: Store) -> None:
    prepare(empty.settings())

    assert empty.execute("SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert empty.execute("SELECT count(*) FROM signing_keys") == [(1,)]


@pytest.mark.databases(POSTGRESQL)
@pytest.mark.parametrize("start", [prepare, inspect])
def test_the_schema_of_an_earlier_release_on_a_server_is_refused(
    empty: Store, start: Callable[[Settings], object]
) -> None:
    _at_the_first_revision(empty)

    with pytest.raises(StartupError, match="older than this program: run varvel migrate"):
        start(empty.settings())

    assert empty.execute("SELECT version_num FROM alembic_version") == [("0001",)]


@pytest.mark.parametrize("start", [migrate, prepare])
def test_the_schema_of_an_earlier_release_is_brought_to_the_newest(
    empty: Store, start: Callable[[Settings], object]
) -> None:
    _at_the_first_revision(empty)
    if not empty.is_embedded:
        migrate(empty.settings())

    start(empty.settings())

    assert empty.execute("SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert empty.execute("SELECT name, disabled_at FROM users") == [("miguel", None)]


def _at_the_first_revision(store: Store) -> None:
    database = Database(store.url)
    migration.upgrade(database, to="0001")
    assert migration.state(database) is SchemaState.OLDER
    database.dispose()
    store.execute(
        "INSERT INTO users (name, canonical_name, password_hash, created_at) "
        "VALUES ('miguel', 'miguel', 'x', CURRENT_TIMESTAMP)"
    )


def test_a_schema_of_no_revision_is_older(empty: Store) -> None:
    empty.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    database = Database(empty.url)

    assert migration.state(database) is SchemaState.OLDER
    database.dispose()


def test_migrating_makes_a_server_start(empty: Store) -> None:
    migrate(empty.settings())

    prepare(empty.settings())

    assert empty.execute("SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert empty.execute("SELECT count(*) FROM signing_keys") == [(1,)]


def test_migrating_what_is_current_changes_nothing(store: Store) -> None:
    before = store.execute("SELECT * FROM signing_keys")

    migrate(store.settings())

    assert store.execute("SELECT * FROM signing_keys") == before


@pytest.mark.parametrize("revision", [NEWER, "9999"])
def test_a_newer_schema_is_taken_and_left_as_it_is(
    store: Store, database: Database, revision: str
) -> None:
    set_revision(store, revision)

    for start in (prepare, migrate, inspect):
        start(store.settings())

    assert migration.state(database) is SchemaState.NEWER
    assert store.execute("SELECT version_num FROM alembic_version") == [(revision,)]


@pytest.mark.parametrize("revision", UNKNOWN)
def test_another_programs_schema_is_refused_and_left_as_it_is(
    store: Store, database: Database, revision: str
) -> None:
    set_revision(store, revision)

    for start in (prepare, migrate, inspect):
        with pytest.raises(StartupError, match="VARVEL_DATABASE_URL to a database of Varvel's own"):
            start(store.settings())

    assert migration.state(database) is SchemaState.UNKNOWN
    assert store.execute("SELECT version_num FROM alembic_version") == [(revision,)]


def test_processes_that_migrate_one_new_database_at_once_all_succeed(empty: Store) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", "from entrypoints.cli import main; main()", "migrate"],
            env=os.environ | empty.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(AT_ONCE)
    ]

    outcomes = [(*process.communicate(), process.returncode) for process in started]

    assert outcomes == [("The database has the newest schema.\n", "", 0)] * AT_ONCE
    assert empty.execute("SELECT version_num FROM alembic_version") == [(HEAD,)]


def test_the_command_to_migrate_says_what_is_wrong_in_one_sentence(store: Store) -> None:
    set_revision(store, "somebody else's")

    outcome = CliRunner().invoke(main, ["migrate"], env=store.environment())

    assert outcome.exit_code == 1
    assert outcome.output == (
        "Error: The database holds another program's schema; "
        "set VARVEL_DATABASE_URL to a database of Varvel's own.\n"
    )


@pytest.mark.databases(POSTGRESQL)
def test_who_migrates_waits_for_another_who_is_at_it(empty: Store) -> None:
    holder = Database(empty.url)
    with holder.engine.begin() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({migration.LOCK})")
        waiting = subprocess.Popen(
            [sys.executable, "-c", "from entrypoints.cli import main; main()", "migrate"],
            env=os.environ | empty.environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        _until_somebody_waits(connection)
        assert waiting.poll() is None
        assert empty.execute("SELECT to_regclass('users')") == [(None,)]
    said, _ = waiting.communicate()
    holder.dispose()

    assert (said, waiting.returncode) == ("The database has the newest schema.\n", 0)


def _until_somebody_waits(holder: Connection) -> None:
    waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    for _ in tries():
        # Asked by the holder itself, which would be cut off if it were idle for seconds.
        if holder.exec_driver_sql(waits).scalar_one() == 1:
            return
    raise AssertionError("Nobody waits.")


@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize("content", [b"this is not a database" * 100, b"SQLite format 3\x00" * 9])
def test_a_file_that_is_no_database_is_one_clear_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "varvel.sqlite").write_bytes(content)

    with pytest.raises(StartupError, match=r"(?s)The database .* cannot be used: .*VARVEL_DATA"):
        prepare(Settings.read({"VARVEL_DATA_DIR": str(tmp_path)}))


@pytest.mark.parametrize(
    "url",
    [
        *("nonsense", "oracle://x", "sqlite://", "sqlite:///:memory:", "sqlite+nodriver:///x"),
        *("postgresql://", "postgresql://localhost", "postgres://h/d"),
        "postgresql://h:port/d",
    ],
)
def test_an_unusable_database_address_is_one_clear_sentence(tmp_path: Path, url: str) -> None:
    settings = {"VARVEL_DATA_DIR": str(tmp_path), "VARVEL_DATABASE_URL": url}

    with pytest.raises(StartupError, match="VARVEL_DATABASE_URL"):
        prepare(Settings.read(settings))


@pytest.mark.parametrize(
    "url",
    [
        "oracle://varvel:hunter2@localhost/varvel",
        "postgresql://varvel:hunter2@127.0.0.1:1/varvel",
        "postgresql://varvel:hunter2@127.0.0.1:port/varvel",
        "postgresql://varvel@127.0.0.1:1/varvel?password=hunter2",
    ],
)
def test_a_database_that_asks_for_a_password_does_not_tell_it(tmp_path: Path, url: str) -> None:
    with pytest.raises(StartupError) as caught:
        prepare(Settings.read({"VARVEL_DATA_DIR": str(tmp_path), "VARVEL_DATABASE_URL": url}))

    assert "hunter2" not in str(caught.value)


def test_migrating_a_newer_schema_leaves_it_and_says_so(store: Store) -> None:
    newer = f"{int(HEAD) + 1:04}"
    store.execute(f"UPDATE alembic_version SET version_num = '{newer}'")

    said = CliRunner().invoke(main, ["migrate"], env=store.environment())

    assert (said.exit_code, said.output) == (
        0,
        "The database's schema is newer than this program; it was left as it is.\n",
    )
    assert store.execute("SELECT version_num FROM alembic_version") == [(newer,)]
