"""The first signing key, the keys of a process, and which of them signs."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.revocations import FollowRevocations, RevokedSessions
from domain.signing_keys import (
    KeyState,
    SigningKey,
    SigningKeyUnreadable,
    signing_at,
    state_of,
)
from tests.fakes.clock import START, FakeClock
from tests.fakes.revocations import FakeRevocationFeed
from tests.fakes.signing_keys import FakeKeyFactory, FakeKeyRing, FakeSigningKeyRepository
from tests.fakes.unit_of_work import Storage

HOUR = timedelta(hours=1)


def started(storage: Storage, factory: FakeKeyFactory | None = None) -> list[str]:
    """The kids that a process holds after it has read the feed for the first time."""
    clock = FakeClock()
    ring = FakeKeyRing(clock)
    follow = FollowRevocations(
        FakeRevocationFeed(storage),
        RevokedSessions(timedelta(seconds=5)),
        FakeSigningKeyRepository(storage),
        factory or FakeKeyFactory(),
        ring,
        clock,
        storage.transaction,
    )
    follow()
    return [key["kid"] for key in ring.published()]


def key(generation: int, *, use_from: datetime, retire_at: datetime | None = None) -> SigningKey:
    return SigningKey(f"kid-{generation}", generation, "FAKE", use_from, retire_at, "sealed")


def test_the_first_start_makes_a_key_and_keeps_it(
    signing_keys: FakeSigningKeyRepository, storage: Storage
) -> None:
    kids = started(storage)

    (key,) = signing_keys.list()
    assert kids == [key.kid]
    assert (key.generation, key.use_from, key.retire_at) == (1, START, None)


def test_later_starts_load_the_same_key_and_make_none(
    signing_keys: FakeSigningKeyRepository, storage: Storage
) -> None:
    first = started(storage)

    class Unused(FakeKeyFactory):
        def new(self, *, generation: int, use_from: datetime) -> SigningKey:
            raise AssertionError("A second first key was made.")

    assert started(storage, Unused()) == first
    assert len(signing_keys.list()) == 1


def test_all_stored_keys_are_loaded(
    signing_keys: FakeSigningKeyRepository, storage: Storage
) -> None:
    keys = [FakeKeyFactory().new(generation=number, use_from=START) for number in (1, 2, 3)]
    for each in keys:
        signing_keys.add(each)

    assert started(storage) == [each.kid for each in keys]


def test_who_loses_the_race_for_the_first_key_loads_the_winners(
    signing_keys: FakeSigningKeyRepository, storage: Storage
) -> None:
    winner = FakeKeyFactory().new(generation=1, use_from=START)

    class Overtaken(FakeKeyFactory):
        def new(self, *, generation: int, use_from: datetime) -> SigningKey:
            signing_keys.add(winner)
            return super().new(generation=generation, use_from=use_from)

    assert started(storage, Overtaken()) == [winner.kid]
    assert signing_keys.list() == [winner]


def test_a_key_is_made_outside_the_unit_of_work(storage: Storage) -> None:
    class Watching(FakeKeyFactory):
        was_inside = True

        def new(self, *, generation: int, use_from: datetime) -> SigningKey:
            self.was_inside = storage.is_open
            return super().new(generation=generation, use_from=use_from)

    factory = Watching()

    started(storage, factory)

    assert not factory.was_inside


def test_a_key_of_a_lost_secret_is_reported_and_not_replaced(
    signing_keys: FakeSigningKeyRepository, storage: Storage
) -> None:
    lost = FakeKeyFactory(("lost secret",)).new(generation=1, use_from=START)
    signing_keys.add(lost)

    with pytest.raises(SigningKeyUnreadable):
        started(storage)

    assert signing_keys.list() == [lost]


def test_the_youngest_key_whose_time_has_come_signs() -> None:
    keys = [key(1, use_from=START), key(2, use_from=START), key(3, use_from=START + HOUR)]

    assert signing_at(keys, START).generation == 2
    assert [state_of(each, keys, START) for each in keys] == [
        KeyState.RETIRING,
        KeyState.SIGNING,
        KeyState.PENDING,
    ]
    assert signing_at(keys, START + HOUR - timedelta(microseconds=1)).generation == 2
    assert signing_at(keys, START + HOUR).generation == 3


def test_the_oldest_key_signs_for_a_clock_before_the_time_of_all_of_them() -> None:
    keys = [key(2, use_from=START), key(1, use_from=START + HOUR)]

    assert signing_at(keys, START - HOUR).generation == 1


def test_a_retired_key_does_not_sign_while_the_next_one_has_not_begun() -> None:
    factory = FakeKeyFactory()
    retired = replace(factory.new(generation=1, use_from=START), retire_at=START + HOUR)
    pending = factory.new(generation=2, use_from=START + 3 * HOUR)

    assert signing_at([retired, pending], START + 2 * HOUR) == pending
    assert signing_at([retired], START + 2 * HOUR) == retired


def test_a_key_is_retired_from_its_moment_on_and_never_without_one() -> None:
    retiring = key(1, use_from=START, retire_at=START + HOUR)

    assert not retiring.is_retired(START + HOUR - timedelta(microseconds=1))
    assert retiring.is_retired(START + HOUR)
    assert not replace(retiring, retire_at=None).is_retired(START + 1_000 * HOUR)


def test_a_key_goes_from_pending_over_signing_and_retiring_to_retired() -> None:
    first = key(1, use_from=START, retire_at=START + 3 * HOUR)
    second = key(2, use_from=START + 2 * HOUR)
    keys = [first, second]

    states = [
        [state_of(each, keys, START + hours * HOUR) for each in keys] for hours in (0, 1, 2, 3)
    ]

    assert states == [
        [KeyState.SIGNING, KeyState.PENDING],
        [KeyState.SIGNING, KeyState.PENDING],
        [KeyState.RETIRING, KeyState.SIGNING],
        [KeyState.RETIRED, KeyState.SIGNING],
    ]


@settings(max_examples=50)
@given(
    begins=st.lists(st.integers(-5, 5), min_size=1, max_size=5),
    now=st.integers(-6, 6),
)
def test_exactly_one_of_the_keys_that_are_not_given_up_signs(begins: list[int], now: int) -> None:
    keys = [key(number, use_from=START + each * HOUR) for number, each in enumerate(begins, 1)]

    states = [state_of(each, keys, START + now * HOUR) for each in keys]

    assert states.count(KeyState.SIGNING) == 1
    assert keys[states.index(KeyState.SIGNING)] == signing_at(keys, START + now * HOUR)
