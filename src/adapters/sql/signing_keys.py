"""Signing keys in the database, sealed."""

from collections.abc import Sequence

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from adapters.sql.database import Database
from adapters.sql.schema import signing_keys
from domain.signing_keys import SigningKey, SigningKeyExists

_ALL = select(signing_keys).order_by(signing_keys.c.generation)


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
