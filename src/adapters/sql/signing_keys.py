"""Signing keys in the database, sealed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from adapters.sql.database import Database
from adapters.sql.schema import signing_keys
from domain.signing_keys import SigningKey, SigningKeyExists

_ALL = select(signing_keys).order_by(signing_keys.c.generation)
_IS_KID = signing_keys.c.kid == bindparam("key")
_SCHEDULE = (
    update(signing_keys)
    .where(_IS_KID)
    .values(use_from=bindparam("new_use_from"), retire_at=bindparam("new_retire_at"))
)
_RESEAL = (
    update(signing_keys)
    .where(_IS_KID, signing_keys.c.sealed_key == bindparam("old"))
    .values(sealed_key=bindparam("new"))
)
_REMOVE = delete(signing_keys).where(_IS_KID)


class SqlSigningKeyRepository:
    """The table of signing keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, key: SigningKey) -> None:
        values = {
            "kid": key.kid,
            "generation": key.generation,
            "alg": key.algorithm,
            "use_from": key.use_from,
            "retire_at": key.retire_at,
            "sealed_key": key.sealed_key,
        }
        try:
            with self._database.connection() as connection:
                connection.execute(insert(signing_keys), values)
        except IntegrityError as error:
            raise SigningKeyExists from error

    def list(self) -> Sequence[SigningKey]:
        with self._database.connection() as connection:
            return [
                SigningKey(
                    kid=row.kid,
                    generation=row.generation,
                    algorithm=row.alg,
                    use_from=row.use_from,
                    retire_at=row.retire_at,
                    sealed_key=row.sealed_key,
                )
                for row in connection.execute(_ALL)
            ]

    def schedule(self, kid: str, *, use_from: datetime, retire_at: datetime | None) -> None:
        values = {"key": kid, "new_use_from": use_from, "new_retire_at": retire_at}
        with self._database.connection() as connection:
            connection.execute(_SCHEDULE, values)

    def reseal(self, kid: str, *, old: str, new: str) -> bool:
        with self._database.connection() as connection:
            result = connection.execute(_RESEAL, {"key": kid, "old": old, "new": new})
        return result.rowcount == 1

    def remove(self, kid: str) -> None:
        with self._database.connection() as connection:
            connection.execute(_REMOVE, {"key": kid})
