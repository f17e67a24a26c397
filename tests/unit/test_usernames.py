import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.errors import FieldError
from domain.users import MAXIMUM_NAME_LENGTH, UsernameRules, is_token_shaped
from tests.fakes.users import FakeUsernameProfile
from tests.unit.spellings import wide

RULES = UsernameRules(FakeUsernameProfile())

token_like = st.from_regex(r"\A[eE][yY][jJ][a-z]{0,3}\.[a-z]{0,3}\.[a-z]{0,3}\Z")
names = st.text(max_size=MAXIMUM_NAME_LENGTH + 2) | token_like | token_like.map(wide)


def code(name: str) -> str | None:
    match RULES.canonical(name):
        case FieldError("username", code, _):
            return code
    return None


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("miguel", "miguel"),
        ("Miguel", "miguel"),
        (wide("MIGUEL"), "miguel"),
        ("JOSE\u0301", "jos\u00e9"),
        ("eyJ", "eyj"),
        ("eyJ.a", "eyj.a"),
        ("eyJ.a.b.c", "eyj.a.b.c"),
        ("a.b.c", "a.b.c"),
        ("xeyJ.a.b", "xeyj.a.b"),
    ],
)
def test_a_name_is_compared_in_its_canonical_spelling(name: str, canonical: str) -> None:
    assert RULES.canonical(name) == canonical


@pytest.mark.parametrize("character", ["a", "é", "\U00010428"])
def test_names_have_1_to_64_code_points(character: str) -> None:
    assert RULES.canonical(character) == character
    assert RULES.canonical(character * 64) == character * 64
    assert code(character * 65) == "too_long"


def test_a_name_whose_canonical_spelling_is_too_long_is_refused() -> None:
    assert code("\u0130" * 64) is not None
    assert code("\u0130" * 32) is None


@pytest.mark.parametrize("name", ["", " ", "a b", "a\0b", "a\n", "\ud800", "a\u200b"])
def test_what_the_profile_does_not_take_is_no_name(name: str) -> None:
    assert code(name) == "not_a_name"


@pytest.mark.parametrize("colon", [":", wide(":")])
def test_a_name_has_no_colon_in_any_width(colon: str) -> None:
    assert code(f"a{colon}b") == "colon"
    assert code(colon) == "colon"


def test_a_colon_as_sent_is_refused_even_where_the_profile_maps_it_away() -> None:
    class WithoutColons:
        def enforce(self, name: str) -> str | None:
            return name.replace(":", "-")

    refused = UsernameRules(WithoutColons()).canonical("a:b")

    assert isinstance(refused, FieldError)
    assert refused.code == "colon"


@pytest.mark.parametrize("name", ["", "x" * 65, "\u0130" * 64, "a:b", "eyJ.a.b"])
def test_a_refused_name_is_told_in_a_sentence_why(name: str) -> None:
    refused = RULES.canonical(name)

    assert isinstance(refused, FieldError)
    assert re.fullmatch(r"[A-Z][^\n]+\.", refused.detail)


@pytest.mark.parametrize(
    "name",
    ["eyJ.a.b", "EYJ.A.B", "eYj.a.b", "eyj..", "eyJhbGciOiJFUzI1NiJ9.e30.sig", wide("eyJ.a.b")],
)
def test_a_name_in_the_shape_of_a_token_is_refused(name: str) -> None:
    assert code(name) == "token_shaped"
    assert RULES.means_token(name)


def test_a_token_as_sent_is_refused_even_where_the_profile_maps_it_away() -> None:
    class WithoutDots:
        def enforce(self, name: str) -> str | None:
            return name.replace(".", "-")

    rules = UsernameRules(WithoutDots())

    refused = rules.canonical("eyJ.a.b")

    assert isinstance(refused, FieldError)
    assert refused.code == "token_shaped"
    assert rules.means_token("eyJ.a.b")


@pytest.mark.parametrize(
    ("text", "shaped"),
    [
        ("eyJ..", True),
        ("EyJ.a.b", True),
        ("eyJa.b.c", True),
        ("eyJ.", False),
        ("eyJ...", False),
        ("ey.J.a", False),
        (" eyJ.a.b", False),
        ("e.y.j", False),
        ("", False),
        (wide("eyJ.a.b"), False),
    ],
)
def test_a_token_starts_with_eyj_in_any_case_and_has_two_dots(text: str, shaped: bool) -> None:
    assert is_token_shaped(text) is shaped


@pytest.mark.parametrize("name", ["miguel", "", "a b", "eyJ.a", "x" * 65, wide("eyJ.a.b") * 10])
def test_other_names_mean_no_token(name: str) -> None:
    assert not RULES.means_token(name)


def test_a_token_of_any_length_means_a_token() -> None:
    assert RULES.means_token("eyJ" + "a" * 5_000 + ".b.c")


def test_the_longest_name_means_a_token_in_any_width() -> None:
    longest = wide("eyJ" + "a" * (MAXIMUM_NAME_LENGTH - 5) + "..")

    assert len(longest) == MAXIMUM_NAME_LENGTH
    assert RULES.means_token(longest)


def test_a_name_that_is_too_long_costs_no_mapping() -> None:
    class Unmapped:
        def enforce(self, name: str) -> str | None:
            raise AssertionError("A name of any length was mapped.")

    rules = UsernameRules(Unmapped())

    assert isinstance(rules.canonical("x" * 65), FieldError)
    assert not rules.means_token("x" * 65)


@settings(max_examples=60)
@given(name=names)
@example(name="eyJ.a.b")
def test_every_name_that_is_taken_is_short_plain_and_its_own_canonical_spelling(name: str) -> None:
    canonical = RULES.canonical(name)

    if isinstance(canonical, str):
        assert 1 <= len(canonical) <= MAXIMUM_NAME_LENGTH
        assert ":" not in canonical
        assert RULES.canonical(canonical) == canonical


@settings(max_examples=60)
@given(name=names)
def test_no_name_that_means_a_token_is_ever_taken(name: str) -> None:
    assert not (RULES.means_token(name) and isinstance(RULES.canonical(name), str))


@settings(max_examples=30)
@given(
    name=st.text(
        alphabet="abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=MAXIMUM_NAME_LENGTH
    )
)
def test_spellings_in_other_cases_and_widths_are_one_name(name: str) -> None:
    spellings = (name, name.upper(), name.title(), wide(name), wide(name.upper()))

    assert {RULES.canonical(spelling) for spelling in spellings} == {name}
