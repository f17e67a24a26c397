"""Brings a database to the newest schema. Alembic is loaded only when there is work for it."""

import io
from enum import Enum
from typing import TYPE_CHECKING

from sqlalchemy import Connection, String, inspect, text
from sqlalchemy.exc import DBAPIError

from adapters.sql.database import Database
from adapters.sql.schema import HEAD
from domain.unit_of_work import StorageUnavailable

if TYPE_CHECKING:
    from alembic.config import Config

LOCK = 0x76617276656C
"""The advisory lock of whoever migrates: the program's name as a number."""

_VERSION = text("SELECT version_num FROM alembic_version").columns(version_num=String)


class SchemaState(Enum):
    """How a database's schema stands to the one this program was written for."""

    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"
    UNKNOWN = "unknown"


USABLE = (SchemaState.CURRENT, SchemaState.NEWER)
"""A step only ever adds, until a later release takes away what nobody uses any more, so that the
program still runs on the schema of the release after it."""


def revision(database: Database) -> str | None:
    """The revision of the database's schema; None for an empty database."""
    with database.connection() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(_VERSION)
        return found


def is_usable(database: Database) -> bool:
    """Whether this program can work with the schema; one look-up. Raises StorageUnavailable."""
    with database.connection() as connection:
        return judged(connection.scalar(_VERSION)) in USABLE


def state(database: Database) -> SchemaState:
    """How the schema stands."""
    return judged(revision(database))


def judged(found: str | None) -> SchemaState:
    """How a schema of this revision stands."""
    # Revisions are numbers of four digits, so that they have an order.
    if found is None:
        return SchemaState.OLDER
    if len(found) != len(HEAD) or not found.isdecimal():
        return SchemaState.UNKNOWN
    if found == HEAD:
        return SchemaState.CURRENT
    return SchemaState.NEWER if found > HEAD else SchemaState.OLDER


def upgrade(database: Database, *, to: str = "head") -> None:
    """Takes every step up to `to` in one transaction, after whoever else is at it.

    Raises StorageUnavailable; then nothing was changed.
    """
    from alembic import command

    try:
        with database.engine.begin() as connection:
            if not database.is_embedded:
                _take_turn(connection)
            command.upgrade(_config(connection), to)
    except DBAPIError as error:
        raise StorageUnavailable(type(error.orig).__name__) from error


def _take_turn(connection: Connection) -> None:
    # Waits for another migration as long as that takes, but for a table's lock only shortly:
    # whoever wants the table after us would wait behind us.
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SET LOCAL lock_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    connection.execute(text("SET LOCAL lock_timeout = '3s'"))


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", "adapters:sql/migrations")
    config.attributes["connection"] = connection
    return config
