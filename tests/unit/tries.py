"""Tries of passwords, most of which fail, and what is said of the next one."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.credentials import PasswordCheck
from domain.errors import DomainError
from domain.origins import Origin
from domain.throttling import Attempt, Throttle, Throttling, TooManyFailures
from domain.users import User
from tests.fakes.clock import FakeClock
from tests.origins import ORIGIN

MOMENT = timedelta(microseconds=1)
ACCOUNT = "user:1"
NO_NETWORK = Origin("192.0.2.7", None)

DELAYS = [0, 0, 0, 0, *(1 << doublings for doublings in range(12)), 3600, 3600, 3600]
"""Seconds that the next try waits after one failure, after two, and so on."""


def stored(throttling: Throttling, subject: str = ACCOUNT) -> Throttle:
    return throttling.throttles.find([subject])[subject]


def with_policy(throttling: Throttling, **changes: object) -> Throttling:
    return replace(throttling, policy=replace(throttling.policy, **changes))  # type: ignore[arg-type]


def try_once(
    throttling: Throttling, subject: str = ACCOUNT, origin: Origin = NO_NETWORK
) -> Attempt:
    """A try that is admitted and fails."""
    attempt = throttling.admit(subject, origin)
    throttling.note_failure(attempt)
    return attempt


def refused_for(throttling: Throttling, subject: str = ACCOUNT, origin: Origin = NO_NETWORK) -> int:
    """Seconds after which the next try is told to come back. Fails if it is admitted."""
    with pytest.raises(TooManyFailures) as caught:
        throttling.admit(subject, origin)
    return caught.value.retry_after or 0


def fail(
    throttling: Throttling,
    times: int,
    subject: str = ACCOUNT,
    origin: Origin = NO_NETWORK,
) -> None:
    """So many tries, each as soon as it is admitted and not a moment before."""
    assert isinstance(throttling.clock, FakeClock)
    for _ in range(times):
        stored = throttling.throttles.find([subject]).get(subject)
        if stored is not None and stored.next_at > throttling.clock.now():
            wait = stored.next_at - throttling.clock.now() - MOMENT
            throttling.clock.advance(seconds=wait.total_seconds())
            assert refused_for(throttling, subject, origin) == 1
            throttling.clock.advance(microseconds=1)
        try_once(throttling, subject, origin)


def from_network(network: str) -> Origin:
    """A call from there."""
    return Origin(network, network)


WRONG = "wrong"
NETWORK = f"network:{ORIGIN.network}"

REFUSED = ("invalid_credentials", None)
LATER = ("too_many_failures", 1)
"""What refusals say, except for the words."""


def guess(
    check: PasswordCheck, name: str = "miguel", password: str = WRONG, origin: Origin = ORIGIN
) -> User:
    return check.user_with(username=name, password=password, origin=origin)


def outcome(attempt: Callable[[], object]) -> object:
    """What an attempt is refused with."""
    with pytest.raises(DomainError) as caught:
        attempt()
    return caught.value.code, caught.value.retry_after


def refusal(check: PasswordCheck, name: str = "miguel", password: str = WRONG) -> object:
    return outcome(lambda: guess(check, name, password))


def outcomes(check: PasswordCheck, names: Sequence[str]) -> list[object]:
    return [refusal(check, name) for name in names]
