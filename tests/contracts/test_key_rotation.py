"""What every repository, factory and ring promises to those who rotate signing keys."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from domain.credentials import InvalidCredentials
from domain.signing_keys import KeyRing, SigningKey, SigningKeyExists, SigningKeyUnreadable
from domain.tokens import AccessToken, TokenCodec
from tests.contracts.conftest import THREADS, Keys, Stores
from tests.contracts.entries import failing_unit
from tests.contracts.test_users import at_once
from tests.fakes.clock import START, FakeClock

KEY = SigningKey("kid-1", 1, "ES256", START, START + timedelta(days=90), "sealed")
OTHER = replace(KEY, kid="kid-2", generation=2, retire_at=None)
HOUR = timedelta(hours=1)

TOKEN = AccessToken(
    issuer="https://varvel.example",
    audience="https://varvel.example",
    user_id=1,
    username="miguel",
    client_id="varvel",
    scope="account",
    token_id="jti",
    session_id="sid",
    issued_at=START.replace(microsecond=0),
    expires_at=START.replace(microsecond=0) + timedelta(days=1),
    authenticated_at=START.replace(microsecond=0),
)


def stored(stores: Stores, *keys: SigningKey) -> None:
    for key in keys:
        stores.signing_keys.add(key)


@pytest.mark.parametrize("retire_at", [None, START + timedelta(days=1, microseconds=1)])
def test_a_schedule_is_written_for_one_key(stores: Stores, retire_at: datetime | None) -> None:
    stored(stores, KEY, OTHER)
    use_from = START - timedelta(microseconds=1)

    stores.signing_keys.schedule("kid-1", use_from=use_from, retire_at=retire_at)

    changed = replace(KEY, use_from=use_from, retire_at=retire_at)
    assert stores.signing_keys.list() == [changed, OTHER]


def test_moments_of_a_schedule_come_back_in_utc(stores: Stores) -> None:
    stored(stores, KEY)
    zone = timezone(timedelta(hours=-3, minutes=-30))
    use_from, retire_at = START + HOUR, START + 2 * HOUR

    stores.signing_keys.schedule(
        "kid-1", use_from=use_from.astimezone(zone), retire_at=retire_at.astimezone(zone)
    )

    (key,) = stores.signing_keys.list()
    assert (key.use_from, key.retire_at) == (use_from, retire_at)
    assert key.retire_at is not None
    assert (key.use_from.utcoffset(), key.retire_at.utcoffset()) == (timedelta(0), timedelta(0))


def test_a_key_is_resealed_while_it_is_sealed_as_before(stores: Stores) -> None:
    stored(stores, KEY, OTHER)

    assert stores.signing_keys.reseal("kid-1", old="sealed", new="newer")

    assert stores.signing_keys.list() == [replace(KEY, sealed_key="newer"), OTHER]


@pytest.mark.parametrize(("kid", "old"), [("kid-1", "another"), ("kid-3", "sealed")])
def test_a_key_that_is_gone_or_sealed_in_another_way_is_not_resealed(
    stores: Stores, kid: str, old: str
) -> None:
    stored(stores, KEY, OTHER)

    assert not stores.signing_keys.reseal(kid, old=old, new="newer")

    assert stores.signing_keys.list() == [KEY, OTHER]


def test_a_removed_key_is_gone_and_no_other(stores: Stores) -> None:
    stored(stores, KEY, OTHER)

    stores.signing_keys.remove("kid-1")

    assert stores.signing_keys.list() == [OTHER]


def test_a_key_that_is_not_there_is_neither_scheduled_nor_removed(stores: Stores) -> None:
    stored(stores, KEY)

    stores.signing_keys.schedule("kid-3", use_from=START + HOUR, retire_at=None)
    stores.signing_keys.remove("kid-3")

    assert stores.signing_keys.list() == [KEY]


def test_changes_of_keys_are_undone_with_their_unit_of_work(stores: Stores) -> None:
    stored(stores, KEY, OTHER)

    with failing_unit(stores):
        stores.signing_keys.schedule("kid-1", use_from=START + HOUR, retire_at=None)
        stores.signing_keys.reseal("kid-1", old="sealed", new="newer")
        stores.signing_keys.remove("kid-2")

    assert stores.signing_keys.list() == [KEY, OTHER]


def test_of_many_who_make_the_next_key_at_once_one_succeeds(stores: Stores) -> None:
    def add(number: int) -> bool:
        try:
            stored(stores, replace(KEY, kid=f"{number}"))
        except SigningKeyExists:
            return False
        return True

    outcomes = at_once(add)

    assert sorted(map(bool, outcomes)) == [False] * (THREADS - 1) + [True]
    assert len(stores.signing_keys.list()) == 1


def test_a_resealed_key_is_the_same_key(keys: Keys) -> None:
    clock = FakeClock()
    key = keys.former.new(generation=1, use_from=START)
    before, after = keys.new_ring(clock), keys.new_ring(clock)
    before.load([key])

    after.load([replace(key, sealed_key=keys.factory.resealed(key))])

    assert after.published() == before.published()
    token = keys.new_codec(before, clock).encode(TOKEN)
    assert keys.new_codec(after, clock).decode(token) == TOKEN


def test_a_resealed_key_needs_the_older_secret_no_more(keys: Keys) -> None:
    key = keys.former.new(generation=1, use_from=START)

    resealed = replace(key, sealed_key=keys.factory.resealed(key))

    # The factory of the older secret alone stands for who does not have the newer.
    with pytest.raises(SigningKeyUnreadable):
        keys.former.resealed(resealed)
    keys.former.resealed(key)


@pytest.mark.parametrize("sealed_key", [None, "nonsense", ""])
def test_a_key_that_cannot_be_opened_is_not_resealed(keys: Keys, sealed_key: str | None) -> None:
    foreign = keys.foreign.new(generation=1, use_from=START)
    if sealed_key is not None:
        foreign = replace(foreign, sealed_key=sealed_key)

    with pytest.raises(SigningKeyUnreadable):
        keys.factory.resealed(foreign)


class Ring:
    """A ring of keys that begin and end at given hours from now on, and who signs with it."""

    def __init__(self, keys: Keys, *hours: tuple[int, int | None]) -> None:
        self.clock = FakeClock()
        self.keys = [
            replace(
                keys.factory.new(generation=number, use_from=START + begin * HOUR),
                retire_at=None if end is None else START + end * HOUR,
            )
            for number, (begin, end) in enumerate(hours, 1)
        ]
        self.ring: KeyRing = keys.new_ring(self.clock)
        self.ring.load(self.keys)
        self.codec = keys.new_codec(self.ring, self.clock)
        self._alone = [self._codec_with(keys, key) for key in self.keys]

    def _codec_with(self, keys: Keys, key: SigningKey) -> TokenCodec:
        ring = keys.new_ring(self.clock)
        ring.load([replace(key, retire_at=None)])
        return keys.new_codec(ring, self.clock)

    def token_by(self, number: int) -> str:
        """A token that this key signed."""
        return self._alone[number - 1].encode(TOKEN)

    def signer(self) -> list[int]:
        """The numbers of the keys with which a new token can be read."""
        token = self.codec.encode(TOKEN)
        return [n for n, codec in enumerate(self._alone, 1) if _reads(codec, token)]

    def accepted(self) -> list[int]:
        """The numbers of the keys whose tokens are accepted."""
        numbers = range(1, len(self.keys) + 1)
        return [number for number in numbers if _reads(self.codec, self.token_by(number))]

    def published(self) -> list[int]:
        kids = [key.kid for key in self.keys]
        return [kids.index(str(public["kid"])) + 1 for public in self.ring.published()]


def _reads(codec: TokenCodec, token: str) -> bool:
    try:
        return codec.decode(token) == TOKEN
    except InvalidCredentials:
        return False


def test_a_pending_key_is_published_and_accepted_and_does_not_sign(keys: Keys) -> None:
    ring = Ring(keys, (-9, None), (1, None))

    assert (ring.signer(), ring.published(), ring.accepted()) == ([1], [1, 2], [1, 2])


def test_a_key_signs_from_its_moment_on_without_being_loaded_again(keys: Keys) -> None:
    ring = Ring(keys, (-9, 2), (1, None))

    ring.clock.advance(seconds=3599.999_999)
    assert ring.signer() == [1]
    ring.clock.advance(microseconds=1)

    assert (ring.signer(), ring.published(), ring.accepted()) == ([2], [1, 2], [1, 2])


def test_a_retired_key_is_neither_published_nor_accepted(keys: Keys) -> None:
    ring = Ring(keys, (-9, 2), (-1, None))
    token = ring.token_by(1)

    ring.clock.advance(seconds=7199.999_999)
    assert (ring.published(), ring.accepted()) == ([1, 2], [1, 2])
    assert ring.codec.decode(token) == TOKEN
    ring.clock.advance(microseconds=1)

    assert (ring.published(), ring.accepted()) == ([2], [2])
    with pytest.raises(InvalidCredentials):
        ring.codec.decode(token)


def test_the_youngest_that_has_begun_signs_whenever_it_began(keys: Keys) -> None:
    assert Ring(keys, (-1, None), (-9, None), (-5, None), (1, None)).signer() == [3]


def test_the_order_of_loading_does_not_matter(keys: Keys) -> None:
    ring = Ring(keys, (-9, None), (-1, None), (1, None))

    ring.ring.load(ring.keys[::-1])

    assert ring.signer() == [2]


def test_the_oldest_signs_where_the_clock_says_that_none_has_begun(keys: Keys) -> None:
    ring = Ring(keys, (1, None), (2, None))

    assert (ring.signer(), ring.published(), ring.accepted()) == ([1], [1, 2], [1, 2])


def test_tokens_of_a_key_that_is_no_more_loaded_are_refused(keys: Keys) -> None:
    ring = Ring(keys, (-9, None), (-1, None))
    token = ring.token_by(1)
    assert ring.codec.decode(token) == TOKEN

    ring.ring.load(ring.keys[1:])

    with pytest.raises(InvalidCredentials):
        ring.codec.decode(token)
