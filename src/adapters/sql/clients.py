"""Clients in the database."""

from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import bindparam, delete, insert, select, update

from adapters.sql.database import Database
from adapters.sql.schema import clients
from domain.clients import Client

_ADD = insert(clients)
_LIST = select(clients).order_by(clients.c.created_at, clients.c.id)
_BY_ID = select(clients).where(clients.c.id == bindparam("client_id"))
# Without its key: codes and consents name a client while it acts for itself.
_LOCKED = _BY_ID.with_for_update(key_share=True)
_REPLACE_SECRET = (
    update(clients)
    .where(clients.c.id == bindparam("client_id"))
    .values(secret_digest=bindparam("digest"))
)
_REMOVE = delete(clients).where(clients.c.id == bindparam("client_id"))


class SqlClientRepository:
    """The table of clients."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, client: Client) -> None:
        values = {each.name: getattr(client, each.name) for each in fields(Client)}
        with self._database.connection() as connection:
            connection.execute(_ADD, values)

    def find(self, client_id: str) -> Client | None:
        with self._database.connection() as connection:
            row = connection.execute(_BY_ID, {"client_id": client_id}).mappings().first()
        return Client(**row) if row else None

    def lock(self, client_id: str) -> Client | None:
        with self._database.connection() as connection:
            row = connection.execute(_LOCKED, {"client_id": client_id}).mappings().first()
        return Client(**row) if row else None

    def list(self) -> Sequence[Client]:
        with self._database.connection() as connection:
            return [Client(**row) for row in connection.execute(_LIST).mappings()]

    def replace_secret(self, client_id: str, digest: str) -> None:
        with self._database.connection() as connection:
            connection.execute(_REPLACE_SECRET, {"client_id": client_id, "digest": digest})

    def remove(self, client_id: str) -> None:
        # Codes and consents go with their client, by their foreign keys.
        with self._database.connection() as connection:
            connection.execute(_REMOVE, {"client_id": client_id})
