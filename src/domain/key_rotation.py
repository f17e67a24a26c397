"""How signing keys follow each other: pending, signing, retiring."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.audit import AuditTrail, Event
from domain.clock import CLOCK_LEEWAY, Clock
from domain.errors import DomainError, ErrorKind
from domain.origins import Origin
from domain.revocations import RevocationFeed
from domain.signing_keys import (
    KeyFactory,
    KeyState,
    SigningKey,
    SigningKeyRepository,
    signing_at,
    state_of,
)
from domain.unit_of_work import UnitOfWork

PUBLICATION_MARGIN = timedelta(seconds=2)
"""How much longer than its verifiers' caches a new key waits at least."""


class RotationPending(DomainError):
    """A new key is published already, and has not begun to sign."""

    code = "rotation_pending"
    kind = ErrorKind.CONFLICT
    detail = "A new key is pending already: wait until it signs, or retire it."


class SigningKeyNotFound(DomainError):
    """No key has this id."""

    code = "signing_key_not_found"
    kind = ErrorKind.NOT_FOUND
    detail = "No signing key has this id: take one from varvel keys list."


class SigningKeyInUse(DomainError):
    """The key cannot go in good order, since no other one is there to follow it."""

    code = "signing_key_in_use"
    kind = ErrorKind.CONFLICT
    detail = "This key signs, and nothing follows it: run varvel keys rotate first."


@dataclass(frozen=True, slots=True)
class RotationPolicy:
    """When keys begin and end.

    `jwks_max_age` is how long others keep the published keys, `token_lifetime` how long tokens
    live, and `revocation_bound` how long a process may go without hearing of a new key.
    """

    jwks_max_age: timedelta
    token_lifetime: timedelta
    revocation_bound: timedelta = PUBLICATION_MARGIN

    def use_from(self, now: datetime) -> datetime:
        """When a key that is published now may begin to sign: when every verifier has it."""
        return now + self.jwks_max_age + max(PUBLICATION_MARGIN, self.revocation_bound)

    def retire_at(self, use_from: datetime) -> datetime:
        """When the key before one that signs from then on has no living token left."""
        return use_from + self.token_lifetime + CLOCK_LEEWAY


@dataclass(frozen=True, slots=True)
class ListSigningKeys:
    """Tells which keys there are."""

    signing_keys: SigningKeyRepository
    clock: Clock

    def __call__(self) -> Sequence[tuple[SigningKey, KeyState]]:
        """Every key with its state, the oldest first."""
        keys, now = self.signing_keys.list(), self.clock.now()
        return [(key, state_of(key, keys, now)) for key in keys]


@dataclass(frozen=True, slots=True)
class RotateSigningKeys:
    """Publishes a new key, which signs as soon as everybody who checks tokens can know it."""

    signing_keys: SigningKeyRepository
    factory: KeyFactory
    feed: RevocationFeed
    policy: RotationPolicy
    audit: AuditTrail
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(self, *, origin: Origin) -> SigningKey:
        """The new key. Raises RotationPending and SigningKeyUnreadable."""
        with self.unit_of_work():
            self.feed.announce_keys()
            keys, now = self.signing_keys.list(), self.clock.now()
            if any(key.use_from > now for key in keys):
                raise RotationPending
            use_from = self.policy.use_from(now) if keys else now
            new = _following(keys, self.factory, use_from)
            self.signing_keys.add(new)
            for key in keys:
                if key.retire_at is None:
                    retire_at = self.policy.retire_at(new.use_from)
                    self.signing_keys.schedule(key.kid, use_from=key.use_from, retire_at=retire_at)
            self.audit.record(Event.KEY_ROTATED, origin=origin, subject=_subject(new.kid))
        return new


@dataclass(frozen=True, slots=True)
class RetireSigningKey:
    """Takes a key out of use: a pending one as if it had never been, a compromised one at once."""

    signing_keys: SigningKeyRepository
    factory: KeyFactory
    feed: RevocationFeed
    audit: AuditTrail
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(self, *, kid: str, compromised: bool, origin: Origin) -> KeyState:
        """The state that the key was found in.

        Tokens of a compromised key are refused as soon as processes hear of it. One with another to
        follow it retires by itself, and is left to its time. Raises SigningKeyNotFound,
        SigningKeyInUse and SigningKeyUnreadable.
        """
        with self.unit_of_work():
            self.feed.announce_keys()
            keys, now = self.signing_keys.list(), self.clock.now()
            key = next((each for each in keys if each.kid == kid), None)
            if key is None:
                raise SigningKeyNotFound
            state = state_of(key, keys, now)
            if state is KeyState.PENDING:
                self._withdraw(key, keys, now)
            elif compromised:
                self._drop(key, keys, now)
            elif state is KeyState.SIGNING and key.retire_at is None:
                raise SigningKeyInUse
            if compromised or state is KeyState.PENDING:
                self.audit.record(
                    Event.KEY_RETIRED, origin=origin, subject=_subject(kid), detail=state.value
                )
        return state

    def _withdraw(self, pending: SigningKey, keys: Sequence[SigningKey], now: datetime) -> None:
        self.signing_keys.remove(pending.kid)
        present = signing_at(keys, now)
        self.signing_keys.schedule(present.kid, use_from=present.use_from, retire_at=None)

    def _drop(self, key: SigningKey, keys: Sequence[SigningKey], now: datetime) -> None:
        if key == signing_at(keys, now):
            following = [each for each in keys if each.generation > key.generation]
            if following:
                self.signing_keys.schedule(following[0].kid, use_from=now, retire_at=None)
            else:
                self.signing_keys.add(_following(keys, self.factory, now))
        self.signing_keys.remove(key.kid)


@dataclass(frozen=True, slots=True)
class RewrapSigningKeys:
    """Seals every key with the newest secret, so that the older ones can be given up."""

    signing_keys: SigningKeyRepository
    factory: KeyFactory
    audit: AuditTrail
    unit_of_work: UnitOfWork

    def __call__(self, *, origin: Origin) -> int:
        """How many keys there are, all sealed anew. Raises SigningKeyUnreadable."""
        keys = self.signing_keys.list()
        resealed = [(key, self.factory.resealed(key)) for key in keys]
        with self.unit_of_work():
            number = sum(
                self.signing_keys.reseal(key.kid, old=key.sealed_key, new=new)
                for key, new in resealed
            )
            self.audit.record(Event.KEYS_REWRAPPED, origin=origin, detail=f"keys={number}")
        return number


def _subject(kid: str) -> str:
    return f"key:{kid}"


def _following(keys: Sequence[SigningKey], factory: KeyFactory, use_from: datetime) -> SigningKey:
    if keys:
        # Who cannot open what the servers use would seal the next key so that they cannot.
        factory.resealed(keys[-1])
    generation = keys[-1].generation + 1 if keys else 1
    return factory.new(generation=generation, use_from=use_from)
