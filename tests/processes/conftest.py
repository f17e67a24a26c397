"""A server that the tests of one module share."""

from collections.abc import Iterator

import pytest

from tests.processes.servers import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server"), workers=2) as server:
        yield server
