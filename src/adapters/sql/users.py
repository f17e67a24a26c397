"""Users in the database."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from adapters.sql.database import Database
from adapters.sql.schema import users
from domain.users import User, UsernameTaken, UserNotFound

_ADD = insert(users).returning(users.c.id)
_BY_ID = select(users).where(users.c.id == bindparam("user_id"))
_LOCKED = _BY_ID.with_for_update()
_BY_NAME = select(users).where(users.c.canonical_name == bindparam("name"))
_REPLACE_HASH = (
    update(users)
    .where(users.c.id == bindparam("user_id"), users.c.password_hash == bindparam("old"))
    .values(password_hash=bindparam("new"))
)
_SET_DISABLED = (
    update(users).where(users.c.id == bindparam("user_id")).values(disabled_at=bindparam("at"))
)
_REMOVE = delete(users).where(users.c.id == bindparam("user_id"))


class SqlUserRepository:
    """The table of users."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, *, name: str, canonical_name: str, password_hash: str, created_at: datetime
    ) -> User:
        values = {
            "name": name,
            "canonical_name": canonical_name,
            "password_hash": password_hash,
            "created_at": created_at,
        }
        try:
            with self._database.connection() as connection:
                user_id = connection.execute(_ADD, values).scalar_one()
        except IntegrityError as error:
            raise UsernameTaken from error
        return User(user_id, name, canonical_name, password_hash, created_at)

    def get(self, user_id: int) -> User:
        user = self.find(user_id)
        if user is None:
            raise UserNotFound
        return user

    def find(self, user_id: int) -> User | None:
        return self._first(_BY_ID, user_id=user_id)

    def find_by_name(self, canonical_name: str) -> User | None:
        return self._first(_BY_NAME, name=canonical_name)

    def lock(self, user_id: int) -> User | None:
        return self._first(_LOCKED, user_id=user_id)

    def replace_password_hash(self, user_id: int, *, old: str, new: str) -> bool:
        with self._database.connection() as connection:
            result = connection.execute(_REPLACE_HASH, {"user_id": user_id, "old": old, "new": new})
        return result.rowcount == 1

    def set_disabled(self, user_id: int, at: datetime | None) -> None:
        with self._database.connection() as connection:
            connection.execute(_SET_DISABLED, {"user_id": user_id, "at": at})

    def remove(self, user_id: int) -> None:
        with self._database.connection() as connection:
            connection.execute(_REMOVE, {"user_id": user_id})

    def _first(self, statement: Select[Any], **parameters: object) -> User | None:
        with self._database.connection() as connection:
            row = connection.execute(statement, parameters).mappings().first()
        return User(**row) if row else None
