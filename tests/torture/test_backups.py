"""Backups of a server with many clients, restored elsewhere, over and over."""

import os
from pathlib import Path

import pytest

from tests.patience import tries
from tests.postgresql import PostgresServer
from tests.processes.backups import check_restored, under_load
from tests.processes.commands import run
from tests.processes.databases import Database
from tests.processes.servers import VARVEL, Server
from tests.torture.counting import Done

pytestmark = pytest.mark.torture

TIMES = 5
CLIENTS = 8
ENOUGH = 100
"""Users who are registered between two backups."""


def test_5_backups_under_load_restored_elsewhere_lose_nobody_and_keep_no_session(
    tmp_path: Path,
    database: Database,
    postgres: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Done,
) -> None:
    monkeypatch.setenv("PATH", f"{postgres.binaries}{os.pathsep}{os.environ['PATH']}")
    backups: list[tuple[Path, list[str], list[tuple[str, str]]]] = []
    with (
        Server(tmp_path, workers=2, settings=database.variables) as server,
        under_load(server, CLIENTS) as load,
    ):
        for number in range(TIMES):
            for _ in tries():
                if len(load.acknowledged) >= (number + 1) * ENOUGH:
                    break
            before, tokens = list(load.acknowledged), list(load.tokens)
            file = tmp_path / f"backup-{number}"
            done = run(tmp_path, (VARVEL, "backup", str(file)), **database.variables)
            assert done.returncode == 0, done
            backups.append((file, before, tokens))

    for file, before, tokens in backups:
        directory = tmp_path / f"from-{file.name}"
        other = elsewhere(database, directory, postgres)
        done = run(directory, (VARVEL, "restore", str(file)), **other.variables)
        assert done.returncode == 0, done
        check_restored(directory, other, before, tokens)
    record_property(
        "done",
        f"{TIMES} backups beside {CLIENTS} clients, {len(load.acknowledged):,} registrations, "
        f"{sum(len(before) for _, before, _ in backups):,} logged in again",
    )


def elsewhere(database: Database, directory: Path, postgres: PostgresServer) -> Database:
    """An empty place for servers with the same secret."""
    directory.mkdir()
    if database.url.startswith("sqlite"):
        return Database(f"sqlite:///{directory / 'var' / 'accounts.sqlite'}", database.secret)
    return Database(postgres.create_database(), database.secret)
