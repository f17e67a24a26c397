"""Keys that are plain words, sealed by writing the sealing key before them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from itertools import count

from domain.signing_keys import (
    PublicKey,
    SigningKey,
    SigningKeyExists,
    SigningKeysNotLoaded,
    SigningKeyUnreadable,
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


class FakeKeyFactory:
    def __init__(self, sealing_key: str = "present secret") -> None:
        self._sealing_key = sealing_key

    def new(self, *, generation: int, use_from: datetime) -> SigningKey:
        kid = f"kid-{next(_NUMBERS)}"
        sealed = "|".join((self._sealing_key, kid, f"private half of {kid}"))
        return SigningKey(kid, generation, "FAKE", use_from, None, sealed)


class FakeKeyRing:
    def __init__(self, sealing_keys: Sequence[str] = ("present secret",)) -> None:
        self._sealing_keys = sealing_keys
        self._keys: dict[str, bytes] = {}
        self._signing: str | None = None

    def load(self, keys: Sequence[SigningKey]) -> None:
        opened = {key.kid: self._open(key) for key in keys}
        newest = max(keys, key=lambda key: key.generation)
        self._keys, self._signing = opened, newest.kid

    def is_loaded(self) -> bool:
        return self._signing is not None

    def published(self) -> Sequence[PublicKey]:
        self.signing()
        return [
            {"kid": kid, "alg": "FAKE", "x": sha256(private).hexdigest()}
            for kid, private in self._keys.items()
        ]

    def signing(self) -> tuple[str, bytes]:
        """The kid and the key that sign now."""
        if self._signing is None:
            raise SigningKeysNotLoaded
        return self._signing, self._keys[self._signing]

    def find(self, kid: object) -> bytes | None:
        """The key with this kid, if it is one of ours."""
        self.signing()
        return self._keys.get(kid) if isinstance(kid, str) else None

    def _open(self, key: SigningKey) -> bytes:
        match key.sealed_key.split("|"):
            case [sealing_key, key.kid, private] if sealing_key in self._sealing_keys:
                return private.encode()
        raise SigningKeyUnreadable
