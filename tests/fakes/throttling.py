"""Throttles and pseudonyms in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from domain.throttling import Throttle
from tests.fakes.unit_of_work import Storage, in_utc

TABLE = "throttles"


class FakeThrottleRepository:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def find(self, subjects: Sequence[str]) -> Mapping[str, Throttle]:
        rows = self._storage.rows(TABLE)
        return {subject: rows[subject] for subject in subjects if subject in rows}

    def add(self, throttle: Throttle) -> bool:
        with self._storage.changing(TABLE) as throttles:
            if throttle.subject in throttles:
                return False
            throttles[throttle.subject] = _kept(throttle)
            return True

    def replace(self, seen: Throttle, new: Throttle) -> bool:
        with self._storage.changing(TABLE) as throttles:
            stored: Throttle | None = throttles.get(seen.subject)
            if stored is None or replace(stored, next_at=seen.next_at) != seen:
                return False
            throttles[new.subject] = _kept(new)
            return True

    def remove(self, subject: str) -> bool:
        with self._storage.changing(TABLE) as throttles:
            return throttles.pop(subject, None) is not None


class FakePseudonyms:
    def __init__(self, key: str = "secret") -> None:
        self._key = key

    def of(self, name: str) -> str:
        keyed = f"{self._key}:{name}".encode("utf-8", "surrogatepass")
        return sha256(keyed).hexdigest()[:43]


def _kept(throttle: Throttle) -> Throttle:
    return replace(throttle, next_at=in_utc(throttle.next_at), ends_at=in_utc(throttle.ends_at))
