"""The keys that sign tokens: kept sealed, published by their public halves, changed in peace."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from domain.clock import Clock
from domain.errors import DomainError, ErrorKind
from domain.unit_of_work import UnitOfWork

PublicKey = Mapping[str, str]
"""A public key as a JWK (RFC 7517)."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair. `sealed_key` is the private JWK, encrypted; nothing in the domain opens it.

    `generation` numbers the keys, so that of several processes that make the next one only the
    first succeeds. `use_from` is when it begins to sign; `retire_at`, when it is not published and
    accepted any more, is None as long as no younger key is there to follow it.
    """

    kid: str
    generation: int
    algorithm: str
    use_from: datetime
    retire_at: datetime | None
    sealed_key: str

    def is_retired(self, now: datetime) -> bool:
        """Whether tokens that it signed are refused."""
        return self.retire_at is not None and self.retire_at <= now


class KeyState(Enum):
    """Where a key is on its way."""

    PENDING = "pending"
    SIGNING = "signing"
    RETIRING = "retiring"
    RETIRED = "retired"


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

    def list(self) -> Sequence[SigningKey]:
        """All keys, the oldest generation first."""

    def schedule(self, kid: str, *, use_from: datetime, retire_at: datetime | None) -> None:
        """Sets when this key begins to sign and when it is given up."""

    def reseal(self, kid: str, *, old: str, new: str) -> bool:
        """Writes the new sealed form if the stored one is still the old one; says whether."""

    def remove(self, kid: str) -> None:
        """Forgets this key."""


class KeyFactory(Protocol):
    """Makes key pairs, and seals them."""

    def new(self, *, generation: int, use_from: datetime) -> SigningKey:
        """A fresh key pair, its private half sealed."""

    def resealed(self, key: SigningKey) -> str:
        """The private half sealed with the newest secret. Raises SigningKeyUnreadable."""


class KeyRing(Protocol):
    """The keys this process signs and verifies with."""

    def load(self, keys: Sequence[SigningKey]) -> None:
        """Takes these keys in place of all others. Raises SigningKeyUnreadable."""

    def is_loaded(self) -> bool:
        """Whether there are keys. Without them whatever needs one raises SigningKeysNotLoaded."""

    def published(self) -> Sequence[PublicKey]:
        """The public halves of the keys not retired. Raises SigningKeysNotLoaded."""


def signing_at(keys: Sequence[SigningKey], now: datetime) -> SigningKey:
    """The key that signs at this moment: the youngest whose time has come, and is not over.

    Where there is none like that, because clocks differ, it is the oldest.
    """
    keys = [key for key in keys if not key.is_retired(now)] or keys
    begun = [key for key in keys if key.use_from <= now]
    if not begun:
        return min(keys, key=lambda key: key.generation)
    return max(begun, key=lambda key: key.generation)


def state_of(key: SigningKey, keys: Sequence[SigningKey], now: datetime) -> KeyState:
    """Where this one of the keys is at this moment."""
    if key.is_retired(now):
        return KeyState.RETIRED
    if key == signing_at(keys, now):
        return KeyState.SIGNING
    return KeyState.PENDING if key.use_from > now else KeyState.RETIRING


def make_first_key(
    signing_keys: SigningKeyRepository, factory: KeyFactory, clock: Clock, unit_of_work: UnitOfWork
) -> None:
    """Stores the first key, unless another process is quicker."""
    key = factory.new(generation=1, use_from=clock.now())
    try:
        with unit_of_work():
            signing_keys.add(key)
    except SigningKeyExists:
        return
