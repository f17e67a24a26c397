"""What the tests of processes share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.databases import BACKENDS, SQLITE, new_postgres, new_sqlite
from tests.processes.fixtures import database, frail_postgres, postgres_database
from tests.processes.servers import Server
from tests.processes.session_races import Arena, arena

__all__ = ["database", "frail_postgres", "postgres_database", "server"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that the tests of one module share."""
    with Server(tmp_path_factory.mktemp("server"), workers=2) as server:
        yield server


@pytest.fixture(scope="module", params=BACKENDS)
def standing_arena(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Arena]:
    directory: Path = tmp_path_factory.mktemp("arena")
    if request.param == SQLITE:
        database = new_sqlite(directory)
    else:
        database = new_postgres(request.getfixturevalue("postgres"), directory)
    with arena(directory, database) as opened:
        yield opened
