"""The engine, and the transactions in which repositories meet."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    ExceptionContext,
    QueuePool,
    create_engine,
    event,
    exc,
    make_url,
    text,
)

from adapters.sql import sqlite
from domain.unit_of_work import StorageUnavailable

BUSY_TIMEOUT = 3
"""Seconds to wait for a connection, a lock or another writer before giving up."""

STATEMENT_TIMEOUT = 5
"""Seconds a statement may take on a server."""

BACKENDS = ("sqlite", "postgresql")

READ_ONLY_TRANSACTION = "25006"
"""PostgreSQL's SQLSTATE."""


class Database:
    """One database: `transaction` is the unit of work, `connection` what repositories run on."""

    def __init__(self, url: str | URL, *, pool_size: int = 5) -> None:
        self.url = make_url(url)
        if self.url.get_backend_name() not in BACKENDS or not self.url.database:
            raise exc.ArgumentError("The address names no database of a known kind.")
        self._engine = _engine(self.url, pool_size)
        self._autocommit = self._engine.execution_options(**_autocommit_options(self.url))
        # One value a thread, since each use case runs on one thread from its start to its end.
        self._open: ContextVar[Connection | None] = ContextVar("open", default=None)

    @property
    def engine(self) -> Engine:
        """The engine, for migrations and checks."""
        return self._engine

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits on leaving, rolls back on an exception. Raises StorageUnavailable.

        Raises RuntimeError inside another transaction, since it could not be rolled back alone.
        """
        if self._open.get() is not None:
            raise RuntimeError("A unit of work is open already; do both writes in that one.")
        with _translated_errors(), self._engine.begin() as connection:
            token = self._open.set(connection)
            try:
                yield
            finally:
                self._open.reset(token)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """The open transaction's connection; without one, each statement commits by itself."""
        with _translated_errors():
            current = self._open.get()
            if current is not None:
                yield current
                return
            with self._autocommit.connect() as connection:
                yield connection

    @property
    def is_embedded(self) -> bool:
        """Whether the database is a file of this program's own, with no server behind it."""
        return _is_embedded(self.url)

    def now(self) -> datetime:
        """The present moment by the database's clock. Raises StorageUnavailable."""
        if self.is_embedded:
            return datetime.now(UTC)
        with self.connection() as connection:
            found: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            return found.astimezone(UTC)

    def encodes_unicode(self) -> bool:
        """Whether every text can be stored. Raises StorageUnavailable."""
        question = "PRAGMA encoding" if self.is_embedded else "SHOW server_encoding"
        with self.connection() as connection:
            answer: str = connection.execute(text(question)).scalar_one()
            return answer.upper().startswith("UTF")

    def connections_in_use(self) -> int:
        """How many connections this process has taken from its pool."""
        pool = self._engine.pool
        return pool.checkedout() if isinstance(pool, QueuePool) else 0

    def dispose(self) -> None:
        """Closes every connection; the next use opens new ones."""
        self._engine.dispose()


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except exc.IntegrityError:
        raise
    except (exc.DBAPIError, exc.TimeoutError) as error:
        raise StorageUnavailable(_reason(error)) from error


def _reason(error: Exception) -> str:
    # The name of the fault alone: what the database says of it can repeat what was to be stored.
    fault = getattr(error, "orig", None) or error
    return getattr(fault, "sqlite_errorname", None) or type(fault).__name__


def _is_embedded(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _autocommit_options(url: URL) -> dict[str, Any]:
    return {sqlite.AUTOCOMMIT: True} if _is_embedded(url) else {"isolation_level": "AUTOCOMMIT"}


def _engine(url: URL, pool_size: int) -> Engine:
    # A statement's parameters hold names and hashes, which no error message may repeat.
    options: dict[str, Any] = {"hide_parameters": True, "pool_timeout": BUSY_TIMEOUT}
    options |= {"pool_size": pool_size, "max_overflow": 0}
    if _is_embedded(url):
        engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT}, **options)
        sqlite.attend(engine, Path(url.database or ""))
    else:
        # A connection that a restarted server or a firewall cut is found before it is used.
        engine = create_engine(url, pool_pre_ping=True, connect_args=_server_limits(), **options)
        event.listen(engine, "handle_error", _give_up_read_only)
    return engine


def _server_limits() -> dict[str, Any]:
    limits = {
        "statement_timeout": STATEMENT_TIMEOUT,
        "lock_timeout": BUSY_TIMEOUT,
        "idle_in_transaction_session_timeout": STATEMENT_TIMEOUT,
    }
    return {
        "connect_timeout": BUSY_TIMEOUT,
        # A server that went away without a word is noticed in about the same time.
        "tcp_user_timeout": STATEMENT_TIMEOUT * 1000,
        "keepalives_idle": STATEMENT_TIMEOUT,
        "keepalives_interval": 1,
        "keepalives_count": 3,
        "application_name": "varvel",
        # Whatever the server is set to, and even for a database without an encoding.
        "client_encoding": "utf8",
        "options": " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items()),
    }


def _give_up_read_only(context: ExceptionContext) -> None:
    # A session that began while nothing could be written stays read-only for as long as it lives.
    if getattr(context.original_exception, "sqlstate", None) == READ_ONLY_TRANSACTION:
        context.is_disconnect = True
