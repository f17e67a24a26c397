"""Signing keys, and what operators do with them."""

from dataclasses import dataclass
from datetime import timedelta

from domain.audit import AuditTrail
from domain.key_rotation import (
    ListSigningKeys,
    RetireSigningKey,
    RotateSigningKeys,
    RotationPolicy,
)
from domain.signing_keys import KeyState, SigningKey
from tests.fakes.audit import FakeAuditRepository, FakeSeals
from tests.fakes.clock import START, FakeClock
from tests.fakes.identifiers import FakeIdentifiers
from tests.fakes.revocations import FakeRevocationFeed
from tests.fakes.signing_keys import FakeKeyFactory, FakeSigningKeyRepository
from tests.fakes.unit_of_work import Storage
from tests.origins import ORIGIN

MAX_AGE = timedelta(minutes=5)
TOKEN_LIFETIME = timedelta(minutes=10)
MOMENT = timedelta(microseconds=1)
POLICY = RotationPolicy(MAX_AGE, TOKEN_LIFETIME)
WAIT = MAX_AGE + timedelta(seconds=2)

PENDING, SIGNING, RETIRING, RETIRED = KeyState


@dataclass
class Keys:
    """The keys in a storage, and what operators do with them."""

    storage: Storage
    clock: FakeClock

    def __post_init__(self) -> None:
        self.repository = FakeSigningKeyRepository(self.storage)
        self.feed = FakeRevocationFeed(self.storage)
        self.audit = AuditTrail(
            FakeAuditRepository(self.storage), FakeSeals(), self.clock, FakeIdentifiers()
        )
        factory, work = FakeKeyFactory(), self.storage.transaction
        self.rotate = RotateSigningKeys(
            self.repository, factory, self.feed, POLICY, self.audit, self.clock, work
        )
        self.retire = RetireSigningKey(
            self.repository, factory, self.feed, self.audit, self.clock, work
        )
        self.repository.add(factory.new(generation=1, use_from=START))

    @property
    def all(self) -> list[SigningKey]:
        return list(self.repository.list())

    @property
    def states(self) -> list[KeyState]:
        return [state for _, state in ListSigningKeys(self.repository, self.clock)()]

    @property
    def version(self) -> int:
        """What tells other processes that they have to load the keys anew."""
        return self.feed.read(after=0, alive_at=START).keys_version

    def rotated(self) -> SigningKey:
        """A new key, when it has begun to sign."""
        key = self.rotate(origin=ORIGIN)
        self.clock.advance(seconds=WAIT.total_seconds())
        return key
