"""Servers to strike with faults."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.postgresql import PostgresServer
from tests.processes.databases import new_postgres, new_sqlite
from tests.processes.faults import Stage
from tests.processes.postgres_faults import OWNER
from tests.processes.servers import VARVEL, Server
from tests.processes.sqlite_faults import without_privileges

# Enough threads for all that is asked at once while each of them waits for the database; and longer
# than any fault lasts here, so that tokens are checked for as long.
ENDURING = {"HASH_THREADS": "4", "STORAGE_THREADS": "4", "REVOCATION_BOUND": "600"}


@contextmanager
def sqlite_stage(directory: Path) -> Iterator[Stage]:
    database = new_sqlite(directory)
    command = without_privileges((VARVEL, "serve"))
    with Server(directory, command=command, settings=ENDURING | database.variables) as server:
        yield Stage(server, database)


@contextmanager
def postgres_stage(directory: Path, postgres: PostgresServer) -> Iterator[Stage]:
    database = new_postgres(postgres, directory, owner=OWNER)
    with Server(directory, settings=ENDURING | database.variables) as server:
        yield Stage(server, database, postgres)
