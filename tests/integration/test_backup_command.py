"""`varvel backup` and `varvel restore`: who can log in afterwards, and what is refused."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from falcon.testing import TestClient
from sqlalchemy import make_url

from adapters.clock import SystemClock
from adapters.sql import migration
from adapters.sql.database import Database
from adapters.sql.postgresql_backup import PostgresqlCopies
from adapters.sql.schema import HEAD, metadata
from adapters.sql.sqlite_backup import SqliteCopies
from tests.integration.calls import (
    ask_token,
    log_in,
    logged_in,
    not_refreshed,
    refresh,
    register,
    resource,
    token,
)
from tests.integration.clients import standing
from tests.integration.commands import refusal, run, said
from tests.integration.stores import POSTGRESQL, SQLITE, Store
from tests.integration.variables import SECRET
from tests.postgresql import PostgresServer

OVER = (
    "All sessions are over and all signing keys are gone: tokens and refresh tokens from before"
    " are refused, and everybody logs in again. Restart all servers.\n"
    "The secret (VARVEL_SECRET, or the file secret of the data directory) is not in it: without "
    "that of then, the audit trail of the backup does not verify.\n"
)
NO_BACKUP = "This file is no whole backup of Varvel for this kind of database"
NEWER = "Its schema is newer than this program; use the release of Varvel that made it."
BEFORE = 3
"""Users who were told that they are registered before a backup begins."""


@pytest.fixture(autouse=True)
def programs(backend: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs, of the server's version."""
    if backend == POSTGRESQL:
        server: PostgresServer = request.getfixturevalue("postgres")
        monkeypatch.setenv("PATH", f"{server.binaries}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup"


@pytest.fixture
def running(store: Store) -> Iterator[TestClient]:
    """A process that goes on through everything, by the real clock, with miguel registered."""
    with standing(store.settings(), SystemClock()) as api:
        store.let_go.append(api.stop)
        register(api)
        yield api


@pytest.fixture
def elsewhere(empty_url: str, store: Store, tmp_path: Path) -> Store:
    """A database without a schema, for servers that have the store's secret."""
    directory = tmp_path / "elsewhere"
    directory.mkdir(mode=0o700)
    (directory / "secret").write_text(store.secret())
    return Store(directory, empty_url)


def back_up(store: Store, file: Path, *options: str) -> str:
    return said(store.environment(), "backup", str(file), *options)


def restore(store: Store, file: Path, *options: str) -> str:
    return said(store.environment(), "restore", str(file), *options)


def test_a_backup_while_others_write_restored_elsewhere_lets_everybody_log_in_again(
    running: TestClient, store: Store, file: Path, elsewhere: Store
) -> None:
    for number in range(BEFORE):
        assert register(running, username=f"before{number}").status_code == 201
    issued = logged_in(running)
    enough, is_done = Event(), Event()

    def write() -> None:
        with standing(store.settings(), SystemClock()) as api:
            number = 0
            while not is_done.is_set():
                assert register(api, username=f"beside{number}").status_code == 201
                number += 1
                if number == BEFORE:
                    enough.set()

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(write)
        try:
            assert enough.wait(60)
            written = back_up(store, file)
        finally:
            is_done.set()
        writer.result()

    assert written.startswith(f"Written to {file}.\nThe secret ")
    told = restore(elsewhere, file)
    assert told.startswith("Restored: ")
    assert told.endswith(OVER)
    assert elsewhere.execute("SELECT count(*) FROM sessions") == [(0,)]
    with standing(elsewhere.settings(), SystemClock()) as api:
        for name in (
            "miguel",
            *(f"{when}{n}" for n in range(BEFORE) for when in ("before", "beside")),
        ):
            assert log_in(api, name).status_code == 201
        assert resource(api, issued["access_token"], "x").status_code == 401
        not_refreshed(refresh(api, issued["refresh_token"]))
    assert said(elsewhere.environment(), "audit", "verify")
    shown = said(elsewhere.environment(), "audit", "list", "--event", "backup_restored")
    assert "by operator" in shown


def test_a_process_that_goes_on_takes_no_token_from_before_a_restore(
    running: TestClient, store: Store, file: Path
) -> None:
    issued = logged_in(running)
    back_up(store, file)
    later = logged_in(running)
    register(running, username="susan")

    told = restore(store, file, "--force")

    assert told == "Restored: 1 user.\n" + OVER
    for each in (issued, later):
        assert resource(running, each["access_token"], "x").status_code == 401
        not_refreshed(refresh(running, each["refresh_token"]))
    assert resource(running, token(running), "x").status_code == 200
    assert ask_token(running, "susan").status_code == 401


def test_what_was_revoked_after_the_backup_stays_so_in_a_process_that_knew_the_same_feed(
    running: TestClient, store: Store, file: Path
) -> None:
    issued = logged_in(running)
    back_up(store, file)
    said(store.environment(), "users", "disable", "miguel")
    said(store.environment(), "users", "enable", "miguel")
    assert resource(running, issued["access_token"], "x").status_code == 401

    restore(store, file, "--force")
    restore(store, file, "--force")

    assert resource(running, issued["access_token"], "x").status_code == 401
    not_refreshed(refresh(running, issued["refresh_token"]))


@pytest.mark.databases(SQLITE)
def test_a_database_that_holds_users_is_left_as_it_is(
    running: TestClient, store: Store, file: Path
) -> None:
    issued = logged_in(running)
    back_up(store, file)

    told = refusal(store.environment(), "restore", str(file))

    assert told.startswith("This database holds users, and was left as it is")
    assert resource(running, issued["access_token"], "x").status_code == 200


@pytest.mark.databases(SQLITE)
def test_a_file_that_is_there_is_not_overwritten_without_force(store: Store, file: Path) -> None:
    file.write_text("somebody's")

    told = refusal(store.environment(), "backup", str(file))

    assert told.startswith("This file exists already and was left as it is")
    assert file.read_text() == "somebody's"
    back_up(store, file, "--force")
    assert file.read_text("latin-1") != "somebody's"


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


@pytest.mark.databases(POSTGRESQL)
def test_missing_programs_are_told_and_nothing_is_left(
    running: TestClient, store: Store, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(store, file)
    monkeypatch.setenv("PATH", str(tmp_path))

    for words in (["backup", str(tmp_path / "other")], ["restore", str(file), "--force"]):
        told = refusal(store.environment(), *words)
        assert told.startswith("PostgreSQL is copied by pg_dump, pg_restore and psql, which")

    assert not (tmp_path / "other").exists()
    assert log_in(running).status_code == 201


@pytest.mark.databases(POSTGRESQL)
def test_an_archive_of_a_later_pg_dump_asks_for_later_programs(store: Store, file: Path) -> None:
    back_up(store, file)
    content = bytearray(file.read_bytes())
    content[6] = 99  # the minor number of the archive's format, after PGDMP and the major one
    file.write_bytes(content)

    told = refusal(store.environment(), "restore", str(file))

    assert told.startswith("The pg_dump or pg_restore in PATH is older")


@pytest.mark.databases(POSTGRESQL)
def test_a_restore_that_fails_half_way_leaves_the_former_database_in_place(
    running: TestClient, store: Store, file: Path
) -> None:
    back_up(store, file)
    token_before = token(running)
    store.execute("CREATE VIEW onlookers AS SELECT name FROM users")

    told = refusal(store.environment(), "restore", str(file), "--force")

    assert told.startswith("It failed, and the database is as it was; mend the cause and try again")
    assert "other objects depend on" in told
    assert store.execute("SELECT name FROM onlookers") == [("miguel",)]
    assert resource(running, token_before, "x").status_code == 200


@pytest.mark.databases(POSTGRESQL)
def test_no_password_of_the_database_is_said(store: Store, file: Path) -> None:
    url = make_url(store.url).set(password="planted pass=word", port=1)

    result = run(store.environment(DATABASE_URL=url.render_as_string(False)), "backup", str(file))

    assert result.exit_code == 1
    assert "planted" not in result.output


@pytest.mark.databases(SQLITE)
def test_without_the_secret_nothing_is_restored(store: Store, file: Path, tmp_path: Path) -> None:
    back_up(store, file)
    environment = store.environment(DATA_DIR=str(tmp_path / "new"))

    for command in ("backup", "restore"):
        assert refusal(environment, command, str(file)).startswith("Set VARVEL_SECRET")

    assert run(environment | {"VARVEL_SECRET": SECRET}, "restore", str(file)).exit_code == 0
