"""What can happen to a SQLite database."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from tests.processes.faults import WRITES, Fault, Stage


@contextmanager
def locked(stage: Stage) -> Iterator[None]:
    other = sqlite3.connect(stage.database.file, isolation_level=None)
    with closing(other):
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def full(stage: Stage) -> Iterator[None]:
    """No file of the server's can grow beyond its first page."""
    workers = stage.server.worker_pids()
    limits = [resource.prlimit(worker, resource.RLIMIT_FSIZE) for worker in workers]
    for worker, (_, hard) in zip(workers, limits, strict=True):
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (4096, hard))
    yield
    for worker, limit in zip(workers, limits, strict=True):
        resource.prlimit(worker, resource.RLIMIT_FSIZE, limit)


SQLITE_FAULTS = [
    Fault("locked", locked, WRITES),
    Fault("full", full, WRITES),
]
