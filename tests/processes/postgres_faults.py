"""What can happen to a PostgreSQL server."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg

from tests.patience import tries
from tests.postgresql import PostgresServer
from tests.processes.databases import Database
from tests.processes.faults import EVERYTHING, NOTHING, WRITES, Fault, Stage

OWNER = "app"
"""Not a superuser, since a superuser is let in when nobody else is."""

CONNECTIONS = 20
"""For everybody but superusers."""

_SLOW = """
CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
CREATE TRIGGER sleep BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION sleep();
CREATE TRIGGER sleep BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION sleep();
"""


def prepare(postgres: PostgresServer) -> None:
    """Makes the role of the application, and leaves it few connections."""
    postgres.execute(f"CREATE ROLE {OWNER} LOGIN")
    taken = int(postgres.execute("SHOW max_connections")[0][0]) - CONNECTIONS
    postgres.execute(f"ALTER SYSTEM SET superuser_reserved_connections = {taken}")
    postgres.stop()
    postgres.start()


def _of(stage: Stage) -> PostgresServer:
    assert stage.postgres is not None
    return stage.postgres


@contextmanager
def stopped(stage: Stage) -> Iterator[None]:
    _of(stage).stop()
    try:
        yield
    finally:
        _of(stage).start()


@contextmanager
def crashed(stage: Stage) -> Iterator[None]:
    _of(stage).stop("immediate")
    try:
        yield
    finally:
        _of(stage).start()


@contextmanager
def restarted(stage: Stage) -> Iterator[None]:
    _of(stage).stop()
    _of(stage).start()
    yield


@contextmanager
def locked(stage: Stage) -> Iterator[None]:
    with psycopg.connect(stage.database.url) as other:
        other.execute("LOCK TABLE users, alembic_version IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


@contextmanager
def too_slow(stage: Stage) -> Iterator[None]:
    with psycopg.connect(stage.database.url, autocommit=True) as other:
        other.execute(_SLOW)
        yield
        other.execute("DROP FUNCTION sleep CASCADE")


@contextmanager
def frozen(stage: Stage) -> Iterator[None]:
    """Everybody there takes what is sent, and nobody answers."""
    pids = _sessions(stage)
    processes = [_parent(pids[0]), *pids]
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def _sessions(stage: Stage) -> list[int]:
    """The server's processes that serve the application."""
    found = _of(stage).execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'varvel'")
    return [pid for (pid,) in found]


def _parent(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("PPid:")[2].split()[0])


@contextmanager
def exhausted(stage: Stage) -> Iterator[None]:
    with ExitStack() as others:
        _take_all(stage.database, others)
        for _ in tries():
            end_sessions(_of(stage))
            _take_all(stage.database, others)
            # The server asks for connections by itself, and may be quicker.
            if not _sessions(stage):
                break
        yield


def _take_all(database: Database, others: ExitStack) -> None:
    with suppress(psycopg.OperationalError):
        while True:
            others.enter_context(psycopg.connect(database.url))


@contextmanager
def read_only(stage: Stage) -> Iterator[None]:
    _set_read_only(stage, "SET default_transaction_read_only = on", "on")
    try:
        yield
    finally:
        _set_read_only(stage, "RESET default_transaction_read_only", "off")


def _set_read_only(stage: Stage, change: str, expected: str) -> None:
    postgres = _of(stage)
    postgres.execute(f"ALTER SYSTEM {change}")
    postgres.execute("SELECT pg_reload_conf()")
    for _ in tries():
        # A new connection tells what the server hands to all of them.
        if postgres.execute("SHOW default_transaction_read_only") == [(expected,)]:
            return
    raise AssertionError("PostgreSQL does not take its new settings.")


@contextmanager
def read_only_database(stage: Stage) -> Iterator[None]:
    """Unlike a setting of the server, one of the database is taken when a session begins."""
    postgres = _of(stage)
    name = postgres.name(stage.database.url)
    postgres.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    end_sessions(postgres)
    yield
    postgres.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")


@contextmanager
def full(stage: Stage) -> Iterator[None]:
    """The fault that the server reports when its disk is full, without a disk that is."""
    postgres, name = _of(stage), _of(stage).name(stage.database.url)
    postgres.execute(
        "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$",
        name,
    )
    for table in ("users", "sessions"):
        postgres.execute(
            f"CREATE TRIGGER fill BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION fill()",
            name,
        )
    yield
    postgres.execute("DROP FUNCTION fill CASCADE", name)


def end_sessions(postgres: PostgresServer) -> None:
    postgres.execute(
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity "
        "WHERE application_name = 'varvel'"
    )


POSTGRES_FAULTS = [
    Fault("stopped", stopped, EVERYTHING),
    Fault("crashed", crashed, EVERYTHING),
    Fault("restarted", restarted, NOTHING),
    Fault("locked", locked, EVERYTHING),
    Fault("exhausted", exhausted, EVERYTHING),
    Fault("full", full, WRITES),
    Fault("read-only", read_only, WRITES),
    Fault("read-only database", read_only_database, WRITES),
]
SLOW_POSTGRES_FAULTS = [
    Fault("too slow", too_slow, WRITES),
    Fault("frozen", frozen, EVERYTHING, undecided=True),
]
"""Take as long as a request may take, and so are left to the long tests."""
