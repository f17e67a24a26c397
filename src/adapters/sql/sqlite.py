"""What SQLite needs to be as safe as a server: pragmas, early locks, an eye on its file."""

import gc
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, event, exc

from domain.unit_of_work import StorageUnavailable

AUTOCOMMIT = "varvel_autocommit"
"""The option of an execution whose statements commit by themselves."""


def attend(engine: Engine, file: Path) -> None:
    """Makes every connection of this engine to this file safe."""
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin_immediate)
    _watch_file(engine, file)
    _give_up_read_only(engine)


def _watch_file(engine: Engine, file: Path) -> None:
    @event.listens_for(engine, "connect")
    def note(_connection: object, record: Any) -> None:
        record.info["file"] = _identity(file)

    @event.listens_for(engine, "checkout")
    def check(_connection: object, record: Any, _proxy: object) -> None:
        # A connection goes on with the file it has opened, even when that has been taken away,
        # and what it writes then is lost.
        found = _identity(file)
        if found is None:
            raise StorageUnavailable("FileNotFoundError")
        if found != record.info["file"]:
            raise exc.DisconnectionError


def _give_up_read_only(engine: Engine) -> None:
    # As long as one connection is open that began while the files could not be written, all that
    # this process opens share its fate; so all of them have to go before there is a new one.
    generation = 0
    collected = 0

    @event.listens_for(engine, "handle_error")
    def begin_generation(context: ExceptionContext) -> None:
        nonlocal generation
        name = getattr(context.original_exception, "sqlite_errorname", "")
        if name.startswith("SQLITE_READONLY"):
            generation += 1
            context.is_disconnect = True
            engine.dispose()

    @event.listens_for(engine, "checkin")
    def close_older(_connection: object, record: Any) -> None:
        if record.info.get("generation", generation) != generation:
            record.invalidate()

    @event.listens_for(engine, "do_connect")
    def collect(*_arguments: object) -> None:
        nonlocal collected
        if collected != generation:
            # The connection that failed stays open for as long as its error refers to it.
            collected = generation
            gc.collect()

    @event.listens_for(engine, "connect")
    def note(_connection: object, record: Any) -> None:
        record.info["generation"] = generation


def _set_pragmas(connection: Any, _record: object) -> None:
    # Leaves transactions to SQLAlchemy; the driver would begin them later than it is asked to.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    # Takes the write lock at once: two readers that both want to write would else deadlock.
    if not connection.get_execution_options().get(AUTOCOMMIT):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
