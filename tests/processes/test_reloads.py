"""A reload while requests go on."""

from pathlib import Path

from tests.processes import reloads
from tests.processes.databases import Database
from tests.processes.servers import Server

REQUESTS = 1_000


def test_a_reload_loses_none_of_1_000_requests_on_kept_alive_connections(
    tmp_path: Path, postgres_database: Database
) -> None:
    with Server(tmp_path, workers=2, settings=postgres_database.variables | reloads.ROOM) as server:
        traffic = reloads.run([server], lambda _: [server.reload], at_least=REQUESTS)

    reloads.check(traffic, at_least=REQUESTS, renewed=reloads.CLIENTS)
