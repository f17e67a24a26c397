"""What every password profile, hasher and list of common passwords promises."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.common_passwords import ZxcvbnCommonPasswords
from adapters.precis import password_profile
from domain.passwords import MAXIMUM_PASSWORD_LENGTH, PasswordProfile
from tests.contracts.conftest import Hashers
from tests.fakes.passwords import COMMON_PASSWORDS, FakePasswordProfile
from tests.unit.spellings import wide

PREPARED = [
    ("python", "python"),
    ("PyThOn", "PyThOn"),
    ("p\u00e4ssw\u00f6rd", "pa\u0308sswo\u0308rd"),
    ("contrase\u00f1a", "contrasen\u0303a"),
    ("correct horse battery staple", "correct\u00a0horse\u3000battery\u2003staple"),
    (" both ends ", " both ends "),
    (wide("wide"), wide("wide")),
    ("a:b", "a:b"),
    ("😀🔑\U00010400", "😀🔑\U00010400"),
]

REFUSED = {
    "nothing": "",
    "NUL": "a\0b",
    "a tab": "a\tb",
    "a line end": "a\nb",
    "delete": "a\x7f",
    "a C1 control": "a\x85",
    "a zero-width space": "a\u200bb",
    "a lone surrogate": "a\udfff",
    "a noncharacter": "a\uffff",
    "unassigned": "a\u0378",
}

NO_HASHES = {
    "nothing": "",
    "the password itself": "python",
    "a word": "garbage",
    "dollars": "$$$$$",
    "no salt": "$argon2id$v=19$m=8,t=1,p=1$",
    "no parameters": "$argon2id$v=19$$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
    "an unknown version": "$argon2id$v=99$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
    "another scheme": "$6$rounds=5000$saltsalt$hash",
    "Werkzeug's": "scrypt:32768:8:1$salt$00",
    "NUL": "\0",
    "other digits": "$argon2id$v=19$m=٨,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
    "a surrogate": "\ud800",
}

# A hash costs a millisecond even with the cheapest parameters there are.
few = settings(max_examples=40)

prepared_passwords = st.text(
    alphabet=st.characters(exclude_categories=["C"]), min_size=1, max_size=MAXIMUM_PASSWORD_LENGTH
)


@pytest.fixture(scope="module", params=[FakePasswordProfile, password_profile])
def profile(request: pytest.FixtureRequest) -> PasswordProfile:
    made: PasswordProfile = request.param()
    return made


@pytest.mark.parametrize(("prepared", "password"), PREPARED)
def test_a_password_is_prepared_in_one_form(
    profile: PasswordProfile, prepared: str, password: str
) -> None:
    assert profile.enforce(password) == prepared


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_a_password_has_no_form(profile: PasswordProfile, text: str) -> None:
    assert profile.enforce(text) is None


@given(st.text(max_size=20))
def test_the_form_of_a_form_is_itself(profile: PasswordProfile, text: str) -> None:
    prepared = profile.enforce(text)

    assert prepared is None or profile.enforce(prepared) == prepared


@few
@given(password=prepared_passwords, other=prepared_passwords)
def test_a_hash_verifies_its_own_password_alone(
    hashers: Hashers, password: str, other: str
) -> None:
    password_hash = hashers.present.hash(password)

    assert hashers.present.verify(password, password_hash)
    assert hashers.present.verify(other, password_hash) is (other == password)


@pytest.mark.parametrize("character", ["a", "é", "名", "😀"])
def test_the_last_character_of_the_longest_password_counts(
    hashers: Hashers, character: str
) -> None:
    longest = character * MAXIMUM_PASSWORD_LENGTH
    password_hash = hashers.present.hash(longest)

    assert hashers.present.verify(longest, password_hash)
    assert not hashers.present.verify(longest[:-1], password_hash)
    assert not hashers.present.verify(longest[:-1] + "b", password_hash)


def test_two_hashes_of_one_password_differ(hashers: Hashers) -> None:
    hashes = {hashers.present.hash("python") for _ in range(10)}

    assert len(hashes) == 10


def test_a_hash_fits_its_column_and_holds_no_password(hashers: Hashers) -> None:
    password_hash = hashers.present.hash("python" * 40)

    assert len(password_hash) <= 255
    assert "python" not in password_hash


@pytest.mark.parametrize("text", NO_HASHES.values(), ids=NO_HASHES.keys())
def test_nothing_verifies_against_what_is_no_hash(hashers: Hashers, text: str) -> None:
    assert not hashers.present.verify("python", text)


@few
@given(text=st.text() | st.from_regex(r"\A\$argon2id\$v=19\$m=8,t=1,p=1\$[\w/+]*\$[\w/+]*\Z"))
def test_nothing_verifies_against_text_of_any_form(hashers: Hashers, text: str) -> None:
    assert not hashers.present.verify("python", text)


def test_a_cut_hash_verifies_nothing(hashers: Hashers) -> None:
    password_hash = hashers.present.hash("python")

    verified = [
        length
        for length in range(len(password_hash))
        if hashers.present.verify("python", password_hash[:length])
    ]

    assert verified == []


def test_its_own_hashes_are_known_and_what_is_none_is_not(hashers: Hashers) -> None:
    for made in (hashers.present.hash("python"), hashers.former.hash("python")):
        assert hashers.present.knows(made)
        assert not any(hashers.present.knows(made[:length]) for length in (0, 5, len(made) // 2))

    assert [each for each in NO_HASHES.values() if hashers.present.knows(each)] == []


def test_no_password_at_all_verifies_against_a_hash(hashers: Hashers) -> None:
    assert not hashers.present.verify("", hashers.present.hash("python"))


def test_a_hash_with_the_present_parameters_is_up_to_date(hashers: Hashers) -> None:
    assert not hashers.present.is_outdated(hashers.present.hash("python"))


def test_a_hash_with_former_parameters_verifies_and_is_outdated(hashers: Hashers) -> None:
    password_hash = hashers.former.hash("python")

    assert hashers.present.verify("python", password_hash)
    assert not hashers.present.verify("pythons", password_hash)
    assert hashers.present.is_outdated(password_hash)


def test_a_decoy_looks_like_a_present_hash(hashers: Hashers) -> None:
    decoy, password_hash = hashers.present.decoy(), hashers.present.hash("python")

    assert decoy.split("$")[1:-2] == password_hash.split("$")[1:-2]
    assert not hashers.present.is_outdated(decoy)


@few
@given(st.text(max_size=20))
def test_nothing_verifies_against_a_decoy(hashers: Hashers, password: str) -> None:
    assert not hashers.present.verify(password, hashers.present.decoy())


@pytest.mark.asvs("V15.4.1")
def test_passwords_are_hashed_by_many_threads_at_once(hashers: Hashers) -> None:
    def round_trip(number: int) -> bool:
        return hashers.present.verify(str(number), hashers.present.hash(str(number)))

    with ThreadPoolExecutor(8) as executor:
        assert all(executor.map(round_trip, range(32)))


@pytest.fixture(scope="module", params=[lambda: COMMON_PASSWORDS, ZxcvbnCommonPasswords])
def common(request: pytest.FixtureRequest) -> Collection[str]:
    made: Collection[str] = request.param()
    return made


@pytest.mark.parametrize("password", ["password", "123456789qwerty", "1qaz2wsx3edc4rfv"])
def test_common_passwords_are_known(common: Collection[str], password: str) -> None:
    assert password in common


@pytest.mark.parametrize("password", ["", "password,", "correct horse battery staple", "Ж", 1])
def test_other_passwords_are_not_common(common: Collection[object], password: object) -> None:
    assert password not in common


def test_common_passwords_are_whole_words_in_folded_case(common: Collection[str]) -> None:
    words = list(common)

    assert len(words) == len(common) == len(set(words))
    assert all(word and word == word.casefold() for word in words)
