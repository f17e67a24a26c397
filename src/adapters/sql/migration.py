"""Brings a database to the newest schema. Alembic is loaded only when there is work for it."""

import io
from typing import TYPE_CHECKING

from sqlalchemy import String, column, inspect, select, table
from sqlalchemy.exc import DBAPIError

from adapters.sql.database import Database
from adapters.sql.schema import HEAD
from domain.unit_of_work import StorageUnavailable

if TYPE_CHECKING:
    from alembic.config import Config

_VERSION = select(column("version_num", String)).select_from(table("alembic_version"))


def revision(database: Database) -> str | None:
    """The revision of the database's schema; None for an empty database."""
    with database.connection() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        row = connection.execute(_VERSION).first()
        return row[0] if row else None


def is_current(database: Database) -> bool:
    """Whether the schema is the one this program was written for."""
    return revision(database) == HEAD


def upgrade(database: Database, *, to: str = "head") -> None:
    """Takes every step up to `to` in one transaction, after whoever else is at it.

    Raises StorageUnavailable; then nothing was changed.
    """
    from alembic import command

    try:
        with database.engine.begin() as connection:
            command.upgrade(_config(connection), to)
    except DBAPIError as error:
        raise StorageUnavailable from error


def _config(connection: object) -> "Config":
    from alembic.config import Config

    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", "adapters:sql/migrations")
    config.attributes["connection"] = connection
    return config
