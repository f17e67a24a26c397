"""Processes that race, start together, are reloaded and killed, more often than in short tests."""

import asyncio
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.postgresql import PostgresServer
from tests.processes import first_starts, kills, races, reloads
from tests.processes.databases import Database, new_postgres
from tests.processes.kills import Victim
from tests.processes.servers import Server
from tests.torture.counting import Done

pytestmark = pytest.mark.torture

NAMES = 200
SPELLINGS = 50
STARTS = 20
STARTS_ON_POSTGRESQL = 10
KILLS = [*[Victim.WORKER] * 4, Victim.MASTER] * 20
CRASHES = 20
REQUESTS = 5_000
RELOADS = 3


def test_exactly_one_of_50_parallel_registrations_of_each_of_200_names_succeeds(
    tmp_path: Path, record_property: Done
) -> None:
    names = [races.spellings(number, SPELLINGS) for number in range(NAMES)]

    with Server(tmp_path, workers=2, settings=races.ROOM) as server:
        outcomes = asyncio.run(races.race(server.port, names))

    record_property("done", f"{len(outcomes)} names in {SPELLINGS} spellings")
    races.check(outcomes, spellings=SPELLINGS)


def test_20_first_starts_agree_on_one_secret_and_one_key(
    tmp_path: Path, record_property: Done
) -> None:
    with (
        first_starts.Watch(tmp_path / "var") as watch,
        first_starts.started_at_once(tmp_path, STARTS) as servers,
    ):
        record_property("done", f"{len(servers)} first starts")
        first_starts.check(servers)

    watch.check()


def test_10_first_starts_on_one_postgresql_agree_on_one_key(
    tmp_path: Path, postgres_database: Database, record_property: Done
) -> None:
    with first_starts.started_at_once(tmp_path, STARTS_ON_POSTGRESQL, postgres_database) as servers:
        record_property("done", f"{len(servers)} first starts")
        first_starts.check(servers)


def test_whoever_was_told_to_be_registered_is_after_100_kills(
    tmp_path: Path, database: Database, record_property: Done
) -> None:
    with Server(tmp_path, workers=2, settings=database.variables) as server:
        registrations = kills.register_through_kills(server, KILLS)
        masters = KILLS.count(Victim.MASTER)
        record_property(
            "done",
            f"{len(KILLS)} kills, {masters} of them of the master, "
            f"{len(registrations.acknowledged)} users, {registrations.broken} answers lost",
        )
        kills.check(registrations, database)

    assert not kills.registered_all_the_same(registrations, database)


def test_whoever_was_told_to_be_registered_is_after_20_crashes_of_postgresql(
    tmp_path: Path, frail_postgres: PostgresServer, record_property: Done
) -> None:
    database = new_postgres(frail_postgres, tmp_path)

    with Server(tmp_path, workers=2, settings=database.variables) as server:
        registrations = kills.register_through_crashes(server, frail_postgres, CRASHES)
        unknown = kills.registered_all_the_same(registrations, database)
        record_property(
            "done",
            f"{CRASHES} crashes, {len(registrations.acknowledged)} users, "
            f"{len(registrations.refused)} refused, {len(unknown)} of them registered all the same",
        )
        kills.check(registrations, database)


def test_three_reloads_and_a_rolling_restart_lose_none_of_5_000_requests(
    tmp_path: Path, postgres_database: Database, record_property: Done
) -> None:
    variables = postgres_database.variables | reloads.ROOM
    with ExitStack() as stack:
        servers = [
            stack.enter_context(Server(tmp_path / name, workers=2, settings=variables))
            for name in ("first", "second")
        ]
        traffic = reloads.run(
            servers,
            lambda traffic: [
                *(servers[number % 2].reload for number in range(RELOADS)),
                *(lambda server=server: traffic.restart(server) for server in servers),
            ],
            at_least=REQUESTS,
        )

    record_property(
        "done",
        f"{traffic.answered:,} requests on {traffic.renewed} connections, {RELOADS} reloads, "
        f"{len(servers)} restarts, {len(traffic.failed)} failed",
    )
    reloads.check(traffic, at_least=REQUESTS, renewed=reloads.CLIENTS * (RELOADS + 2) // 2)
