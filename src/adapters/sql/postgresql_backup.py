"""Copies of a PostgreSQL database, by its own pg_dump, pg_restore and psql."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

from adapters.sql.database import Database
from adapters.sql.migration import SchemaState, judged
from adapters.sql.schema import metadata
from domain.backups import (
    BackupFailed,
    BackupProgramMissing,
    BackupProgramTooOld,
    NotABackup,
    SchemaIsNewer,
)

LOCK_TIMEOUT = "30s"
"""How long the tables may be in others' use."""

_TABLES = (*sorted(metadata.tables), "alembic_version")
_TOO_OLD = ("server version mismatch", "unsupported version")
_FAULT = re.compile("error|fatal", re.IGNORECASE)
_VERSION = re.compile(r"^COPY \S*alembic_version .*\n(\w+)\n", re.MULTILINE)

_BEFORE = f"""
BEGIN;
SET lock_timeout = '{LOCK_TIMEOUT}';
DROP TABLE IF EXISTS {", ".join(_TABLES)};
"""
_AFTER = """
RESET search_path;
DO $$ BEGIN
    DELETE FROM signing_keys;
    IF to_regclass('sessions') IS NOT NULL THEN
        DELETE FROM revocations; DELETE FROM sessions; UPDATE feed SET keys_version = %d;
    END IF;
END $$;
COMMIT;
"""


class PostgresqlCopies:
    """Copies of this database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, draft: Path) -> None:
        tables = [f"--table={name}" for name in _TABLES]
        options = [
            "--format=custom",
            "--no-owner",
            "--no-acl",
            f"--lock-wait-timeout={LOCK_TIMEOUT}",
        ]
        with self._environment() as environment, draft.open("wb") as output:
            _run("pg_dump", *options, *tables, environment=environment, output=output)

    def replace(self, file: Path, *, keys_version: int) -> None:
        _require_backup(file)
        with self._environment() as environment, TemporaryFile() as script:
            # All in one transaction, and the COMMIT only when the rest is there: no half of it, and
            # no moment in which a session from the backup would be live.
            script.write(_BEFORE.encode())
            script.flush()
            _restore(file, "--no-owner", "--no-acl", output=script)
            script.seek(0, os.SEEK_END)
            script.write((_AFTER % keys_version).encode())
            script.seek(0)
            options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=terse"]
            _run("psql", *options, environment=environment, output=None, given=script)

    @contextmanager
    def _environment(self) -> Iterator[Mapping[str, str]]:
        """Tells the programs where the database is without a word of it in their arguments."""
        _, found = self._database.engine.dialect.create_connect_args(self._database.url)
        password = found.pop("password", None)
        with TemporaryDirectory() as directory:
            service = Path(directory) / "service"
            lines = [f"{name}={value}\n" for name, value in found.items() if name != "context"]
            service.write_text("[varvel]\n" + "".join(lines), "utf-8")
            yield {
                **_plain_environment(),
                "PGSERVICEFILE": str(service),
                "PGSERVICE": "varvel",
                "PGAPPNAME": "varvel backup",
                "PGCONNECT_TIMEOUT": "10",
                **({"PGPASSWORD": str(password)} if password else {}),
            }


def _plain_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VARVEL_")}
    return kept | {"LC_ALL": "C", "PGCLIENTENCODING": "UTF8"}


def _require_backup(file: Path) -> None:
    tables = ("alembic_version", "users", "signing_keys")
    with TemporaryFile() as output:
        _restore(file, "--schema-only", *(f"--table={name}" for name in tables), output=output)
        schema = _text(output)
    with TemporaryFile() as output:
        _restore(file, "--data-only", "--table=alembic_version", output=output)
        version = _VERSION.search(_text(output))
    if version is None or not all(f".{name} (" in schema for name in tables):
        raise NotABackup
    state = judged(version[1])
    if state is SchemaState.NEWER:
        raise SchemaIsNewer
    if state is SchemaState.UNKNOWN:
        raise NotABackup


def _restore(file: Path, *options: str, output: IO[bytes]) -> None:
    try:
        with file.open("rb") as given:
            # Without an archive's magic it would be taken for a tar file, or worse.
            if given.read(5) != b"PGDMP":
                raise NotABackup
        arguments = (*options, "--file=-", str(file.absolute()))
        _run("pg_restore", *arguments, environment=_plain_environment(), output=output)
    except BackupFailed as error:
        raise NotABackup from error


def _run(
    program: str,
    *arguments: str,
    environment: Mapping[str, str],
    output: IO[bytes] | None,
    given: IO[bytes] | None = None,
) -> None:
    path = shutil.which(program)
    if path is None:
        raise BackupProgramMissing
    done = subprocess.run(  # noqa: S603 - a program of PATH, with arguments of ours
        [path, *arguments],
        env=environment,
        stdin=given or subprocess.DEVNULL,
        stdout=output or subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip()
        if any(words in told for words in _TOO_OLD):
            raise BackupProgramTooOld
        # The line that says what is wrong; those after it may repeat what was to be stored.
        faults = (each for each in told.splitlines() if _FAULT.search(each))
        first = next(faults, "")
        raise BackupFailed(first.rstrip(".") or f"{program} left with {done.returncode}")


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
