"""What every profile of user names promises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.precis import username_profile
from domain.users import UsernameProfile
from tests.fakes.users import FakeUsernameProfile
from tests.unit.spellings import wide

SPELLINGS = [
    ("alice", ["Alice", "ALICE", wide("alice"), wide("ALICE"), "aLiCe"]),
    ("jos\u00e9", ["José", "jose\u0301", "JOSE\u0301", "JOS\u00c9", wide("jos") + "e\u0301"]),
    ("zoë", ["Zoë", "ZOË", "zoe\u0308"]),
    ("жанна", ["Жанна", "ЖАННА"]),
    ("\u30ac\u30e9\u30b9", ["ｶﾞﾗｽ", "ガラス", "\u30ab\u3099ラス"]),
    ("a:b", ["a:b", "A:B", "a" + wide(":") + "b"]),
    ("eyj.a.b", ["eyJ.a.b", "EYJ.A.B", wide("eyJ.a.b")]),
    ("miguel-1_2.x@y", ["Miguel-1_2.X@Y"]),
    ("\U00010428", ["\U00010400"]),
    ("名前", ["名前"]),
]

REFUSED = {
    "nothing": "",
    "a space": " ",
    "a space inside": "a b",
    "a wide space": "a\u3000b",
    "a no-break space": "a\u00a0b",
    "a tab": "a\tb",
    "a line end": "alice\n",
    "NUL": "a\0b",
    "delete": "a\x7f",
    "a C1 control": "a\x85",
    "a zero-width space": "a\u200bb",
    "a byte order mark": "\ufeffalice",
    "a right-to-left override": "a\u202eb",
    "a soft hyphen": "a\u00adb",
    "a line separator": "a\u2028b",
    "a lone surrogate": "a\ud800",
    "a noncharacter": "a\uffff",
    "private use": "a\ue000",
    "unassigned": "a\u0378",
}


@pytest.fixture(scope="module", params=[FakeUsernameProfile, username_profile])
def profile(request: pytest.FixtureRequest) -> UsernameProfile:
    made: UsernameProfile = request.param()
    return made


@pytest.mark.parametrize(("canonical", "spellings"), SPELLINGS)
def test_every_spelling_of_a_name_has_one_form(
    profile: UsernameProfile, canonical: str, spellings: list[str]
) -> None:
    assert {profile.enforce(spelling) for spelling in spellings} == {canonical}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_a_name_has_no_form(profile: UsernameProfile, text: str) -> None:
    assert profile.enforce(text) is None


@given(st.text(max_size=20))
def test_the_form_of_a_form_is_itself(profile: UsernameProfile, text: str) -> None:
    enforced = profile.enforce(text)

    assert enforced is None or profile.enforce(enforced) == enforced


@given(st.text(max_size=20))
def test_a_form_can_be_stored_anywhere(profile: UsernameProfile, text: str) -> None:
    enforced = profile.enforce(text)

    assert enforced is None or (enforced and "\0" not in enforced and enforced.encode("utf-8"))


@given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "N"]), min_size=1))
def test_ascii_letters_and_digits_are_compared_in_lower_case(
    profile: UsernameProfile, text: str
) -> None:
    assert profile.enforce(text) == text.lower()


@given(st.text(alphabet=st.characters(categories=["Cs", "Lu"]), max_size=5))
def test_surrogates_of_any_kind_end_in_no_form(profile: UsernameProfile, text: str) -> None:
    enforced = profile.enforce(text + "\udc00")

    assert enforced is None
