"""A process that follows a storage, and lets itself be watched."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.revocations import FeedPage, FollowRevocations, RevokedSessions
from domain.signing_keys import SigningKey
from domain.unit_of_work import StorageUnavailable
from tests.fakes.clock import FakeClock
from tests.fakes.revocations import FakeRevocationFeed
from tests.fakes.signing_keys import FakeKeyFactory, FakeKeyRing, FakeSigningKeyRepository
from tests.fakes.unit_of_work import Storage

BOUND = timedelta(seconds=5)


class CountedKeys(FakeSigningKeyRepository):
    """Counts how often all keys are read."""

    listed = 0

    def list(self) -> Sequence[SigningKey]:
        self.listed += 1
        return super().list()


class WatchedFeed(FakeRevocationFeed):
    """Notes what it is asked and what it tells; fails as long as it has to."""

    def __init__(self, storage: Storage) -> None:
        super().__init__(storage)
        self.read_after: list[int] = []
        self.told: list[str] = []
        self.is_down = False

    def read(self, *, after: int, alive_at: datetime) -> FeedPage:
        self.read_after.append(after)
        if self.is_down:
            raise StorageUnavailable
        page = super().read(after=after, alive_at=alive_at)
        self.told += [each.session_id for each in page.revocations]
        return page


@dataclass
class Process:
    """A process that follows this storage."""

    storage: Storage
    clock: FakeClock
    secrets: Sequence[str] = ("present secret",)
    revoked: RevokedSessions = field(default_factory=lambda: RevokedSessions(BOUND))

    def __post_init__(self) -> None:
        self.keys = CountedKeys(self.storage)
        self.ring = FakeKeyRing(self.clock, self.secrets)
        self.moved_to(self.storage)

    def moved_to(self, storage: Storage) -> None:
        """From now on the storage is this one."""
        self.feed = WatchedFeed(storage)
        self.keys = CountedKeys(storage)
        self.follow = FollowRevocations(
            self.feed,
            self.revoked,
            self.keys,
            FakeKeyFactory(self.secrets),
            self.ring,
            self.clock,
            storage.transaction,
        )

    def knows(self, session_id: str) -> bool:
        return self.revoked.holds(session_id, now=self.clock.now())
