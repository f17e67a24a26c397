"""What whoever makes pseudonyms of names promises."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.pseudonyms import HmacPseudonyms
from domain.throttling import Pseudonyms
from tests.fakes.throttling import FakePseudonyms

With = Callable[[str], Pseudonyms]
"""Pseudonyms under the secret of this name."""

NAMES = st.text(st.characters(exclude_categories=()))


@pytest.fixture(scope="session", params=["fake", "hmac"])
def with_secret(request: pytest.FixtureRequest) -> With:
    if request.param == "fake":
        return FakePseudonyms
    return lambda name: HmacPseudonyms(name.ljust(32).encode())


@given(NAMES)
def test_every_process_gives_a_name_the_same_pseudonym(with_secret: With, name: str) -> None:
    assert with_secret("present").of(name) == with_secret("present").of(name)


@given(NAMES, NAMES)
def test_different_names_have_different_pseudonyms(
    with_secret: With, name: str, other: str
) -> None:
    pseudonyms = with_secret("present")

    assert (pseudonyms.of(name) == pseudonyms.of(other)) == (name == other)


@pytest.mark.parametrize(
    ("name", "other"),
    [("", "\0"), ("\ud800", "\udfff"), ("\ud800", "?"), ("é", "e\u0301"), ("a", "A"), ("a", "a ")],
)
def test_names_that_look_alike_are_told_apart(with_secret: With, name: str, other: str) -> None:
    pseudonyms = with_secret("present")

    assert pseudonyms.of(name) != pseudonyms.of(other)


@given(NAMES)
def test_no_pseudonym_can_be_found_without_the_secret(with_secret: With, name: str) -> None:
    assert with_secret("present").of(name) != with_secret("another").of(name)


@given(NAMES)
def test_a_pseudonym_is_43_plain_characters_however_long_the_name_is(
    with_secret: With, name: str
) -> None:
    for text in (name, name * 1_000):
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", with_secret("present").of(text), re.ASCII)


@pytest.mark.parametrize("name", ["miguel", "correct horse battery staple", "x" * 43])
def test_nothing_of_the_name_is_in_its_pseudonym(with_secret: With, name: str) -> None:
    pseudonym = with_secret("present").of(name)

    assert not any(name[start : start + 4] in pseudonym for start in range(len(name) - 3))
