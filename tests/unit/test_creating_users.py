"""How operators and admins create users: with a password or a hash, and as admins."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from domain.administration import CreateUser
from domain.audit import AuditTrail
from domain.errors import InvalidFields
from domain.passwords import PasswordPolicy
from domain.users import User, UsernameRules, UsernameTaken
from tests.fakes.clock import START, FakeClock
from tests.fakes.passwords import FakePasswordHasher, FakePasswordProfile
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import TABLE, FakeUserRepository
from tests.origins import ORIGIN

OLDER = FakePasswordHasher("then").hash("python")


@pytest.fixture
def create(
    *,
    usernames: UsernameRules,
    passwords: PasswordPolicy,
    hasher: FakePasswordHasher,
    users: FakeUserRepository,
    audit: AuditTrail,
    clock: FakeClock,
    storage: Storage,
) -> CreateUser:
    return CreateUser(usernames, passwords, hasher, users, audit, clock, storage.transaction)


def test_a_user_is_created_with_a_password_that_is_hashed_outside_the_unit_of_work(
    create: CreateUser, storage: Storage
) -> None:
    class Watching(FakePasswordHasher):
        was_inside = True

        def hash(self, password: str) -> str:
            self.was_inside = storage.is_open
            return super().hash(password)

    hasher = Watching()
    user = replace(create, hasher=hasher)(username="Zoe", password="pa\u0308ss", origin=ORIGIN)

    assert user == User(1, "Zoe", "zoe", user.password_hash, START)
    assert storage.rows(TABLE) == {1: user}
    assert hasher.verify("p\u00e4ss", user.password_hash)
    assert not hasher.was_inside


def test_a_user_is_created_with_a_hash_that_is_kept_as_it_is(
    create: CreateUser, storage: Storage, hasher: FakePasswordHasher
) -> None:
    strict = PasswordPolicy(FakePasswordProfile(), minimum_length=15)

    user = replace(create, passwords=strict)(username="zoe", password_hash=OLDER, origin=ORIGIN)

    assert storage.rows(TABLE) == {1: User(1, "zoe", "zoe", OLDER, START)}
    assert user.password_hash == OLDER
    assert hasher.hashes == 0


def test_an_admin_is_one_from_the_creation_on(create: CreateUser, storage: Storage) -> None:
    user = create(username="zoe", password="python", is_admin=True, origin=ORIGIN)

    assert user.role == "admin"
    assert storage.rows(TABLE) == {1: user}


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({}, [("password", "missing")]),
        ({"password": "python", "password_hash": OLDER}, [("password_hash", "ambiguous")]),
        ({"password": ""}, [("password", "not_a_password")]),
        ({"password_hash": ""}, [("password_hash", "unknown_hash")]),
        ({"password_hash": "python"}, [("password_hash", "unknown_hash")]),
        ({"username": "a b"}, [("username", "not_a_name"), ("password", "missing")]),
        (
            {"username": "a:b", "password_hash": "x"},
            [("username", "colon"), ("password_hash", "unknown_hash")],
        ),
    ],
)
def test_what_is_refused_is_named_and_nothing_is_spent_or_kept(
    *,
    create: CreateUser,
    storage: Storage,
    hasher: FakePasswordHasher,
    given: Mapping[str, str],
    faults: list[tuple[str, str]],
) -> None:
    with pytest.raises(InvalidFields) as caught:
        create(**{"username": "zoe", **given}, origin=ORIGIN)  # type: ignore[arg-type]

    assert [(fault.field, fault.code) for fault in caught.value.fields] == faults
    assert all(fault.detail for fault in caught.value.fields)
    assert not storage.rows(TABLE)
    assert hasher.hashes == 0


@pytest.mark.parametrize(("length", "is_taken"), [(255, True), (256, False)])
def test_a_hash_has_to_fit_where_hashes_are_kept(
    create: CreateUser, storage: Storage, length: int, is_taken: bool
) -> None:
    long = OLDER.replace("then", "t" * (length - len(OLDER) + 4))
    assert len(long) == length

    if is_taken:
        create(username="zoe", password_hash=long, origin=ORIGIN)
    else:
        with pytest.raises(InvalidFields):
            create(username="zoe", password_hash=long, origin=ORIGIN)

    assert bool(storage.rows(TABLE)) is is_taken


def test_the_password_of_a_new_user_is_judged_beside_the_name(create: CreateUser) -> None:
    strict = PasswordPolicy(FakePasswordProfile(), refuses_username=True)

    with pytest.raises(InvalidFields) as caught:
        replace(create, passwords=strict)(username="Miguel", password="miguel's", origin=ORIGIN)

    assert [fault.code for fault in caught.value.fields] == ["too_obvious"]


def test_a_password_is_judged_by_itself_where_the_name_is_none(create: CreateUser) -> None:
    strict = PasswordPolicy(FakePasswordProfile(), refuses_username=True)

    with pytest.raises(InvalidFields) as caught:
        replace(create, passwords=strict)(username="a b", password="python", origin=ORIGIN)

    assert [fault.code for fault in caught.value.fields] == ["not_a_name"]


def test_a_name_that_is_taken_is_not_created_again(
    create: CreateUser, storage: Storage, miguel: User
) -> None:
    with pytest.raises(UsernameTaken):
        create(username="MIGUEL", password_hash=OLDER, is_admin=True, origin=ORIGIN)

    assert storage.rows(TABLE) == {miguel.id: miguel}
