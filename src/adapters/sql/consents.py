"""Consents in the database."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from adapters.sql.database import Database
from adapters.sql.schema import authorization_codes, clients, consents
from domain.consents import Consent

_OF_USER = (
    select(consents, clients.c.name.label("client_name"))
    .join(clients)
    .where(consents.c.user_id == bindparam("owner"))
    .order_by(consents.c.given_at.desc(), consents.c.client_id)
)
_ONE = _OF_USER.where(consents.c.client_id == bindparam("client"))
_NEW = insert(consents)
# SQLite understands the same words.
_PUT = _NEW.on_conflict_do_update(
    index_elements=[consents.c.user_id, consents.c.client_id],
    set_={"scope": _NEW.excluded.scope, "given_at": _NEW.excluded.given_at},
)
_REMOVE, _REMOVE_CODES = (
    delete(table).where(
        table.c.user_id == bindparam("owner"), table.c.client_id == bindparam("client")
    )
    for table in (consents, authorization_codes)
)


class SqlConsentRepository:
    """The table of consents."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, user_id: int, client_id: str) -> Consent | None:
        wanted = {"owner": user_id, "client": client_id}
        with self._database.connection() as connection:
            row = connection.execute(_ONE, wanted).mappings().first()
        return Consent(**row) if row else None

    def list(self, user_id: int) -> Sequence[Consent]:
        with self._database.connection() as connection:
            rows = connection.execute(_OF_USER, {"owner": user_id}).mappings()
            return [Consent(**row) for row in rows]

    def put(self, user_id: int, client_id: str, *, scope: str, given_at: datetime) -> None:
        values = {"user_id": user_id, "client_id": client_id, "scope": scope, "given_at": given_at}
        with self._database.connection() as connection:
            connection.execute(_PUT, values)

    def remove(self, user_id: int, client_id: str) -> bool:
        wanted = {"owner": user_id, "client": client_id}
        with self._database.connection() as connection:
            # In the order in which both go with their client, so that nobody waits in a circle.
            was_there = connection.execute(_REMOVE, wanted).rowcount == 1
            connection.execute(_REMOVE_CODES, wanted)
        return was_there
