"""Clients in memory."""

from collections.abc import Sequence
from dataclasses import replace

from domain.clients import Client
from tests.fakes import authorization, consents
from tests.fakes.unit_of_work import Storage, in_utc

TABLE = "clients"


class FakeClientRepository:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def add(self, client: Client) -> None:
        with self._storage.changing(TABLE) as clients:
            clients[client.id] = replace(client, created_at=in_utc(client.created_at))

    def find(self, client_id: str) -> Client | None:
        found: Client | None = self._storage.rows(TABLE).get(client_id)
        return found

    def lock(self, client_id: str) -> Client | None:
        # A unit of work has the whole storage to itself.
        return self.find(client_id)

    def list(self) -> Sequence[Client]:
        clients: list[Client] = list(self._storage.rows(TABLE).values())
        return sorted(clients, key=lambda each: (each.created_at, each.id))

    def replace_secret(self, client_id: str, digest: str) -> None:
        with self._storage.changing(TABLE) as clients:
            if client_id in clients:
                clients[client_id] = replace(clients[client_id], secret_digest=digest)

    def remove(self, client_id: str) -> None:
        with self._storage.changing(TABLE) as clients:
            clients.pop(client_id, None)
        for table in (authorization.TABLE, consents.TABLE):
            with self._storage.changing(table) as rows:
                for key in [key for key, each in rows.items() if each.client_id == client_id]:
                    del rows[key]
