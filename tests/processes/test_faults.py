"""A database that fails for a while, once for each kind of fault."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgresql import PostgresServer
from tests.processes import outages
from tests.processes.faults import Fault, Stage, endure, eventually
from tests.processes.outages import POSTGRES_OUTAGES, SQLITE_OUTAGES, outlast
from tests.processes.postgres_faults import POSTGRES_FAULTS
from tests.processes.sqlite_faults import SQLITE_FAULTS
from tests.processes.stages import postgres_stage, sqlite_stage


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with sqlite_stage(tmp_path_factory.mktemp("sqlite")) as stage:
        yield stage


@pytest.fixture(scope="module")
def on_postgres(
    tmp_path_factory: pytest.TempPathFactory, frail_postgres: PostgresServer
) -> Iterator[Stage]:
    with postgres_stage(tmp_path_factory.mktemp("postgresql"), frail_postgres) as stage:
        yield stage


@pytest.mark.parametrize("fault", SQLITE_FAULTS, ids=lambda fault: fault.name)
def test_a_fault_of_sqlite_is_told_with_503_and_ends_by_itself(
    on_sqlite: Stage, fault: Fault
) -> None:
    endure(on_sqlite, fault)


@pytest.mark.parametrize("fault", POSTGRES_FAULTS, ids=lambda fault: fault.name)
def test_a_fault_of_postgresql_is_told_with_503_and_ends_by_itself(
    on_postgres: Stage, fault: Fault
) -> None:
    workers = on_postgres.server.worker_pids()

    endure(on_postgres, fault)

    assert on_postgres.server.worker_pids() == workers


def test_a_worker_that_starts_while_postgresql_is_away_begins_to_judge_tokens_when_it_is_back(
    on_postgres: Stage, frail_postgres: PostgresServer
) -> None:
    server, token = on_postgres.server, (on_postgres.token, "x")
    frail_postgres.stop()
    try:
        server.kill_worker()

        refused = server.call("GET", "/api/resource", auth=token)
        assert (refused.status, refused.json["code"]) == (503, "signing_keys_not_loaded")
        assert int(refused.headers["Retry-After"]) >= 1
        assert server.call("GET", "/.well-known/jwks.json").status == 503
        assert server.call("GET", "/health/live").status == 200
        assert server.call("GET", "/health/ready").status == 503
    finally:
        frail_postgres.start()

    eventually(lambda: server.call("GET", "/api/resource", auth=token), {503: False, 200: True})


def test_without_news_of_revocations_from_sqlite_tokens_are_refused_until_there_is_some(
    tmp_path: Path,
) -> None:
    with outages.sqlite_stage(tmp_path) as stage:
        for outage in SQLITE_OUTAGES:
            outlast(stage, outage)


def test_without_news_of_revocations_from_postgresql_tokens_are_refused_until_there_is_some(
    tmp_path: Path, frail_postgres: PostgresServer
) -> None:
    with outages.postgres_stage(tmp_path, frail_postgres) as stage:
        for outage in POSTGRES_OUTAGES:
            outlast(stage, outage)
