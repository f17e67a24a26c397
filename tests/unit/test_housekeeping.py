"""Removing what has expired: by turns, in batches, late enough."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain.housekeeping import BATCH, INTERVAL, MAXIMUM_BATCHES, RemoveExpired
from domain.issuance import IssueToken
from domain.sessions import EndSession, Session
from domain.users import User
from tests.fakes.clock import FakeClock
from tests.fakes.housekeeping import FakeExpiringStorage
from tests.fakes.revocations import TABLE as REVOCATIONS
from tests.fakes.sessions import TABLE as SESSIONS
from tests.fakes.sessions import FakeSessionRepository
from tests.fakes.signing_keys import FakeKeyFactory, FakeSigningKeyRepository
from tests.fakes.unit_of_work import Storage
from tests.origins import ORIGIN
from tests.unit.log_ins import acting_in, log_in

DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)


class CountedStorage(FakeExpiringStorage):
    """Notes what every batch was asked for."""

    def __init__(self, storage: Storage, clock: FakeClock) -> None:
        super().__init__(storage, clock)
        self.batches: list[tuple[datetime, int]] = []

    def remove_expired(self, *, before: datetime, limit: int) -> int:
        self.batches.append((before, limit))
        return super().remove_expired(before=before, limit=limit)


@pytest.fixture
def expiring(storage: Storage, clock: FakeClock) -> CountedStorage:
    return CountedStorage(storage, clock)


@pytest.fixture
def add_expired(
    sessions: FakeSessionRepository, issue: IssueToken, miguel: User, clock: FakeClock
) -> Callable[[int], None]:
    """Stores so many sessions that expired two days ago."""
    session = log_in(issue, miguel).session
    expired = replace(session, idle_end=clock.now() - 2 * DAY)

    def add(number: int) -> None:
        for each in range(number):
            sessions.add(replace(expired, id=f"expired-{each}"))

    return add


def stored(storage: Storage) -> list[Session]:
    return list(storage.rows(SESSIONS).values())


def advance_to(clock: FakeClock, moment: datetime) -> None:
    clock.advance(seconds=(moment - clock.now()).total_seconds())


@pytest.mark.asvs("V14.2.7")
def test_a_session_is_kept_for_24_hours_after_its_end_and_no_longer(
    expiring: CountedStorage, storage: Storage, clock: FakeClock, issue: IssueToken, miguel: User
) -> None:
    session = log_in(issue, miguel).session
    advance_to(clock, session.idle_end + timedelta(hours=24))

    assert RemoveExpired(expiring)() == 0
    assert stored(storage) == [session]

    clock.advance(minutes=1)
    assert RemoveExpired(expiring)() == 1
    assert stored(storage) == []


def test_a_session_ended_early_goes_24_hours_later_and_its_revocation_after_its_last_token(
    *,
    expiring: CountedStorage,
    storage: Storage,
    clock: FakeClock,
    issue: IssueToken,
    sessions: FakeSessionRepository,
    miguel: User,
) -> None:
    session = log_in(issue, miguel).session
    clock.advance(minutes=1)
    end = EndSession(sessions, issue.revoked, issue.audit, clock, storage.transaction)
    end(principal=acting_in(session, miguel), session_id="current", origin=ORIGIN)

    clock.advance(hours=24, microseconds=1)
    assert RemoveExpired(expiring)() == 1
    assert stored(storage) == []
    assert len(storage.rows(REVOCATIONS)) == 1

    clock.advance(minutes=9)
    assert RemoveExpired(expiring)() == 1
    assert not storage.rows(REVOCATIONS)


def test_a_retired_key_goes_24_hours_later_and_one_in_use_never(
    expiring: CountedStorage, signing_keys: FakeSigningKeyRepository, clock: FakeClock
) -> None:
    factory = FakeKeyFactory()
    retired = replace(factory.new(generation=1, use_from=clock.now()), retire_at=clock.now())
    present = factory.new(generation=2, use_from=clock.now())
    signing_keys.add(retired)
    signing_keys.add(present)

    clock.advance(hours=24)
    assert RemoveExpired(expiring)() == 0

    clock.advance(days=365)
    assert RemoveExpired(expiring)() == 1
    assert signing_keys.list() == [present]


def test_nothing_is_removed_before_it_is_this_process_turn_again(
    expiring: CountedStorage, add_expired: Callable[[int], None], clock: FakeClock
) -> None:
    first, second = RemoveExpired(expiring), RemoveExpired(expiring)
    first()
    add_expired(1)
    batches = len(expiring.batches)

    clock.advance(seconds=(INTERVAL - MOMENT).total_seconds())
    assert [first(), second()] == [0, 0]
    assert len(expiring.batches) == batches

    clock.advance(microseconds=1)
    assert [second(), first()] == [1, 0]


def test_all_batches_of_a_turn_ask_for_the_same_margin_by_the_clock_of_the_storage(
    expiring: CountedStorage, add_expired: Callable[[int], None], clock: FakeClock
) -> None:
    add_expired(BATCH + 1)

    assert RemoveExpired(expiring)() == BATCH + 1

    assert expiring.batches == [(clock.now() - timedelta(hours=24), BATCH)] * 3


def test_a_turn_without_work_costs_one_batch(expiring: CountedStorage) -> None:
    assert RemoveExpired(expiring)() == 0

    assert len(expiring.batches) == 1


def test_a_turn_is_bounded_and_the_next_one_goes_on(
    expiring: CountedStorage, add_expired: Callable[[int], None], clock: FakeClock
) -> None:
    class TenAtOnce(CountedStorage):
        def remove_expired(self, *, before: datetime, limit: int) -> int:
            return super().remove_expired(before=before, limit=min(limit, 10))

    slow = TenAtOnce(expiring._storage, clock)
    most = 10 * MAXIMUM_BATCHES
    add_expired(most + 15)

    assert RemoveExpired(slow)() == most
    assert len(slow.batches) == MAXIMUM_BATCHES

    clock.advance(minutes=1)
    assert RemoveExpired(slow)() == 15
