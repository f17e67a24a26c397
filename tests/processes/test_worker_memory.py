"""What a worker keeps in memory, beside what it needs."""

from collections.abc import Iterator

import pytest

from tests.processes.commands import PLAIN_GUNICORN
from tests.processes.servers import Server

CONNECTIONS = 50


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    command = (*PLAIN_GUNICORN[:-1], "tests.processes.counted:app")
    with Server(tmp_path_factory.mktemp("counted"), command=command) as running:
        yield running


def test_nothing_is_kept_of_a_connection_that_its_client_has_closed(counted: Server) -> None:
    for _ in range(CONNECTIONS):
        counted.call("GET", "/")

    # The one that asks, and some whose end the worker may not have read of yet.
    assert counted.call("GET", "/").json["connections"] < CONNECTIONS / 5


def test_what_the_master_has_loaded_is_left_alone_by_the_workers_garbage_collector(
    counted: Server,
) -> None:
    counts = counted.call("GET", "/").json

    assert counts["frozen"] > counts["collected"]
