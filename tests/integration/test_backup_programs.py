"""PostgreSQL's own programs under `varvel backup` and `varvel restore`."""

import os
from pathlib import Path

import pytest
from falcon.testing import TestClient
from sqlalchemy import make_url

from tests.integration.backups import back_up, elsewhere, file, programs, running
from tests.integration.calls import (
    log_in,
    resource,
    token,
)
from tests.integration.commands import refusal, run, said
from tests.integration.stores import POSTGRESQL, Store
from tests.postgresql import PostgresServer

__all__ = ["elsewhere", "file", "programs", "running"]
"""Fixtures."""

pytestmark = pytest.mark.databases(POSTGRESQL)


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


def test_an_archive_of_a_later_pg_dump_asks_for_later_programs(store: Store, file: Path) -> None:
    back_up(store, file)
    content = bytearray(file.read_bytes())
    content[6] = 99  # the minor number of the archive's format, after PGDMP and the major one
    file.write_bytes(content)

    told = refusal(store.environment(), "restore", str(file))

    assert told.startswith("The pg_dump or pg_restore in PATH is older")


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


RECORDER = """#!/bin/sh
{ printf '%%s\\n' "$0" "$@"; env | cut -d= -f1; } >> %(record)s
exec %(binaries)s/"${0##*/}" "$@"
"""


def test_no_password_of_the_database_is_said_or_given_as_an_argument(
    *,
    store: Store,
    postgres: PostgresServer,
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = tmp_path / "record"
    for program in ("pg_dump", "pg_restore", "psql"):
        script = tmp_path / "bin" / program
        script.parent.mkdir(exist_ok=True)
        script.write_text(RECORDER % {"record": record, "binaries": postgres.binaries})
        script.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    # The tests' server trusts whoever comes, and looks at no password.
    url = make_url(store.url).set(password="planted pass=word").render_as_string(False)
    secrets = {"VARVEL_DATABASE_URL": url, "VARVEL_SECRET": store.secret()}
    environment = store.environment() | secrets

    told = said(environment, "backup", str(file))
    told += said(environment, "restore", str(file), "--force")

    recorded = record.read_text()
    words = recorded.splitlines()
    for program in ("pg_dump", "pg_restore", "psql"):
        assert str(tmp_path / "bin" / program) in words
    assert "PGPASSWORD" in words
    assert not any(word.startswith("VARVEL_") for word in words)
    for planted in ("planted", store.secret(), make_url(store.url).database or "?"):
        assert planted not in recorded
    assert "planted" not in told


def test_no_password_of_the_database_is_said_when_it_is_away(store: Store, file: Path) -> None:
    url = make_url(store.url).set(password="planted pass=word", port=1)

    result = run(store.environment(DATABASE_URL=url.render_as_string(False)), "backup", str(file))

    assert result.exit_code == 1
    assert "planted" not in result.output
