"""Processes that are killed while users register."""

from pathlib import Path

from tests.postgresql import PostgresServer
from tests.processes import kills
from tests.processes.databases import Database, new_postgres
from tests.processes.kills import Victim
from tests.processes.servers import Server


def test_whoever_was_told_to_be_registered_is_after_a_worker_and_the_master_were_killed(
    tmp_path: Path, database: Database
) -> None:
    with Server(tmp_path, workers=2, settings=database.variables) as server:
        registrations = kills.register_through_kills(server, [Victim.WORKER, Victim.MASTER])
        kills.check(registrations, database)

    assert not kills.registered_all_the_same(registrations, database)


def test_whoever_was_told_to_be_registered_is_after_postgresql_crashed(
    tmp_path: Path, frail_postgres: PostgresServer
) -> None:
    database = new_postgres(frail_postgres, tmp_path)

    with Server(tmp_path, workers=2, settings=database.variables) as server:
        registrations = kills.register_through_crashes(server, frail_postgres, 1)
        kills.check(registrations, database)
