"""Readiness: what every request depends on."""

from datetime import timedelta

import pytest

from domain.health import CheckReadiness, NotReady
from domain.revocations import FeedPage, RevokedSessions
from tests.fakes.clock import FakeClock
from tests.fakes.health import FakeHealthStorage
from tests.fakes.signing_keys import FakeKeyRing

BOUND = timedelta(seconds=5)


@pytest.fixture
def revoked(clock: FakeClock) -> RevokedSessions:
    revoked = RevokedSessions(BOUND)
    revoked.take(FeedPage(0, 0, []), read_at=clock.now())
    return revoked


@pytest.fixture
def check_readiness(
    ring: FakeKeyRing, revoked: RevokedSessions, clock: FakeClock
) -> CheckReadiness:
    return CheckReadiness(FakeHealthStorage(), ring, revoked, clock)


def test_a_process_with_its_keys_the_feed_and_its_storage_is_ready(
    check_readiness: CheckReadiness,
) -> None:
    check_readiness()


def test_a_process_whose_storage_cannot_be_used_is_not_ready(
    ring: FakeKeyRing, revoked: RevokedSessions, clock: FakeClock
) -> None:
    with pytest.raises(NotReady):
        CheckReadiness(FakeHealthStorage(usable=False), ring, revoked, clock)()


def test_a_process_without_keys_is_not_ready(revoked: RevokedSessions, clock: FakeClock) -> None:
    with pytest.raises(NotReady):
        CheckReadiness(FakeHealthStorage(), FakeKeyRing(clock), revoked, clock)()


def test_a_process_that_has_not_read_the_feed_is_not_ready(
    ring: FakeKeyRing, clock: FakeClock
) -> None:
    with pytest.raises(NotReady):
        CheckReadiness(FakeHealthStorage(), ring, RevokedSessions(BOUND), clock)()


def test_a_process_is_ready_for_as_long_as_it_knows_what_was_revoked(
    check_readiness: CheckReadiness, revoked: RevokedSessions, clock: FakeClock
) -> None:
    clock.advance(seconds=5)
    check_readiness()

    clock.advance(microseconds=1)
    with pytest.raises(NotReady):
        check_readiness()

    revoked.take(FeedPage(0, 0, []), read_at=clock.now())
    check_readiness()
