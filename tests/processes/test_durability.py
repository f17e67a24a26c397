"""What is acknowledged is on the disk."""

import re
from collections.abc import Callable
from pathlib import Path

from adapters.sql.database import Database
from tests.processes.databases import new_sqlite
from tests.processes.servers import Server
from tests.processes.traces import order, traced

REGISTRATIONS = 5


def test_a_commit_is_synced_before_its_201_leaves_by_a_trace_or_else_by_the_pragmas(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    database = new_sqlite(tmp_path)
    log = tmp_path / "trace"
    with Server(tmp_path, settings=database.variables) as server:
        (worker,) = server.worker_pids()
        with traced(worker, log) as is_traced:
            for number in range(REGISTRATIONS):
                assert server.register(f"user-{number}").status == 201

    record_property(
        "shown by", "a trace" if is_traced else "the pragmas of a connection like the server's"
    )
    if is_traced:
        # Written, synced, answered; the first commit may begin the file, and syncs more.
        assert re.fullmatch(r"[ws]*wsa(wsa){4}", order(log.read_text().splitlines()))
    else:
        assert pragmas(database.url) == ("wal", FULL)


FULL = 2


def pragmas(url: str) -> tuple[object, object]:
    database = Database(url)
    with database.connection() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
    database.dispose()
    return mode, synchronous
