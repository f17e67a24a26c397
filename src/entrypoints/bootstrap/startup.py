"""What happens to the database before anything serves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import URL

from adapters.clock import SystemClock
from adapters.sql import migration
from adapters.sql.database import Database
from adapters.sql.migration import SchemaState
from domain.clock import Clock
from domain.signing_keys import SigningKeyUnreadable
from domain.unit_of_work import StorageUnavailable
from entrypoints.bootstrap.parts import Parts, make_parts
from entrypoints.data_directory import make_private_file
from entrypoints.settings import Settings, StartupError


def prepare(settings: Settings) -> None:
    """Makes sure of the schema and of a signing key before any process serves.

    An embedded database is brought to the newest schema; a server's is only looked at, since many
    processes share it. Raises StartupError when the database or the key in it cannot be used.
    """
    parts = make_parts(settings)
    _make_database_file(settings)
    with startup_errors(parts.database):
        state = migration.state(parts.database)
        if parts.database.is_embedded and state is SchemaState.OLDER:
            migration.upgrade(parts.database)
        elif state not in migration.USABLE:
            raise StartupError(_unusable_schema(state))
        parts.follow_revocations()()


@contextmanager
def opened(settings: Settings, *, clock: Clock | None = None) -> Iterator[Parts]:
    """The parts on a database whose schema is usable; closed in the end. Raises StartupError."""
    if settings.database_file is not None and not settings.database_file.exists():
        raise StartupError("There is no database yet: run varvel migrate.")
    parts = make_parts(settings, clock=clock)
    with startup_errors(parts.database):
        state = migration.state(parts.database)
        if state not in migration.USABLE:
            raise StartupError(_unusable_schema(state))
        yield parts


@contextmanager
def replaceable(settings: Settings) -> Iterator[Parts]:
    """The parts on a database that may be empty, or have an older schema. Raises StartupError."""
    parts = make_parts(settings)
    _make_database_file(settings)
    with startup_errors(parts.database):
        if migration.state(parts.database) is SchemaState.UNKNOWN:
            raise StartupError(_unusable_schema(SchemaState.UNKNOWN))
        yield parts


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a look at the database found. `clock_difference` is ours minus theirs, in seconds."""

    clock_difference: float
    encodes_unicode: bool


def inspect(settings: Settings) -> Inspection:
    """Looks at a database without changing it.

    Raises StartupError when it cannot be reached, its schema is not current, or its signing key
    cannot be opened.
    """
    with opened(settings) as parts:
        if parts.signing_keys.list():
            parts.follow_revocations()()
        return Inspection(
            (SystemClock().now() - parts.database.now()).total_seconds(),
            parts.database.encodes_unicode(),
        )


def migrate(settings: Settings) -> bool:
    """Brings the database to this program's schema; False if it has a newer one, and keeps it.

    Raises StartupError.
    """
    database = make_parts(settings).database
    _make_database_file(settings)
    with startup_errors(database):
        state = migration.state(database)
        if state is SchemaState.UNKNOWN:
            raise StartupError(_unusable_schema(state))
        if state is SchemaState.OLDER:
            migration.upgrade(database)
        return state is not SchemaState.NEWER


@contextmanager
def startup_errors(database: Database) -> Iterator[None]:
    """Tells the person at the keyboard what the database's errors mean, and closes it."""
    try:
        yield
    except StorageUnavailable as error:
        told = str(getattr(error.__cause__, "orig", None) or "it does not answer")
        # After the first line come guesses, or the same of the host's other addresses.
        reason = " ".join(told.partition("\n")[0].split()).rstrip(".? ")
        raise StartupError(
            f"The database {_named(database.url)} cannot be used: {reason}. "
            "Check VARVEL_DATABASE_URL and VARVEL_DATA_DIR."
        ) from error
    except SigningKeyUnreadable as error:
        raise StartupError(error.detail) from error
    finally:
        database.dispose()


def _named(url: URL) -> str:
    # Options of the address can hold a password as well.
    return url.set(query={}).render_as_string(hide_password=True)


def _unusable_schema(state: SchemaState) -> str:
    if state is SchemaState.OLDER:
        return "The database's schema is older than this program: run varvel migrate."
    return (
        "The database holds another program's schema; "
        "set VARVEL_DATABASE_URL to a database of Varvel's own."
    )


def _make_database_file(settings: Settings) -> None:
    if settings.database_file is not None:
        make_private_file(settings.database_file)
