"""What the tests of processes share."""

from collections.abc import Iterator

import pytest

from tests.processes.fixtures import database, frail_postgres, postgres_database
from tests.processes.servers import Server

__all__ = ["database", "frail_postgres", "postgres_database", "server"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that the tests of one module share."""
    with Server(tmp_path_factory.mktemp("server"), workers=2) as server:
        yield server
