"""Keys that are plain words, sealed by writing the sealing key before them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from itertools import count
from typing import Any

from domain.clock import Clock
from domain.signing_keys import (
    PublicKey,
    SigningKey,
    SigningKeyExists,
    SigningKeysNotLoaded,
    SigningKeyUnreadable,
    signing_at,
)
from tests.fakes.unit_of_work import Storage, in_utc

TABLE = "signing_keys"

_NUMBERS = count(1)
"""Shared by all factories, as two processes never make the same key."""


class FakeSigningKeyRepository:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def add(self, key: SigningKey) -> None:
        with self._storage.changing(TABLE) as keys:
            if key.generation in keys or any(other.kid == key.kid for other in keys.values()):
                raise SigningKeyExists
            keys[key.generation] = replace(
                key,
                use_from=in_utc(key.use_from),
                retire_at=None if key.retire_at is None else in_utc(key.retire_at),
            )

    def list(self) -> Sequence[SigningKey]:
        return [key for _, key in sorted(self._storage.rows(TABLE).items())]

    def schedule(self, kid: str, *, use_from: datetime, retire_at: datetime | None) -> None:
        self._change(kid, use_from=in_utc(use_from), retire_at=retire_at and in_utc(retire_at))

    def reseal(self, kid: str, *, old: str, new: str) -> bool:
        found = self._find(kid)
        if found is None or found.sealed_key != old:
            return False
        self._change(kid, sealed_key=new)
        return True

    def remove(self, kid: str) -> None:
        found = self._find(kid)
        with self._storage.changing(TABLE) as keys:
            if found is not None:
                del keys[found.generation]

    def _find(self, kid: str) -> SigningKey | None:
        return next((key for key in self.list() if key.kid == kid), None)

    def _change(self, kid: str, **values: Any) -> None:
        found = self._find(kid)
        with self._storage.changing(TABLE) as keys:
            if found is not None:
                keys[found.generation] = replace(found, **values)


class FakeKeyFactory:
    """The first of the sealing keys seals; all of them open."""

    def __init__(self, sealing_keys: Sequence[str] = ("present secret",)) -> None:
        self._sealing_keys = sealing_keys

    def new(self, *, generation: int, use_from: datetime) -> SigningKey:
        kid = f"kid-{next(_NUMBERS)}"
        sealed = self._sealed(kid, f"private half of {kid}")
        return SigningKey(kid, generation, "FAKE", use_from, None, sealed)

    def resealed(self, key: SigningKey) -> str:
        return self._sealed(key.kid, _opened(key, self._sealing_keys))

    def _sealed(self, kid: str, private: str) -> str:
        return "|".join((self._sealing_keys[0], kid, private))


class FakeKeyRing:
    def __init__(self, clock: Clock, sealing_keys: Sequence[str] = ("present secret",)) -> None:
        self._clock = clock
        self._sealing_keys = sealing_keys
        self._keys: dict[str, tuple[SigningKey, bytes]] = {}

    def load(self, keys: Sequence[SigningKey]) -> None:
        now = self._clock.now()
        self._keys = {
            key.kid: (key, _opened(key, self._sealing_keys).encode())
            for key in keys
            if not key.is_retired(now)
        }

    def is_loaded(self) -> bool:
        return bool(self._keys)

    def published(self) -> Sequence[PublicKey]:
        now = self._clock.now()
        return [
            {"kid": kid, "alg": "FAKE", "x": sha256(private).hexdigest()}
            for kid, (key, private) in self._loaded().items()
            if not key.is_retired(now)
        ]

    def signing(self) -> tuple[str, bytes]:
        """The kid and the key that sign now."""
        keys = self._loaded()
        key = signing_at([key for key, _ in keys.values()], self._clock.now())
        return key.kid, keys[key.kid][1]

    def find(self, kid: object) -> bytes | None:
        """The key with this kid, if it is one of ours."""
        keys = self._loaded()
        found = keys.get(kid) if isinstance(kid, str) else None
        return found[1] if found and not found[0].is_retired(self._clock.now()) else None

    def _loaded(self) -> dict[str, tuple[SigningKey, bytes]]:
        if not self._keys:
            raise SigningKeysNotLoaded
        return self._keys


def _opened(key: SigningKey, sealing_keys: Sequence[str]) -> str:
    match key.sealed_key.split("|"):
        case [sealing_key, key.kid, private] if sealing_key in sealing_keys:
            return private
    raise SigningKeyUnreadable
