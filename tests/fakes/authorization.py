"""Authorization codes in memory."""

from dataclasses import replace

from domain.authorization import AuthorizationCode
from domain.clients import ClientNotFound
from tests.fakes.unit_of_work import Storage, in_utc

TABLE = "authorization_codes"


class FakeAuthorizationCodeRepository:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def add(self, code: AuthorizationCode) -> None:
        with self._storage.changing(TABLE) as codes:
            if code.client_id not in self._storage.rows("clients"):
                raise ClientNotFound
            codes[code.digest] = replace(code, expires_at=in_utc(code.expires_at))

    def find(self, digest: str) -> AuthorizationCode | None:
        found: AuthorizationCode | None = self._storage.rows(TABLE).get(digest)
        return found

    def use(self, digest: str, *, session_id: str) -> bool:
        with self._storage.changing(TABLE) as codes:
            code: AuthorizationCode | None = codes.get(digest)
            if code is None or code.session_id is not None:
                return False
            codes[digest] = replace(code, session_id=session_id)
            return True
