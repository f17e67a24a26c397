"""How signing keys follow each other, in peace."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from domain.key_rotation import (
    ListSigningKeys,
    RotationPending,
)
from domain.signing_keys import SigningKey, SigningKeyExists, SigningKeyUnreadable
from tests.fakes.clock import START, FakeClock
from tests.fakes.signing_keys import FakeKeyFactory, FakeSigningKeyRepository
from tests.origins import ORIGIN
from tests.unit.key_changes import (
    MAX_AGE,
    MOMENT,
    PENDING,
    POLICY,
    RETIRED,
    RETIRING,
    SIGNING,
    TOKEN_LIFETIME,
    WAIT,
    Keys,
)


def test_a_new_key_signs_two_seconds_after_all_who_keep_the_published_ones_have_asked_again(
    keys: Keys, clock: FakeClock
) -> None:
    clock.advance(hours=1)

    new = keys.rotate(origin=ORIGIN)

    assert new.use_from == clock.now() + timedelta(minutes=5, seconds=2)
    assert (new.generation, new.retire_at) == (2, None)
    assert keys.all[1] == new


def test_a_rotation_goes_from_pending_over_signing_and_retiring_to_retired(
    keys: Keys, clock: FakeClock
) -> None:
    assert keys.states == [SIGNING]
    keys.rotate(origin=ORIGIN)
    assert keys.states == [SIGNING, PENDING]

    clock.advance(seconds=(WAIT - MOMENT).total_seconds())
    assert keys.states == [SIGNING, PENDING]
    clock.advance(microseconds=1)
    assert keys.states == [RETIRING, SIGNING]

    # The last token that the former key signed, on the machine whose clock is the slowest.
    clock.advance(seconds=(TOKEN_LIFETIME + timedelta(seconds=60) - MOMENT).total_seconds())
    assert keys.states == [RETIRING, SIGNING]
    clock.advance(microseconds=1)
    assert keys.states == [RETIRED, SIGNING]


def test_keys_are_listed_with_their_states_the_oldest_first(keys: Keys, clock: FakeClock) -> None:
    new = keys.rotate(origin=ORIGIN)

    former = replace(new, kid=keys.all[0].kid)
    listed = ListSigningKeys(keys.repository, clock)()

    assert [(key.kid, state) for key, state in listed] == [
        (former.kid, SIGNING),
        (new.kid, PENDING),
    ]


def test_a_rotation_is_refused_while_one_is_pending_and_changes_nothing(
    keys: Keys, clock: FakeClock
) -> None:
    keys.rotate(origin=ORIGIN)
    before, version = keys.all, keys.version
    clock.advance(seconds=(WAIT - MOMENT).total_seconds())

    with pytest.raises(RotationPending):
        keys.rotate(origin=ORIGIN)
    assert (keys.all, keys.version) == (before, version)

    clock.advance(microseconds=1)
    assert keys.rotate(origin=ORIGIN).generation == 3


def test_a_key_that_retires_already_keeps_its_time_at_the_next_rotation(keys: Keys) -> None:
    keys.rotated()
    first = keys.all[0]

    keys.rotate(origin=ORIGIN)

    assert keys.all[0] == first
    assert keys.states == [RETIRING, SIGNING, PENDING]


def test_the_first_rotation_of_a_storage_without_keys_makes_one_that_signs_at_once(
    keys: Keys, clock: FakeClock
) -> None:
    keys.repository.remove(keys.all[0].kid)

    first = keys.rotate(origin=ORIGIN)

    assert (first.generation, first.use_from) == (1, clock.now())
    assert keys.states == [SIGNING]


def test_a_rotation_and_every_retirement_make_other_processes_load_the_keys_anew(
    keys: Keys,
) -> None:
    versions = [keys.version]
    new = keys.rotate(origin=ORIGIN)
    versions.append(keys.version)
    keys.retire(kid=new.kid, compromised=False, origin=ORIGIN)
    versions.append(keys.version)
    keys.retire(kid=keys.all[0].kid, compromised=True, origin=ORIGIN)
    versions.append(keys.version)

    assert versions == [0, 1, 2, 3]


def test_whoever_loses_the_race_for_a_generation_changes_nothing(keys: Keys) -> None:
    winner = FakeKeyFactory().new(generation=2, use_from=START)

    class Overtaken(FakeSigningKeyRepository):
        def add(self, key: SigningKey) -> None:
            super().add(winner)
            super().add(key)

    before = keys.all

    with pytest.raises(SigningKeyExists):
        replace(keys.rotate, signing_keys=Overtaken(keys.storage))(origin=ORIGIN)
    assert (keys.all, keys.version) == (before, 0)


def test_a_new_key_waits_for_a_process_that_hears_of_it_as_late_as_it_may(keys: Keys) -> None:
    bound = timedelta(seconds=5)
    slow = replace(keys.rotate, policy=replace(POLICY, revocation_bound=bound))

    assert slow(origin=ORIGIN).use_from == START + MAX_AGE + bound


@pytest.mark.parametrize("is_compromised", [False, True])
def test_whoever_cannot_open_the_present_key_makes_no_next_one(
    keys: Keys, is_compromised: bool
) -> None:
    before = keys.all
    stranger = FakeKeyFactory(("another secret",))
    retire = partial(replace(keys.retire, factory=stranger), kid=before[0].kid, compromised=True)
    rotate = replace(keys.rotate, factory=stranger)

    with pytest.raises(SigningKeyUnreadable):
        (retire if is_compromised else rotate)(origin=ORIGIN)

    assert (keys.all, keys.version) == (before, 0)
