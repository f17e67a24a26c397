from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.audit import AuditTrail
from domain.errors import InvalidFields
from domain.passwords import PasswordPolicy
from domain.users import (
    RegisterUser,
    RegistrationClosed,
    ShowUser,
    User,
    UsernameRules,
    UsernameTaken,
    UserNotFound,
    UsersNotPublic,
    user_id_from,
)
from tests.fakes.clock import START, FakeClock
from tests.fakes.passwords import FakePasswordHasher, FakePasswordProfile
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import TABLE, FakeUserRepository
from tests.origins import ORIGIN
from tests.unit.spellings import wide

NOT_IDS = [
    "",
    "0",
    "00",
    "01",
    "-1",
    "+1",
    " 1",
    "1 ",
    "1\n",
    "1.0",
    "1_0",
    "0x1",
    "1e3",
    "a",
    "1\0",
]
NOT_IDS += ["1" + "0" * 18, "9" * 19, "1" * 5_000, "\u0661", wide("1"), "1\u0661", "\u00b9"]


@pytest.fixture
def register(
    *,
    usernames: UsernameRules,
    passwords: PasswordPolicy,
    hasher: FakePasswordHasher,
    users: FakeUserRepository,
    audit: AuditTrail,
    clock: FakeClock,
    storage: Storage,
) -> RegisterUser:
    return RegisterUser(usernames, passwords, hasher, users, audit, clock, storage.transaction)


def test_a_registered_user_is_shown_as_entered_and_compared_canonically(
    register: RegisterUser, users: FakeUserRepository
) -> None:
    user = register(username="Miguel", password="python", origin=ORIGIN)

    assert user == User(1, "Miguel", "miguel", user.password_hash, START)
    assert users.get(user.id) == user
    assert users.find_by_name("miguel") == user


def test_the_prepared_password_is_hashed(
    register: RegisterUser, hasher: FakePasswordHasher
) -> None:
    user = register(username="miguel", password="pa\u0308ssword", origin=ORIGIN)

    assert hasher.verify("p\u00e4ssword", user.password_hash)
    assert hasher.hashes == 1


def test_the_hash_is_made_outside_the_unit_of_work(
    register: RegisterUser, storage: Storage
) -> None:
    class Watching(FakePasswordHasher):
        was_inside = True

        def hash(self, password: str) -> str:
            self.was_inside = storage.is_open
            return super().hash(password)

    hasher = Watching()

    replace(register, hasher=hasher)(username="miguel", password="python", origin=ORIGIN)

    assert not hasher.was_inside


def test_nobody_registers_where_registration_is_closed(
    register: RegisterUser, storage: Storage, hasher: FakePasswordHasher
) -> None:
    closed = replace(register, is_open=False)

    with pytest.raises(RegistrationClosed):
        closed(username="miguel", password="python", origin=ORIGIN)

    assert not storage.rows(TABLE)
    assert hasher.hashes == 0


@pytest.mark.parametrize(
    ("username", "password", "faults"),
    [
        ("", "python", [("username", "not_a_name")]),
        ("a:b", "python", [("username", "colon")]),
        ("miguel", "", [("password", "not_a_password")]),
        ("miguel", "x" * 257, [("password", "too_long")]),
        ("x" * 65, "\0", [("username", "too_long"), ("password", "not_a_password")]),
        ("eyJ.a.b", "", [("username", "token_shaped"), ("password", "not_a_password")]),
    ],
)
def test_every_refused_field_is_named_and_nothing_is_spent_or_kept(
    *,
    register: RegisterUser,
    storage: Storage,
    hasher: FakePasswordHasher,
    username: str,
    password: str,
    faults: list[tuple[str, str]],
) -> None:
    with pytest.raises(InvalidFields) as caught:
        register(username=username, password=password, origin=ORIGIN)

    assert [(fault.field, fault.code) for fault in caught.value.fields] == faults
    assert not storage.rows(TABLE)
    assert hasher.hashes == 0


@pytest.mark.parametrize(
    ("password", "code"), [("python", "too_short"), ("I am Miguel the First", "too_obvious")]
)
def test_a_password_that_the_policy_refuses_is_neither_hashed_nor_kept(
    register: RegisterUser,
    storage: Storage,
    hasher: FakePasswordHasher,
    password: str,
    code: str,
) -> None:
    strict = PasswordPolicy(FakePasswordProfile(), minimum_length=15, refuses_username=True)

    with pytest.raises(InvalidFields) as caught:
        replace(register, passwords=strict)(
            username=wide("MIGUEL"), password=password, origin=ORIGIN
        )

    assert [(fault.field, fault.code) for fault in caught.value.fields] == [("password", code)]
    assert not storage.rows(TABLE)
    assert hasher.hashes == 0


def test_a_name_that_is_none_is_not_looked_for_in_the_password(register: RegisterUser) -> None:
    strict = PasswordPolicy(FakePasswordProfile(), refuses_username=True)

    with pytest.raises(InvalidFields) as caught:
        replace(register, passwords=strict)(
            username="a:b", password="the password of a:b", origin=ORIGIN
        )

    assert [fault.field for fault in caught.value.fields] == ["username"]


@pytest.mark.parametrize("spelling", ["miguel", "Miguel", "MIGUEL", wide("miguel")])
def test_a_name_is_taken_in_every_spelling(
    register: RegisterUser, storage: Storage, spelling: str
) -> None:
    first = register(username="Miguel", password="python", origin=ORIGIN)

    with pytest.raises(UsernameTaken) as caught:
        register(username=spelling, password="another", origin=ORIGIN)

    assert [(fault.field, fault.code) for fault in caught.value.fields] == [("username", "taken")]
    assert storage.rows(TABLE) == {first.id: first}


def test_a_user_is_shown_by_the_id_that_a_text_spells(
    register: RegisterUser, users: FakeUserRepository
) -> None:
    user = register(username="Miguel", password="python", origin=ORIGIN)

    assert ShowUser(users)(user_id=str(user.id)) == user


@pytest.mark.parametrize("user_id", ["2", "0", "01", "miguel", ""])
def test_nobody_is_shown_for_any_other_text(
    register: RegisterUser, users: FakeUserRepository, user_id: str
) -> None:
    register(username="Miguel", password="python", origin=ORIGIN)

    with pytest.raises(UserNotFound):
        ShowUser(users)(user_id=user_id)


@pytest.mark.parametrize("user_id", ["1", "2", "0", "miguel"])
def test_where_users_are_not_public_nobody_is_shown_or_looked_up(
    register: RegisterUser, storage: Storage, user_id: str
) -> None:
    class Untouched(FakeUserRepository):
        def get(self, user_id: int) -> User:
            raise AssertionError("Users were looked up.")

    register(username="Miguel", password="python", origin=ORIGIN)

    with pytest.raises(UsersNotPublic):
        ShowUser(Untouched(storage), is_public=False)(user_id=user_id)


@settings(max_examples=30)
@given(user_id=st.integers(1, 10**18 - 1))
def test_ids_of_up_to_18_digits_are_read(user_id: int) -> None:
    assert user_id_from(str(user_id)) == user_id


@pytest.mark.parametrize("text", NOT_IDS)
def test_any_other_text_is_nobodys_id(text: str) -> None:
    with pytest.raises(UserNotFound):
        user_id_from(text)


@settings(max_examples=50)
@given(text=st.text(max_size=20) | st.text(alphabet="0123456789", max_size=20))
def test_text_of_any_form_is_an_id_or_nobodys(text: str) -> None:
    try:
        user_id = user_id_from(text)
    except UserNotFound:
        return
    assert str(user_id) == text
    assert 1 <= user_id < 10**18
