"""Authorization codes in the database."""

from dataclasses import asdict

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from adapters.sql.database import Database
from adapters.sql.schema import authorization_codes
from domain.authorization import AuthorizationCode
from domain.clients import ClientNotFound

_ADD = insert(authorization_codes)
_FIND = select(authorization_codes).where(authorization_codes.c.digest == bindparam("wanted"))
_USE = (
    update(authorization_codes)
    .where(authorization_codes.c.digest == bindparam("wanted"))
    .where(authorization_codes.c.session_id.is_(None))
    .values(session_id=bindparam("came_of_it"))
)


class SqlAuthorizationCodeRepository:
    """The table of authorization codes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, code: AuthorizationCode) -> None:
        try:
            with self._database.connection() as connection:
                connection.execute(_ADD, asdict(code))
        except IntegrityError as error:
            # Its user is there: whoever adds a code has them locked.
            raise ClientNotFound from error

    def find(self, digest: str) -> AuthorizationCode | None:
        with self._database.connection() as connection:
            row = connection.execute(_FIND, {"wanted": digest}).mappings().first()
        return AuthorizationCode(**row) if row else None

    def use(self, digest: str, *, session_id: str) -> bool:
        values = {"wanted": digest, "came_of_it": session_id}
        with self._database.connection() as connection:
            return connection.execute(_USE, values).rowcount == 1
