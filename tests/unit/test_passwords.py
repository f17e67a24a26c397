import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import FieldError
from domain.passwords import MAXIMUM_PASSWORD_LENGTH, PasswordPolicy
from tests.fakes.passwords import COMMON_PASSWORDS, FakePasswordProfile

DEVELOPMENT = PasswordPolicy(FakePasswordProfile())
PRODUCTION = PasswordPolicy(
    FakePasswordProfile(),
    minimum_length=15,
    common=COMMON_PASSWORDS,
    context_words=("varvel", "Id"),
    refuses_username=True,
)


def judged(password: str, *, policy: PasswordPolicy = PRODUCTION, name: str = "miguel") -> str:
    """The code of the refusal, or `taken`."""
    fault = policy.judge(password, canonical_name=name)
    assert fault is None or fault.field == "password"
    return "taken" if fault is None else fault.code


def prepared(password: str) -> str:
    match DEVELOPMENT.prepare(password):
        case FieldError("password", code, _):
            return f"refused: {code}"
        case str(text):
            return text
    raise AssertionError(password)


def test_a_password_is_prepared_by_its_profile() -> None:
    assert prepared("pa\u0308ss\u3000word") == "p\u00e4ss word"


@pytest.mark.parametrize("character", ["a", "é", "😀"])
def test_passwords_have_256_code_points_at_most(character: str) -> None:
    longest = character * 256

    assert prepared(longest) == longest
    assert prepared(longest + character) == "refused: too_long"


@pytest.mark.parametrize("password", ["", "a\0b", "a\nb", "\ud800"])
def test_what_the_profile_does_not_take_is_no_password(password: str) -> None:
    assert prepared(password) == "refused: not_a_password"


def test_a_password_that_grows_too_long_when_prepared_is_refused() -> None:
    growing = "\U0001d160" * MAXIMUM_PASSWORD_LENGTH

    assert prepared(growing).startswith("refused: ")


def test_an_endless_password_costs_no_preparation() -> None:
    class Unprepared:
        def enforce(self, password: str) -> str | None:
            raise AssertionError("A password of any length was prepared.")

    refused = PasswordPolicy(Unprepared()).prepare("x" * 257)

    assert isinstance(refused, FieldError)


@pytest.mark.parametrize("password", ["python", "cat", "x", "password", "miguel", "varvel", " "])
def test_development_takes_what_the_seed_takes(password: str) -> None:
    assert judged(password, policy=DEVELOPMENT) == "taken"


@pytest.mark.parametrize("character", ["x", "é", "名", "😀", " "])
def test_production_takes_15_code_points_and_no_less(character: str) -> None:
    assert judged(character * 14) == "too_short"
    assert judged(character * 15) == "taken"


def test_a_refusal_for_length_names_the_length() -> None:
    fault = PRODUCTION.judge("short", canonical_name="miguel")

    assert fault is not None
    assert "15" in fault.detail


@pytest.mark.parametrize(
    "password", ["", "x" * 257, "short", "123456789qwerty", "I log in to varvel"]
)
def test_a_refused_password_is_told_in_a_sentence_why(password: str) -> None:
    fault = PRODUCTION.admit(password, canonical_name="miguel")

    assert isinstance(fault, FieldError)
    assert re.fullmatch(r"[A-Z][^\n]+\.", fault.detail)


@pytest.mark.parametrize(
    "password", ["123456789qwerty", "123456789QWERTY", "123456789987654321", "1QAZ2wsx3edc4rfv"]
)
def test_production_takes_no_common_password_in_any_case(password: str) -> None:
    assert judged(password) == "too_common"


@pytest.mark.parametrize(
    "password", ["123456789qwerty1", " 123456789qwerty", "my password is long"]
)
def test_common_passwords_are_compared_whole(password: str) -> None:
    assert judged(password) == "taken"


@pytest.mark.parametrize(
    "password",
    [
        "I log in to varvel",
        "VARVEL VARVEL VARVEL",
        "averylongvarvelpassword",
        "v\uff41rvel for ever",
    ],
)
def test_production_takes_no_password_with_the_services_name(password: str) -> None:
    assert judged(password) == "too_obvious"


def test_context_words_of_fewer_than_3_code_points_refuse_nothing() -> None:
    assert judged("an idle sentence of words") == "taken"


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("miguel", "the password of miguel"),
        ("miguel", "THE PASSWORD OF MIGUEL"),
        ("miguel", "the password of \uff4d\uff49\uff47uel"),
        ("cat", "concatenated sentences"),
        ("stra\u00dfe", "in der STRASSE wohnt wer"),
        ("strasse", "in der Stra\u00dfe wohnt wer"),
        ("\u00e9\u00e9n", "wij zijn met \u00c9\u00c9N persoon"),
    ],
)
def test_production_takes_no_password_with_the_users_name(name: str, password: str) -> None:
    assert judged(password, name=name) == "too_obvious"


@pytest.mark.parametrize("name", ["a", "at", "名前"])
def test_a_name_of_fewer_than_3_code_points_may_occur(name: str) -> None:
    assert judged(f"this is {name}, that is not", name=name) == "taken"


def test_a_policy_that_refuses_no_names_refuses_no_context_words_either() -> None:
    policy = PasswordPolicy(FakePasswordProfile(), context_words=("varvel",))

    assert judged("varvel miguel", policy=policy) == "taken"


@settings(max_examples=50)
@given(password=st.text(max_size=20))
def test_what_was_prepared_is_prepared_already(password: str) -> None:
    once = DEVELOPMENT.prepare(password)

    assert isinstance(once, FieldError) or DEVELOPMENT.prepare(once) == once


@settings(max_examples=50)
@given(password=st.text(alphabet="abc 1é😀", min_size=1, max_size=30))
def test_production_takes_exactly_the_long_enough_of_uncommon_passwords(password: str) -> None:
    assert judged(password) == ("taken" if len(password) >= 15 else "too_short")


@settings(max_examples=50)
@given(
    before=st.text(alphabet="xyz ", min_size=10, max_size=20),
    name=st.text(alphabet="abcé", min_size=3, max_size=10),
    after=st.text(alphabet="xyz ", min_size=10, max_size=20),
)
def test_a_name_is_found_wherever_it_stands(before: str, name: str, after: str) -> None:
    assert judged(before + name.upper() + after, name=name) == "too_obvious"
    assert judged(before + after, name=name) == "taken"
