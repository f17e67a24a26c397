"""What every token codec promises."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.credentials import InvalidCredentials
from domain.tokens import AccessToken, TokenCodec
from domain.users import is_token_shaped
from tests.contracts.conftest import Keys
from tests.fakes.clock import START, FakeClock

ISSUED_AT = START.replace(microsecond=0)
TOKEN = AccessToken(
    issuer="https://auth.example",
    audience="https://api.example",
    user_id=7,
    username="José",
    client_id="varvel",
    scope="account",
    token_id="id-1",
    session_id="id-2",
    issued_at=ISSUED_AT,
    expires_at=ISSUED_AT + timedelta(minutes=10),
    authenticated_at=ISSUED_AT - timedelta(days=3),
)

BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

moments = st.integers(0, int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)
texts = st.text(alphabet=st.characters(codec="utf-8"), max_size=64)
short = st.text(alphabet=st.characters(codec="utf-8"), max_size=22)
users_tokens = st.builds(
    AccessToken,
    issuer=texts,
    audience=texts,
    user_id=st.integers(1, 10**18 - 1),
    username=short,
    client_id=short,
    scope=short,
    token_id=short,
    session_id=short,
    issued_at=moments,
    expires_at=moments.filter(lambda moment: moment > START),
    authenticated_at=moments,
)
tokens = users_tokens | users_tokens.map(lambda token: replace(token, user_id=None, username=None))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
segments = (
    st.text(alphabet=BASE64URL, max_size=40)
    | st.binary(max_size=40).map(lambda raw: urlsafe_b64encode(raw).decode().rstrip("="))
    | json_values.map(lambda value: encoded(json.dumps(value)))
)
garbage = (
    st.text()
    | st.text(alphabet=BASE64URL + ".", max_size=200)
    | st.lists(segments, min_size=1, max_size=6).map(".".join)
)


def encoded(text: str) -> str:
    raw = text.encode("utf-8", "surrogatepass")
    return urlsafe_b64encode(raw).decode().rstrip("=")


@given(token=tokens)
def test_a_token_says_all_that_it_was_made_of(keys: Keys, token: AccessToken) -> None:
    codec = keys.codec(FakeClock())

    assert codec.decode(codec.encode(token)) == token


@pytest.mark.parametrize("client_id", ["7", "8", "wiki"])
def test_a_client_is_never_taken_for_a_user_nor_a_user_for_a_client(
    keys: Keys, clock: FakeClock, client_id: str
) -> None:
    codec = keys.codec(clock)
    users = replace(TOKEN, client_id=client_id)
    clients = replace(users, user_id=None, username=None)

    assert [codec.decode(codec.encode(each)) for each in (users, clients)] == [users, clients]


def test_moments_are_aware_and_in_utc(keys: Keys, clock: FakeClock) -> None:
    codec = keys.codec(clock)

    token = codec.decode(codec.encode(TOKEN))

    for moment in (token.issued_at, token.expires_at, token.authenticated_at):
        assert moment.utcoffset() == timedelta(0)


def test_a_token_has_the_shape_that_no_name_may_have(keys: Keys, clock: FakeClock) -> None:
    text = keys.codec(clock).encode(TOKEN)

    assert is_token_shaped(text)
    assert text.isascii()
    assert ":" not in text


@pytest.mark.parametrize("seen_before", [True, False])
def test_a_token_ends_at_the_second_it_names(
    keys: Keys, clock: FakeClock, seen_before: bool
) -> None:
    codec = keys.codec(clock)
    text = codec.encode(TOKEN)
    clock.advance(minutes=10, microseconds=-clock.now().microsecond - 1)
    if seen_before:
        codec.decode(text)

    clock.advance(microseconds=1)

    assert clock.now() == TOKEN.expires_at
    with pytest.raises(InvalidCredentials):
        codec.decode(text)


def test_a_token_is_good_until_just_before_its_end(keys: Keys, clock: FakeClock) -> None:
    codec = keys.codec(clock)
    text = codec.encode(TOKEN)

    clock.advance(minutes=10, microseconds=-clock.now().microsecond - 1)

    assert [codec.decode(text), codec.decode(text)] == [TOKEN, TOKEN]


def test_an_ended_token_stays_refused_when_the_clock_goes_on(keys: Keys, clock: FakeClock) -> None:
    codec = keys.codec(clock)
    text = codec.encode(TOKEN)
    codec.decode(text)

    clock.advance(days=400)

    for _ in range(2):
        with pytest.raises(InvalidCredentials):
            codec.decode(text)


def accepted(codec: TokenCodec, texts: Iterable[str]) -> list[str]:
    """Those of the texts that are taken for tokens; none may end in any other error."""
    taken = []
    for text in texts:
        with suppress(InvalidCredentials):
            codec.decode(text)
            taken.append(text)
    return taken


def neighbour(character: str) -> str:
    """Another character, and in base64 one that differs in the last bit alone."""
    if character == ".":
        return "A"
    return BASE64URL[BASE64URL.index(character) ^ 1]


def test_a_token_with_any_one_character_changed_is_refused(keys: Keys, clock: FakeClock) -> None:
    codec = keys.codec(clock)
    text = codec.encode(TOKEN)
    codec.decode(text)

    changed = [
        text[:position] + neighbour(character) + text[position + 1 :]
        for position, character in enumerate(text)
    ]

    assert accepted(codec, changed) == []


def test_a_token_cut_at_any_place_is_refused(keys: Keys, clock: FakeClock) -> None:
    codec = keys.codec(clock)
    text = codec.encode(TOKEN)
    codec.decode(text)

    cut = [text[:length] for length in range(len(text))]
    beheaded = [text[length:] for length in range(1, len(text))]

    assert accepted(codec, cut + beheaded) == []


@pytest.mark.parametrize("added", ["=", "==", " ", "\n", ".", "A", "AAAA", "\0", "\ud800"])
def test_a_token_with_anything_added_is_refused(keys: Keys, clock: FakeClock, added: str) -> None:
    codec = keys.codec(clock)
    text = codec.encode(TOKEN)
    codec.decode(text)
    segments = text.split(".")

    longer = [added + text, text + added]
    longer += [
        ".".join((*segments[:place], segments[place] + added, *segments[place + 1 :]))
        for place in range(3)
    ]

    assert accepted(codec, longer) == []


def test_parts_of_two_tokens_make_no_third(keys: Keys, clock: FakeClock) -> None:
    codec = keys.codec(clock)
    first = codec.encode(TOKEN).split(".")
    second = codec.encode(replace(TOKEN, user_id=8)).split(".")

    mixed = [".".join((first[0], first[1], second[2])), ".".join((first[0], second[1], first[2]))]

    assert accepted(codec, mixed) == []


def test_a_token_of_a_foreign_key_is_refused(keys: Keys, clock: FakeClock) -> None:
    assert accepted(keys.codec(clock), [keys.codec(clock).encode(TOKEN)]) == []


def test_a_foreign_signature_under_our_kid_is_refused(keys: Keys, clock: FakeClock) -> None:
    codec = keys.codec(clock)
    header, payload, _ = codec.encode(TOKEN).split(".")
    foreign = keys.codec(clock).encode(TOKEN).rpartition(".")[2]

    assert accepted(codec, [f"{header}.{payload}.{foreign}"]) == []


def test_a_token_is_refused_once_its_key_is_gone(keys: Keys, clock: FakeClock) -> None:
    ring = keys.new_ring(clock)
    ring.load([keys.factory.new(generation=1, use_from=START)])
    codec = keys.new_codec(ring, clock)
    text = codec.encode(TOKEN)
    codec.decode(text)

    ring.load([keys.factory.new(generation=2, use_from=START)])

    assert accepted(codec, [text, text]) == []


def test_a_token_outlives_the_change_to_a_newer_key(keys: Keys, clock: FakeClock) -> None:
    ring = keys.new_ring(clock)
    older, newer = (keys.factory.new(generation=number, use_from=START) for number in (1, 2))
    ring.load([older])
    codec = keys.new_codec(ring, clock)
    text = codec.encode(TOKEN)

    ring.load([older, newer])

    assert codec.decode(text) == TOKEN


def test_the_newest_generation_signs(keys: Keys, clock: FakeClock) -> None:
    ring = keys.new_ring(clock)
    older, newer = (keys.factory.new(generation=number, use_from=START) for number in (1, 2))
    ring.load([newer, older])
    text = keys.new_codec(ring, clock).encode(TOKEN)

    ring.load([newer])

    assert keys.new_codec(ring, clock).decode(text) == TOKEN


def test_another_process_with_the_same_keys_reads_the_token(keys: Keys, clock: FakeClock) -> None:
    key = keys.factory.new(generation=1, use_from=START)
    here, there = keys.new_ring(clock), keys.new_ring(clock)
    here.load([key])
    there.load([key])

    text = keys.new_codec(here, clock).encode(TOKEN)

    assert keys.new_codec(there, clock).decode(text) == TOKEN


@given(text=garbage)
def test_text_of_any_form_is_refused_in_one_way(keys: Keys, text: str) -> None:
    assert accepted(keys.codec(FakeClock()), [text]) == []


@pytest.mark.asvs("V11.2.5")
@given(header=garbage, payload=garbage, signature=garbage)
def test_segments_of_any_form_are_refused_in_one_way(
    keys: Keys, header: str, payload: str, signature: str
) -> None:
    codec = keys.codec(FakeClock())
    good = codec.encode(TOKEN).split(".")

    forged = [
        ".".join((header, good[1], good[2])),
        ".".join((good[0], payload, good[2])),
        ".".join((good[0], good[1], signature)),
        ".".join((header, payload, signature)),
    ]

    assert accepted(codec, forged) == []


@pytest.mark.parametrize("value", ["[" * 5_000, '{"a":' * 5_000, "9" * 5_000, "1e999", "NaN"])
def test_json_that_exhausts_a_parser_is_refused_in_one_way(
    keys: Keys, clock: FakeClock, value: str
) -> None:
    codec = keys.codec(clock)
    good = codec.encode(TOKEN).split(".")
    bad = encoded(value)

    assert accepted(codec, [f"{bad}.{good[1]}.{good[2]}", f"{good[0]}.{bad}.{good[2]}", bad]) == []
