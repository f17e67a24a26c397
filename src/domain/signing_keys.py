"""The keys that sign tokens: made once, kept sealed, published by their public halves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.clock import Clock
from domain.errors import DomainError, ErrorKind
from domain.unit_of_work import UnitOfWork

PublicKey = Mapping[str, str]
"""A public key as a JWK (RFC 7517)."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair. `sealed_key` is the private JWK, encrypted; nothing in the domain opens it.

    `generation` numbers the keys from 1 without gaps, so that of several processes that make the
    next one only the first succeeds. `use_from` is when it begins to sign; `retire_at` is None as
    long as its end is not set.
    """

    kid: str
    generation: int
    algorithm: str
    use_from: datetime
    retire_at: datetime | None
    sealed_key: str


class SigningKeyExists(DomainError):
    """Another process has stored a key of this generation."""

    code = "signing_key_exists"
    kind = ErrorKind.CONFLICT
    detail = "Another process made this signing key first; load the keys again and use that one."


class SigningKeyUnreadable(DomainError):
    """A stored key cannot be opened with any of the present secrets."""

    code = "signing_key_unreadable"
    kind = ErrorKind.UNAVAILABLE
    detail = (
        "The stored signing key cannot be opened with VARVEL_SECRET. "
        "Put the secret it was made under back, after the newer ones in the comma list."
    )


class SigningKeysNotLoaded(DomainError):
    """The process has not read the keys yet, because the storage did not answer."""

    code = "signing_keys_not_loaded"
    kind = ErrorKind.UNAVAILABLE
    detail = "This server has just started and cannot judge tokens yet; try again in a moment."
    retry_after = 1


class SigningKeyRepository(Protocol):
    """Keeps signing keys. Outside a unit of work each call is a transaction of its own."""

    def add(self, key: SigningKey) -> None:
        """Stores a new key. Raises SigningKeyExists when its generation is taken."""
        ...

    def list(self) -> Sequence[SigningKey]:
        """All keys, the oldest generation first."""
        ...


class KeyFactory(Protocol):
    """Makes key pairs."""

    def new(self, *, generation: int, use_from: datetime) -> SigningKey:
        """A fresh key pair, its private half sealed."""
        ...


class KeyRing(Protocol):
    """The keys this process signs and verifies with."""

    def load(self, keys: Sequence[SigningKey]) -> None:
        """Takes these keys in place of all others. Raises SigningKeyUnreadable."""
        ...

    def is_loaded(self) -> bool:
        """Whether there are keys. Without them whatever needs one raises SigningKeysNotLoaded."""
        ...

    def published(self) -> Sequence[PublicKey]:
        """The public halves of the loaded keys. Raises SigningKeysNotLoaded."""
        ...


@dataclass(frozen=True, slots=True)
class LoadSigningKeys:
    """Brings the stored keys into this process, making the first one if there is none yet."""

    signing_keys: SigningKeyRepository
    factory: KeyFactory
    ring: KeyRing
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(self) -> None:
        """Fills the ring. Raises SigningKeyUnreadable and StorageUnavailable."""
        keys = self.signing_keys.list()
        if not keys:
            self._make_first()
            keys = self.signing_keys.list()
        self.ring.load(keys)

    def _make_first(self) -> None:
        key = self.factory.new(generation=1, use_from=self.clock.now())
        try:
            with self.unit_of_work():
                self.signing_keys.add(key)
        except SigningKeyExists:
            return
