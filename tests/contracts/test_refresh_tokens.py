"""What every codec of refresh tokens promises."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.refresh_tokens import PREFIX, HmacRefreshTokens
from domain.issuance import RefreshTokenCodec
from tests.fakes.refresh_tokens import FakeRefreshTokens

ID_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
SESSION_IDS = st.text(ID_CHARACTERS, min_size=1, max_size=64)
COUNTERS = st.integers(1, 999_999_999)
TAGS = st.text(ID_CHARACTERS, min_size=43, max_size=43)
PIECES = "|..AZaz09-_=\n \0\u0661\uff11\ud800"


@dataclass(frozen=True)
class Codecs:
    """Codecs of servers whose secrets have these names, the newest first."""

    of: Callable[..., RefreshTokenCodec]


@pytest.fixture(scope="session", params=["fake", "hmac"])
def codecs(request: pytest.FixtureRequest) -> Codecs:
    if request.param == "fake":
        return Codecs(lambda *names: FakeRefreshTokens(names))
    return Codecs(lambda *names: HmacRefreshTokens([name.ljust(32).encode() for name in names]))


@pytest.fixture(scope="session")
def codec(codecs: Codecs) -> RefreshTokenCodec:
    return codecs.of("present", "former")


@given(SESSION_IDS, COUNTERS)
def test_a_token_says_the_session_and_the_counter_it_was_made_of(
    codec: RefreshTokenCodec, session_id: str, counter: int
) -> None:
    assert codec.decode(codec.encode(session_id, counter)) == (session_id, counter)


@given(SESSION_IDS, COUNTERS)
def test_every_process_makes_the_same_token(
    codecs: Codecs, codec: RefreshTokenCodec, session_id: str, counter: int
) -> None:
    token = codec.encode(session_id, counter)

    assert codec.encode(session_id, counter) == token
    assert codecs.of("present").encode(session_id, counter) == token


def test_no_two_sessions_or_counters_have_the_same_token(codec: RefreshTokenCodec) -> None:
    pairs = [(name, counter) for name in ("a", "A", "b", "1", "11") for counter in (1, 2, 11, 111)]

    assert len({codec.encode(*pair) for pair in pairs}) == len(pairs)


def test_tokens_of_an_older_secret_are_still_read(codecs: Codecs) -> None:
    former = codecs.of("former").encode("session", 3)

    assert codecs.of("present", "other", "former").decode(former) == ("session", 3)


def test_new_tokens_are_made_with_the_newest_secret(codecs: Codecs) -> None:
    token = codecs.of("present", "former").encode("session", 3)

    assert codecs.of("present").decode(token) == ("session", 3)
    assert codecs.of("former").decode(token) is None


def test_tokens_of_a_secret_that_was_given_up_are_refused(codecs: Codecs) -> None:
    former = codecs.of("former").encode("session", 3)

    assert codecs.of("present").decode(former) is None


# What is drawn does not depend on the token, so that a failure can be repeated.
@given(SESSION_IDS, COUNTERS, st.integers(0, 10_000), st.characters())
def test_a_token_with_one_character_changed_is_refused(
    codec: RefreshTokenCodec, session_id: str, counter: int, drawn: int, other: str
) -> None:
    token = codec.encode(session_id, counter)
    position = drawn % len(token)
    changed = token[:position] + other + token[position + 1 :]

    assert codec.decode(changed) == ((session_id, counter) if changed == token else None)


def test_no_character_of_the_alphabet_can_take_anothers_place(codec: RefreshTokenCodec) -> None:
    """Among them those that a lenient decoder of base64 would take for each other."""
    token = codec.encode("session", 12)
    changed = [
        token[:position] + other + token[position + 1 :]
        for position in range(len(token))
        for other in ID_CHARACTERS + ".=+/|"
    ]

    assert {codec.decode(text) for text in changed if text != token} == {None}


def test_the_beginning_of_a_token_is_refused_and_so_is_its_end(codec: RefreshTokenCodec) -> None:
    token = codec.encode("session", 12)
    parts = [each for cut in range(1, len(token)) for each in (token[:cut], token[cut:])]

    assert {codec.decode(part) for part in parts} == {None}


@given(
    st.text(min_size=1, max_size=5) | st.sampled_from(["\n", " ", "=", "\0", "A", ".", "|", "1"])
)
def test_a_token_with_anything_added_is_refused(codec: RefreshTokenCodec, more: str) -> None:
    token = codec.encode("session", 12)

    assert [codec.decode(text) for text in (token + more, more + token)] == [None, None]


def test_no_mixture_of_two_tokens_is_one(codec: RefreshTokenCodec) -> None:
    made = [codec.encode("one", 1), codec.encode("two", 1), codec.encode("one", 2)]

    mixed = {
        one[:cut] + other[cut:] for one in made for other in made for cut in range(len(one) + 1)
    }

    assert {codec.decode(text) for text in mixed - set(made)} == {None}


@given(SESSION_IDS, COUNTERS)
def test_a_token_in_other_letters_is_refused(
    codec: RefreshTokenCodec, session_id: str, counter: int
) -> None:
    token = codec.encode(session_id, counter)

    for changed in {token.upper(), token.lower(), token.swapcase()} - {token}:
        assert codec.decode(changed) is None


@given(
    st.text(st.characters(exclude_categories=()))
    | st.lists(st.sampled_from([PREFIX, "refresh", *PIECES])).map("".join)
    | st.builds("{}{}.{}.{}".format, st.just(PREFIX), SESSION_IDS, COUNTERS, TAGS)
    | st.builds("refresh|{}|{}|{}".format, SESSION_IDS, COUNTERS, TAGS)
)
def test_a_text_of_any_other_form_is_no_token(codec: RefreshTokenCodec, text: str) -> None:
    assert codec.decode(text) is None


@given(SESSION_IDS, COUNTERS)
def test_a_real_token_is_known_by_its_prefix_and_needs_no_escaping(
    session_id: str, counter: int
) -> None:
    token = HmacRefreshTokens([b"k" * 32]).encode(session_id, counter)

    assert re.fullmatch(r"varvel_rt_[A-Za-z0-9_.-]+", token)
    assert len(token) == len(f"varvel_rt_{session_id}.{counter}.") + 43
    assert len(token) < 128
