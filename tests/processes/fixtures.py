"""Fixtures of the short and of the long tests of processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgresql import PostgresServer, running_server
from tests.processes.databases import BACKENDS, SQLITE, Database, new_postgres, new_sqlite
from tests.processes.postgres_faults import prepare


@pytest.fixture
def postgres_database(postgres: PostgresServer, tmp_path: Path) -> Database:
    return new_postgres(postgres, tmp_path)


@pytest.fixture(params=BACKENDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """An empty database of either kind."""
    if request.param == SQLITE:
        return new_sqlite(tmp_path)
    found: Database = request.getfixturevalue("postgres_database")
    return found


@pytest.fixture(scope="module")
def frail_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server to do harm to, which is why others do not share it."""
    with running_server() as server:
        prepare(server)
        yield server
