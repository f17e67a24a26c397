"""What every repository of signing keys, key factory and key ring promises."""

import json
from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.signing_keys import (
    SigningKey,
    SigningKeyExists,
    SigningKeysNotLoaded,
    SigningKeyUnreadable,
)
from tests.contracts.conftest import Keys, Stores
from tests.fakes.clock import START, FakeClock

KEY = SigningKey("kid-1", 1, "ES256", START, START + timedelta(days=90), "sealed" * 200)


def test_stored_keys_are_listed_from_the_oldest_generation_on(stores: Stores) -> None:
    newer = replace(KEY, kid="a", generation=10, retire_at=None)
    between = replace(KEY, kid="b", generation=9)

    for key in (newer, KEY, between):
        stores.signing_keys.add(key)

    assert stores.signing_keys.list() == [KEY, between, newer]


def test_moments_of_a_key_come_back_aware_and_in_utc(stores: Stores) -> None:
    zone = timezone(timedelta(hours=5, minutes=45))
    retire_at = (START + timedelta(days=90)).astimezone(zone)
    stores.signing_keys.add(replace(KEY, use_from=START.astimezone(zone), retire_at=retire_at))

    (key,) = stores.signing_keys.list()

    assert (key.use_from, key.retire_at) == (START, retire_at)
    assert key.retire_at is not None
    assert (key.use_from.utcoffset(), key.retire_at.utcoffset()) == (timedelta(0), timedelta(0))


@pytest.mark.parametrize("second", [replace(KEY, kid="other"), replace(KEY, generation=2)])
def test_a_generation_and_a_kid_are_stored_once(stores: Stores, second: SigningKey) -> None:
    stores.signing_keys.add(KEY)

    with pytest.raises(SigningKeyExists):
        stores.signing_keys.add(second)

    assert stores.signing_keys.list() == [KEY]


def test_a_new_key_has_the_generation_and_the_moment_that_were_asked_for(keys: Keys) -> None:
    key = keys.factory.new(generation=7, use_from=START)

    assert (key.generation, key.use_from, key.retire_at) == (7, START, None)
    assert key.algorithm


def test_no_two_keys_are_alike(keys: Keys) -> None:
    made = [keys.factory.new(generation=1, use_from=START) for _ in range(20)]

    assert len({key.kid for key in made}) == 20
    assert len({key.sealed_key for key in made}) == 20


def test_an_empty_ring_says_that_it_cannot_serve_yet(keys: Keys) -> None:
    ring = keys.new_ring(FakeClock())

    with pytest.raises(SigningKeysNotLoaded):
        ring.published()

    assert not ring.is_loaded()


def test_a_loaded_ring_says_so(keys: Keys) -> None:
    ring = keys.new_ring(FakeClock())

    ring.load([keys.factory.new(generation=1, use_from=START)])

    assert ring.is_loaded()


def test_loaded_keys_are_published_under_their_kids(keys: Keys) -> None:
    ring = keys.new_ring(FakeClock())
    pair = [keys.factory.new(generation=number, use_from=START) for number in (1, 2)]

    ring.load(pair)

    assert [key["kid"] for key in ring.published()] == [key.kid for key in pair]
    assert [key["alg"] for key in ring.published()] == [key.algorithm for key in pair]


def test_only_public_halves_are_published_and_as_text(keys: Keys) -> None:
    ring = keys.new_ring(FakeClock())
    key = keys.factory.new(generation=1, use_from=START)

    ring.load([key])

    (published,) = ring.published()
    assert published.keys().isdisjoint({"d", "p", "q", "dp", "dq", "qi", "k"})
    assert key.sealed_key not in json.dumps(published)


def test_loading_takes_the_place_of_what_was_loaded(keys: Keys) -> None:
    ring = keys.new_ring(FakeClock())
    first, second = (keys.factory.new(generation=number, use_from=START) for number in (1, 2))
    ring.load([first])

    ring.load([second])

    assert [key["kid"] for key in ring.published()] == [second.kid]


def test_a_key_sealed_under_a_former_secret_is_opened(keys: Keys) -> None:
    ring = keys.new_ring(FakeClock())
    former = keys.former.new(generation=1, use_from=START)

    ring.load([former, keys.factory.new(generation=2, use_from=START)])

    assert ring.published()[0]["kid"] == former.kid


def test_a_key_sealed_under_a_foreign_secret_is_unreadable(keys: Keys) -> None:
    with pytest.raises(SigningKeyUnreadable):
        keys.new_ring(FakeClock()).load([keys.foreign.new(generation=1, use_from=START)])


def test_a_sealed_key_under_another_keys_kid_is_unreadable(keys: Keys) -> None:
    first, second = (keys.factory.new(generation=number, use_from=START) for number in (1, 2))

    with pytest.raises(SigningKeyUnreadable):
        keys.new_ring(FakeClock()).load([replace(first, sealed_key=second.sealed_key)])


def test_a_ring_that_cannot_open_a_key_keeps_those_it_had(keys: Keys) -> None:
    ring = keys.new_ring(FakeClock())
    key = keys.factory.new(generation=1, use_from=START)
    ring.load([key])

    with pytest.raises(SigningKeyUnreadable):
        ring.load([key, keys.foreign.new(generation=2, use_from=START)])

    assert [published["kid"] for published in ring.published()] == [key.kid]


@given(st.text() | st.text(alphabet='abcdefgABC0123-_.{}"', max_size=80))
def test_a_sealed_key_of_any_other_text_is_unreadable(keys: Keys, garbage: str) -> None:
    key = keys.factory.new(generation=1, use_from=START)

    with pytest.raises(SigningKeyUnreadable):
        keys.new_ring(FakeClock()).load([replace(key, sealed_key=garbage)])


# What is drawn must not depend on the key, which is another one each time.
@given(st.integers(0, 10_000), st.permutations("Aaz09-_."))
def test_a_sealed_key_with_one_character_changed_is_unreadable(
    keys: Keys, drawn: int, others: list[str]
) -> None:
    sealed = keys.factory.new(generation=1, use_from=START)
    text = sealed.sealed_key
    # In the fake, the private half itself is not protected; the seal before it is.
    position = drawn % (text.rfind("|") + 1 if "|" in text else len(text))
    other = next(each for each in others if each != text[position])

    changed = replace(sealed, sealed_key=text[:position] + other + text[position + 1 :])

    with pytest.raises(SigningKeyUnreadable):
        keys.new_ring(FakeClock()).load([changed])
