"""Consents in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from domain.consents import Consent
from tests.fakes import authorization
from tests.fakes.unit_of_work import Storage, in_utc

TABLE = "consents"


class FakeConsentRepository:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def find(self, user_id: int, client_id: str) -> Consent | None:
        return next((each for each in self.list(user_id) if each.client_id == client_id), None)

    def list(self, user_id: int) -> Sequence[Consent]:
        clients = self._storage.rows("clients")
        own = [
            replace(each, client_name=clients[each.client_id].name)
            for each in self._storage.rows(TABLE).values()
            if each.user_id == user_id
        ]
        own.sort(key=lambda each: each.client_id)
        return sorted(own, key=lambda each: each.given_at, reverse=True)

    def put(self, user_id: int, client_id: str, *, scope: str, given_at: datetime) -> None:
        with self._storage.changing(TABLE) as consents:
            consents[user_id, client_id] = Consent(user_id, client_id, "", scope, in_utc(given_at))

    def remove(self, user_id: int, client_id: str) -> bool:
        with self._storage.changing(authorization.TABLE) as codes:
            for key, each in list(codes.items()):
                if (each.user_id, each.client_id) == (user_id, client_id):
                    del codes[key]
        with self._storage.changing(TABLE) as consents:
            return consents.pop((user_id, client_id), None) is not None
