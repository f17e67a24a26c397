"""The database's health."""

from adapters.sql import migration
from adapters.sql.database import Database
from domain.unit_of_work import StorageUnavailable


class SqlStorage:
    """The database as a whole."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_usable(self) -> bool:
        try:
            return migration.is_usable(self._database)
        except StorageUnavailable:
            return False
