"""Users in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError

from adapters.sql.database import Database
from adapters.sql.schema import users
from domain.users import NewUser, User, UsernameTaken, UserNotFound

_ADD = insert(users).returning(users.c.id)
# SQLite understands the same words.
_ADD_ALL = (
    postgresql.insert(users)
    .on_conflict_do_nothing(index_elements=[users.c.canonical_name])
    .returning(users.c.canonical_name, users.c.id)
)
_BY_ID = select(users).where(users.c.id == bindparam("user_id"))
_LOCKED = _BY_ID.with_for_update()
_BY_NAME = select(users).where(users.c.canonical_name == bindparam("name"))
_PAGE = (
    select(users)
    .where(users.c.id > bindparam("after"))
    .order_by(users.c.id)
    .limit(bindparam("limit"))
)
# Compared without LIKE, whose wildcards and view of case differ between databases. No index helps:
# with 100,000 users a prefix that few names have takes about 30 ms, one that many have 1 ms.
_BEGINS = func.substr(users.c.canonical_name, 1, bindparam("length")) == bindparam("prefix")
_REPLACE_HASH = (
    update(users)
    .where(users.c.id == bindparam("user_id"), users.c.password_hash == bindparam("old"))
    .values(password_hash=bindparam("new"))
)
_SET_DISABLED = (
    update(users).where(users.c.id == bindparam("user_id")).values(disabled_at=bindparam("at"))
)
_SET_ROLE = update(users).where(users.c.id == bindparam("user_id")).values(role=bindparam("to"))
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

    def add_all(self, new: Sequence[NewUser]) -> Mapping[str, int]:
        if not new:
            return {}
        with self._database.connection() as connection:
            rows = connection.execute(_ADD_ALL, [asdict(each) for each in new])
            return {row.canonical_name: row.id for row in rows}

    def get(self, user_id: int) -> User:
        user = self.find(user_id)
        if user is None:
            raise UserNotFound
        return user

    def find(self, user_id: int) -> User | None:
        return self._first(_BY_ID, user_id=user_id)

    def find_by_name(self, canonical_name: str) -> User | None:
        return self._first(_BY_NAME, name=canonical_name)

    def page(
        self, *, after: int = 0, limit: int, prefix: str = "", disabled: bool | None = None
    ) -> Sequence[User]:
        statement = _PAGE
        values: dict[str, object] = {"after": after, "limit": limit}
        if prefix:
            statement = statement.where(_BEGINS)
            values |= {"prefix": prefix, "length": len(prefix)}
        if disabled is not None:
            since = users.c.disabled_at
            statement = statement.where(since.is_not(None) if disabled else since.is_(None))
        with self._database.connection() as connection:
            return [User(**row) for row in connection.execute(statement, values).mappings()]

    def lock(self, user_id: int) -> User | None:
        return self._first(_LOCKED, user_id=user_id)

    def replace_password_hash(self, user_id: int, *, old: str, new: str) -> bool:
        with self._database.connection() as connection:
            result = connection.execute(_REPLACE_HASH, {"user_id": user_id, "old": old, "new": new})
        return result.rowcount == 1

    def set_disabled(self, user_id: int, at: datetime | None) -> None:
        with self._database.connection() as connection:
            connection.execute(_SET_DISABLED, {"user_id": user_id, "at": at})

    def set_role(self, user_id: int, role: str | None) -> None:
        with self._database.connection() as connection:
            connection.execute(_SET_ROLE, {"user_id": user_id, "to": role})

    def remove(self, user_id: int) -> None:
        with self._database.connection() as connection:
            connection.execute(_REMOVE, {"user_id": user_id})

    def _first(self, statement: Select[Any], **parameters: object) -> User | None:
        with self._database.connection() as connection:
            row = connection.execute(statement, parameters).mappings().first()
        return User(**row) if row else None
