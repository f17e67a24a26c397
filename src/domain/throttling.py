"""Throttling: how often passwords may be tried, counted over all processes together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Protocol

from domain.clock import Clock
from domain.errors import DomainError, ErrorKind
from domain.origins import Origin
from domain.users import User, subject_of

ACCOUNT_WINDOW = timedelta(hours=24)
"""After which delays begin anew, and what was tried at names that nobody has is forgotten."""

STRANGER = "name:"
NETWORK = "network:"
"""What subjects begin with that are not accounts, and that nobody is left to forget."""

LARGEST_DOUBLING = 17
"""Of a second, that is more than a day; of a day, no more than a duration can hold."""


class TooManyFailures(DomainError):
    """So many tries have failed that the next has to wait. The same whether the name is known."""

    code = "too_many_failures"
    kind = ErrorKind.THROTTLED
    detail = "Too many passwords were wrong; wait as long as Retry-After says, then try again."

    def __init__(self, wait: timedelta = timedelta(0)) -> None:
        super().__init__()
        self.retry_after = max(1, ceil(wait.total_seconds()))


@dataclass(frozen=True, slots=True)
class Throttle:
    """The tries that have failed, or may yet, at an account, a name that nobody has, or a network.

    `failures` are those since the last success, `recent` those since the window began. The next is
    admitted at `next_at`; at `ends_at` the window ends.
    """

    subject: str
    failures: int
    recent: int
    next_at: datetime
    ends_at: datetime


class ThrottleRepository(Protocol):
    """Keeps throttles. Outside a unit of work each call is a transaction of its own."""

    def find(self, subjects: Sequence[str]) -> Mapping[str, Throttle]:
        """Those of these subjects that have one."""

    def add(self, throttle: Throttle) -> bool:
        """Stores it unless its subject has one; says whether it did."""

    def replace(self, seen: Throttle, new: Throttle) -> bool:
        """Writes the new one if the stored one still is as it was seen; says whether it was."""

    def remove(self, subject: str) -> bool:
        """Forgets the subject's; says whether there was one."""


class Pseudonyms(Protocol):
    """Names for names that must not be stored: what was typed as one may be a password."""

    def of(self, name: str) -> str:
        """Always the same for this name; the name cannot be found from it without our secret."""


@dataclass(frozen=True, slots=True)
class ThrottlePolicy:
    """When tries are admitted.

    After `free` failures the next one waits for `first_delay`, twice as long after each more, and
    `longest_delay` at most. At `maximum` failures in a row no password opens the account until it
    is unlocked (NIST SP 800-63B-4 section 3.2.2). A network has `network_failures` in each
    `network_window`, over all accounts.
    """

    free: int = 5
    first_delay: timedelta = timedelta(seconds=1)
    longest_delay: timedelta = timedelta(hours=1)
    maximum: int = 100
    network_failures: int = 100
    network_window: timedelta = timedelta(minutes=10)

    def account_wait(self, throttle: Throttle, now: datetime) -> timedelta:
        """How long the account's next try has to wait; it does not if this is not positive."""
        if self._counts(throttle, now) and throttle.failures >= self.maximum:
            return self.longest_delay
        # By a clock that is behind, the next try may seem to lie further ahead than it can.
        return min(throttle.next_at - now, self._delay_after(throttle.recent))

    def network_wait(self, throttle: Throttle, now: datetime) -> timedelta:
        """How long all tries from the network have to wait."""
        is_spent = throttle.recent >= self.network_failures
        return throttle.ends_at - now if is_spent else timedelta(0)

    def account_failure(self, subject: str, seen: Throttle | None, now: datetime) -> Throttle:
        """The account's throttle with one failure more than was seen."""
        failures = seen.failures if seen and self._counts(seen, now) else 0
        recent, ends_at = _window(seen, now, ACCOUNT_WINDOW)
        return Throttle(subject, failures + 1, recent, now + self._delay_after(recent), ends_at)

    def network_failure(self, subject: str, seen: Throttle | None, now: datetime) -> Throttle:
        """The network's throttle with one failure more than was seen."""
        recent, ends_at = _window(seen, now, self.network_window)
        return Throttle(subject, recent, recent, now, ends_at)

    def _delay_after(self, recent: int) -> timedelta:
        if recent < self.free:
            return timedelta(0)
        doublings = min(recent - self.free, LARGEST_DOUBLING)
        return min(self.first_delay * (1 << doublings), self.longest_delay)

    def _counts(self, throttle: Throttle, now: datetime) -> bool:
        # An account's failures count until a success. What was tried at a name that nobody has can
        # be removed when its window has ended, and whether it was must make no difference.
        return not throttle.subject.startswith(STRANGER) or now < throttle.ends_at


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try that was admitted. `counted` is set if it counts as failed already."""

    subject: str
    network: str | None
    counted: Throttle | None


@dataclass(frozen=True, slots=True)
class Throttling:
    """Admits tries, and remembers what came of them.

    While a subject has failures, its next try is counted before its hash is spent, by a conditional
    write: of many at once one goes on. Without failures nothing is written, so as many can be under
    way as hashes are computed at once.
    """

    policy: ThrottlePolicy
    throttles: ThrottleRepository
    pseudonyms: Pseudonyms
    clock: Clock

    def subject(self, user: User | None, name: str) -> str:
        """What tries at this name are counted for: the user's account, if one has it."""
        return subject_of(user.id) if user else f"{STRANGER}{self.pseudonyms.of(name)}"

    def admit(self, subject: str, origin: Origin) -> Attempt:
        """Lets a try at the subject begin. Raises TooManyFailures."""
        network = f"{NETWORK}{origin.network}" if origin.network else None
        while True:
            found = self.throttles.find([subject, network] if network else [subject])
            now = self.clock.now()
            shared = found.get(network) if network else None
            if shared is not None:
                _require_no(self.policy.network_wait(shared, now))
            seen = found.get(subject)
            if seen is None:
                return Attempt(subject, network, counted=None)
            _require_no(self.policy.account_wait(seen, now))
            counted = self.policy.account_failure(subject, seen, now)
            if self.throttles.replace(seen, counted):
                return Attempt(subject, network, counted)

    def note_failure(self, attempt: Attempt) -> bool:
        """Counts a try that has failed; says whether it was the last. Needs a unit of work."""
        counted = attempt.counted or self._add(attempt.subject, self.policy.account_failure)
        if attempt.network is not None:
            self._add(attempt.network, self.policy.network_failure)
        return counted.failures == self.policy.maximum

    def note_success(self, attempt: Attempt) -> None:
        """Forgets the failures of the account."""
        self.throttles.remove(attempt.subject)

    def _add(self, subject: str, failure: "_Failure") -> Throttle:
        while True:
            seen = self.throttles.find([subject]).get(subject)
            new = failure(subject, seen, self.clock.now())
            if self.throttles.replace(seen, new) if seen else self.throttles.add(new):
                return new


class _Failure(Protocol):
    def __call__(self, subject: str, seen: Throttle | None, now: datetime) -> Throttle: ...


def _window(seen: Throttle | None, now: datetime, length: timedelta) -> tuple[int, datetime]:
    if seen is None or seen.ends_at <= now:
        return 1, now + length
    return seen.recent + 1, seen.ends_at


def _require_no(wait: timedelta) -> None:
    if wait > timedelta(0):
        raise TooManyFailures(wait)
