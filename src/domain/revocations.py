"""Which sessions are over: known in every process, without asking the storage at each request."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from domain.clock import Clock
from domain.errors import DomainError, ErrorKind
from domain.signing_keys import KeyFactory, KeyRing, SigningKeyRepository, make_first_key
from domain.unit_of_work import UnitOfWork

KEPT_LONGER = timedelta(minutes=1)
"""How much longer than its tokens a revocation is remembered, for a clock that is set back."""

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Revocation:
    """A session that is over, and when the last access token issued in it expires."""

    session_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class FeedPage:
    """What the feed has after some position.

    `position` is that of its last entry, and `keys_version` another one whenever the signing keys
    have changed.
    """

    position: int
    keys_version: int
    revocations: Sequence[Revocation]


class RevocationsUnknown(DomainError):
    """The process has not been able to read the feed for so long that it may miss revocations."""

    code = "revocations_unknown"
    kind = ErrorKind.UNAVAILABLE
    detail = "This server cannot tell at present which tokens were revoked; try again in a moment."
    retry_after = 1


class RevocationFeed(Protocol):
    """The revocations in the order of their commits.

    A unit of work takes the next position when it writes its entries, and whoever wants one then
    waits for its end; so who has read up to a position has missed nothing before it.
    """

    def read(self, *, after: int, alive_at: datetime) -> FeedPage:
        """The entries after this position that expire after this moment."""

    def announce_keys(self) -> None:
        """Makes every process load the signing keys anew, once the unit of work is committed.

        No other unit of work changes signing keys between this call and the end of this one.
        """


class RevokedSessions:
    """The revocations that this process knows. Any thread may call it.

    `bound` is for how long it goes on answering when the feed cannot be read.
    """

    def __init__(self, bound: timedelta) -> None:
        self._bound = bound
        self._expiry: dict[str, datetime] = {}
        self._swept_at = _NEVER
        self.read_at = _NEVER
        self.position = 0
        self.keys_version: int | None = None

    def is_current(self, now: datetime) -> bool:
        """Whether the feed was read within the bound; a clock that jumps back ends that too."""
        return abs(now - self.read_at) <= self._bound

    def holds(self, session_id: str, *, now: datetime) -> bool:
        """Whether this session is over. Raises RevocationsUnknown. Does no I/O."""
        if not self.is_current(now):
            raise RevocationsUnknown
        return session_id in self._expiry

    def add(self, revocations: Iterable[Revocation]) -> None:
        """Takes revocations that are committed; whether the feed has told them does not matter."""
        self._expiry.update({each.session_id: each.expires_at for each in revocations})

    def take(self, page: FeedPage, *, read_at: datetime) -> None:
        """Takes what the feed had at this moment, and forgets what no token can need any more."""
        self.add(page.revocations)
        if read_at - self._swept_at > KEPT_LONGER or read_at < self._swept_at:
            self._sweep(read_at)
        self.position = page.position
        self.keys_version = page.keys_version
        self.read_at = read_at

    def _sweep(self, now: datetime) -> None:
        # A copy, since other threads add meanwhile; made by the one call that none can interrupt.
        for session_id, expires_at in self._expiry.copy().items():
            if expires_at + KEPT_LONGER <= now:
                del self._expiry[session_id]
        self._swept_at = now


@dataclass(frozen=True, slots=True)
class FollowRevocations:
    """Brings this process up to date: the ended sessions, and the signing keys if they changed.

    Makes the first signing key if there is none yet. One thread calls it, again and again.
    """

    feed: RevocationFeed
    revoked: RevokedSessions
    signing_keys: SigningKeyRepository
    factory: KeyFactory
    ring: KeyRing
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(self) -> None:
        """Reads what is new. Raises SigningKeyUnreadable and StorageUnavailable."""
        now = self.clock.now()
        alive_at = now - KEPT_LONGER
        # What the clock said before may have been wrong, and have made this process forget; and
        # whatever was out of reach for long may be another storage now.
        is_new = now < self.revoked.read_at or not self.revoked.is_current(now)
        after = 0 if is_new else self.revoked.position
        page = self.feed.read(after=after, alive_at=alive_at)
        if page.position < self.revoked.position:
            # The storage is an older one, put back: what it has may all be news.
            is_new = True
            page = self.feed.read(after=0, alive_at=alive_at)
        self.revoked.add(page.revocations)
        if is_new or page.keys_version != self.revoked.keys_version:
            self._load_keys()
        self.revoked.take(page, read_at=now)

    def _load_keys(self) -> None:
        keys = self.signing_keys.list()
        if not keys:
            make_first_key(self.signing_keys, self.factory, self.clock, self.unit_of_work)
            keys = self.signing_keys.list()
        self.ring.load(keys)
