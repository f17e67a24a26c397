"""Alembic's own command line, which finds everything through alembic.ini."""

import sys
from pathlib import Path

from tests.processes.commands import run
from tests.processes.databases import Database

ALEMBIC = (sys.executable, "-m", "alembic")


def alembic(directory: Path, database: Database, *arguments: str) -> str:
    # The command line does not make the directory that a file of SQLite is in.
    (directory / "var").mkdir(exist_ok=True)
    completed = run(directory, (*ALEMBIC, *arguments), DATABASE_URL=database.url)
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


def test_alembic_migrates_the_database_of_the_settings_and_misses_nothing(
    tmp_path: Path, database: Database
) -> None:
    alembic(tmp_path, database, "upgrade", "head")

    assert "No new upgrade operations" in alembic(tmp_path, database, "check")


def test_alembic_writes_the_statements_for_the_database_of_the_settings(
    tmp_path: Path, postgres_database: Database
) -> None:
    written = alembic(tmp_path, postgres_database, "upgrade", "head", "--sql")

    assert "id BIGSERIAL NOT NULL" in written
    assert written.startswith("BEGIN;")
    assert written.rstrip().endswith("COMMIT;")
