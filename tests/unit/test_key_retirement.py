"""How signing keys go: withdrawn, compromised, in their time; and how all are sealed anew."""

from dataclasses import replace

import pytest

from domain.key_rotation import (
    RewrapSigningKeys,
    SigningKeyInUse,
    SigningKeyNotFound,
)
from domain.signing_keys import SigningKey, SigningKeyUnreadable
from tests.fakes.clock import START, FakeClock
from tests.fakes.signing_keys import FakeKeyFactory
from tests.origins import ORIGIN
from tests.unit.key_changes import (
    PENDING,
    RETIRED,
    RETIRING,
    SIGNING,
    Keys,
)


@pytest.mark.parametrize("compromised", [False, True])
def test_an_unknown_key_is_not_found_and_changes_nothing(keys: Keys, compromised: bool) -> None:
    before = keys.all

    with pytest.raises(SigningKeyNotFound):
        keys.retire(kid="kid-0", compromised=compromised, origin=ORIGIN)

    assert (keys.all, keys.version) == (before, 0)


@pytest.mark.parametrize("compromised", [False, True])
def test_a_pending_key_goes_as_if_it_had_never_been(keys: Keys, compromised: bool) -> None:
    before = keys.all
    new = keys.rotate(origin=ORIGIN)

    assert keys.retire(kid=new.kid, compromised=compromised, origin=ORIGIN) is PENDING

    assert keys.all == before
    assert keys.states == [SIGNING]


def test_withdrawing_a_pending_key_leaves_one_that_retires_to_its_time(keys: Keys) -> None:
    keys.rotated()
    before = keys.all
    pending = keys.rotate(origin=ORIGIN)

    keys.retire(kid=pending.kid, compromised=False, origin=ORIGIN)

    assert keys.all == before
    assert keys.states == [RETIRING, SIGNING]


def test_the_signing_key_does_not_go_while_nothing_follows_it(keys: Keys) -> None:
    before = keys.all

    with pytest.raises(SigningKeyInUse):
        keys.retire(kid=before[0].kid, compromised=False, origin=ORIGIN)

    assert (keys.all, keys.version) == (before, 0)


@pytest.mark.parametrize("has_begun", [False, True])
def test_a_key_that_another_follows_already_is_left_to_its_time(
    keys: Keys, has_begun: bool
) -> None:
    if has_begun:
        keys.rotated()
    else:
        keys.rotate(origin=ORIGIN)
    before = keys.all

    state = keys.retire(kid=before[0].kid, compromised=False, origin=ORIGIN)

    assert keys.all == before
    assert state is (RETIRING if has_begun else SIGNING)


def test_a_compromised_signing_key_that_nothing_follows_is_replaced_at_once(
    keys: Keys, clock: FakeClock
) -> None:
    clock.advance(hours=1)
    (compromised,) = keys.all

    assert keys.retire(kid=compromised.kid, compromised=True, origin=ORIGIN) is SIGNING

    (signing,) = keys.all
    assert (signing.generation, signing.use_from, signing.retire_at) == (2, clock.now(), None)
    assert signing.kid != compromised.kid


def test_a_compromised_signing_key_is_followed_at_once_by_the_pending_one(
    keys: Keys, clock: FakeClock
) -> None:
    (compromised,) = keys.all
    pending = keys.rotate(origin=ORIGIN)
    clock.advance(seconds=1)

    assert keys.retire(kid=compromised.kid, compromised=True, origin=ORIGIN) is SIGNING

    assert keys.all == [replace(pending, use_from=clock.now())]
    assert keys.states == [SIGNING]


def test_a_compromised_signing_key_leaves_the_one_that_retires_to_its_time(keys: Keys) -> None:
    compromised = keys.rotated()
    retiring = keys.all[0]

    assert keys.retire(kid=compromised.kid, compromised=True, origin=ORIGIN) is SIGNING

    first, signing = keys.all
    assert first == retiring
    assert keys.states == [RETIRING, SIGNING]
    assert signing.generation == 3


@pytest.mark.parametrize("is_retired", [False, True])
def test_a_compromised_key_that_signs_no_more_is_dropped_and_the_present_one_goes_on(
    keys: Keys, clock: FakeClock, is_retired: bool
) -> None:
    present = keys.rotated()
    if is_retired:
        clock.advance(hours=1)

    state = keys.retire(kid=keys.all[0].kid, compromised=True, origin=ORIGIN)

    assert state is (RETIRED if is_retired else RETIRING)

    assert keys.all == [present]


def rewrap(keys: Keys, factory: FakeKeyFactory) -> int:
    """How many keys were sealed anew."""
    rewrap = RewrapSigningKeys(keys.repository, factory, keys.audit, keys.storage.transaction)
    return rewrap(origin=ORIGIN)


def test_rewrapping_seals_every_key_with_the_newest_secret(keys: Keys) -> None:
    keys.rotate(origin=ORIGIN)
    before = keys.all
    newest = FakeKeyFactory(("newest secret", "present secret"))

    assert rewrap(keys, newest) == 2

    only_newest = FakeKeyFactory(("newest secret",))
    assert [only_newest.resealed(key) for key in keys.all] == [k.sealed_key for k in keys.all]
    assert [replace(key, sealed_key="") for key in keys.all] == [
        replace(key, sealed_key="") for key in before
    ]


def test_rewrapping_changes_nothing_where_one_key_cannot_be_opened(keys: Keys) -> None:
    keys.repository.add(FakeKeyFactory(("lost secret",)).new(generation=2, use_from=START))
    before = keys.all

    with pytest.raises(SigningKeyUnreadable):
        rewrap(keys, FakeKeyFactory(("newest", "present secret")))

    assert keys.all == before


def test_rewrapping_leaves_alone_what_changed_or_went_meanwhile(keys: Keys) -> None:
    keys.rotate(origin=ORIGIN)

    class Interrupted(FakeKeyFactory):
        def resealed(self, key: SigningKey) -> str:
            if key.generation == 1:
                keys.repository.reseal(key.kid, old=key.sealed_key, new="sealed by another")
            else:
                keys.repository.remove(key.kid)
            return super().resealed(key)

    assert rewrap(keys, Interrupted()) == 0

    assert [key.sealed_key for key in keys.all] == ["sealed by another"]
