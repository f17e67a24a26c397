"""What all seals promise."""

import hmac
from base64 import urlsafe_b64decode
from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.seals import HmacSeals
from domain.audit import Seals
from tests.fakes.audit import FakeSeals

MakeSeals = Callable[..., Seals]

CONTENTS = ["", " ", "a", "A", "a\0", '["entry", null]', "\u00e4", "a\u0308", "x" * 100_000]

SEALS: dict[str, MakeSeals] = {
    "fake": FakeSeals,
    "hmac": lambda *secrets: HmacSeals([secret.encode() * 8 for secret in secrets]),
}
"""Made with the names of secrets, the present one first."""


@pytest.fixture(params=list(SEALS.values()), ids=list(SEALS))
def make(request: pytest.FixtureRequest) -> MakeSeals:
    made: MakeSeals = request.param
    return made


def test_a_seal_fits_its_content_and_no_other(make: MakeSeals) -> None:
    seals = make("present")
    made = [seals.seal(content) for content in CONTENTS]

    fitting = [[seals.fits(content, seal) for seal in made] for content in CONTENTS]

    assert fitting == [[one == other for other in CONTENTS] for one in CONTENTS]


def test_a_seal_is_always_the_same_and_short_and_has_nothing_of_its_content(
    make: MakeSeals,
) -> None:
    for content in CONTENTS:
        seal = make("present").seal(content)
        assert seal == make("present").seal(content)
        assert len(seal) == 43
        assert seal.isascii()
        assert len(content) < 8 or content[:8] not in seal


@pytest.mark.parametrize("name", SEALS)
@given(content=st.text(), other=st.text())
def test_no_two_contents_have_the_same_seal(name: str, content: str, other: str) -> None:
    seals = SEALS[name]("present")

    # What can be stored has no lone surrogates, and JSON writes them as ASCII.
    content, other = (text.encode("utf-8", "replace").decode() for text in (content, other))
    assert seals.fits(content, seals.seal(other)) == (content == other)


def test_with_another_secret_no_seal_fits(make: MakeSeals) -> None:
    assert not make("present").fits("content", make("another").seal("content"))


def test_seals_of_older_secrets_fit_and_new_ones_are_made_with_the_present(
    make: MakeSeals,
) -> None:
    old, present = make("old"), make("present", "older", "old")

    assert present.seal("content") == make("present").seal("content")
    assert present.fits("content", present.seal("content"))
    assert present.fits("content", old.seal("content"))
    assert not present.fits("another", old.seal("content"))
    assert not old.fits("content", present.seal("content"))


@pytest.mark.parametrize(
    "change",
    [
        lambda seal: "",
        lambda seal: seal[:-1],
        lambda seal: seal[1:],
        lambda seal: seal + "=",
        lambda seal: seal + " ",
        lambda seal: seal * 2,
        lambda seal: seal.swapcase(),
        lambda seal: ("B" if seal[0] != "B" else "C") + seal[1:],
        lambda seal: "\u00e4" + seal[1:],
    ],
)
def test_a_seal_that_was_changed_does_not_fit(
    make: MakeSeals, change: Callable[[str], str]
) -> None:
    seals = make("present")

    assert not seals.fits("content", change(seals.seal("content")))


def test_the_real_ones_are_hmac_sha256() -> None:
    seal = HmacSeals([b"k" * 32]).seal("\u00e4")

    expected = hmac.new(b"k" * 32, "\u00e4".encode(), sha256).digest()
    assert urlsafe_b64decode(seal + "=") == expected
