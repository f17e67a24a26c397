"""How a password is checked: the same answer and the same cost, whoever it is not."""

from dataclasses import replace

import pytest

from domain.accounts import DisableUser
from domain.credentials import (
    Credentials,
    InvalidCredentials,
    PasswordCheck,
    PasswordCredentials,
    TokenCredentials,
)
from domain.passwords import PasswordPolicy
from domain.users import User
from tests.fakes.clock import START
from tests.fakes.passwords import FakePasswordHasher, FakePasswordProfile
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import FakeUserRepository
from tests.origins import ORIGIN
from tests.unit.log_ins import PASSWORD, add_user, after
from tests.unit.spellings import wide


@pytest.fixture
def outdated(users: FakeUserRepository) -> User:
    """A user whose hash was made with the parameters of an earlier release."""
    return add_user(users, "outdated", "cat", FakePasswordHasher("former"))


@pytest.mark.parametrize(
    "credentials", [PasswordCredentials("miguel", PASSWORD), TokenCredentials(PASSWORD)]
)
def test_credentials_do_not_show_their_secret_to_whoever_logs_them(
    credentials: Credentials,
) -> None:
    assert PASSWORD not in repr(credentials)


@pytest.mark.parametrize("username", ["Miguel", "miguel", "MIGUEL", wide("miguel")])
@pytest.mark.parametrize("password", ["p\u00e4ssword", "pa\u0308ssword"])
def test_a_name_and_its_password_prove_a_user_in_every_spelling(
    check: PasswordCheck, miguel: User, username: str, password: str
) -> None:
    assert check.user_with(username=username, password=password, origin=ORIGIN) == miguel


REFUSED = {
    "a wrong password": ("miguel", "wrong"),
    "a password in other case": ("miguel", "P\u00c4SSWORD"),
    "an empty password": ("miguel", ""),
    "a password that is none": ("miguel", "\0"),
    "an over-long password": ("miguel", "x" * 257),
    "another user's password": ("miguel", "susan's"),
    "a disabled user's password": ("disabled", "disabled's"),
    "a disabled user's name in another spelling": ("DISABLED", "disabled's"),
    "a wrong password of a disabled user": ("disabled", "wrong"),
    "an unknown name": ("nobody", "p\u00e4ssword"),
    "an unknown name without a password": ("nobody", ""),
    "an unknown name with an over-long password": ("nobody", "x" * 257),
    "no name": ("", "p\u00e4ssword"),
    "what is not a name": ("mi guel", "p\u00e4ssword"),
    "an over-long name": ("x" * 65, "p\u00e4ssword"),
    "a name with a colon": ("miguel:", "p\u00e4ssword"),
    "neither a name nor a password": ("\0", "\0"),
    "a lone surrogate": ("\ud800", "\ud800"),
}


@pytest.mark.parametrize(("username", "password"), REFUSED.values(), ids=REFUSED.keys())
def test_every_refused_password_gives_one_answer_and_costs_one_hash(
    *,
    check: PasswordCheck,
    users: FakeUserRepository,
    hasher: FakePasswordHasher,
    miguel: User,
    susan: User,
    username: str,
    password: str,
) -> None:
    users.set_disabled(add_user(users, "disabled", "disabled's").id, START)

    with pytest.raises(InvalidCredentials) as caught:
        check.user_with(username=username, password=password, origin=ORIGIN)

    assert caught.value.fields == ()
    assert (hasher.verifications, hasher.hashes) == (1, 0)


def test_a_granted_password_costs_one_hash_too(
    check: PasswordCheck, hasher: FakePasswordHasher, miguel: User
) -> None:
    check.user_with(username="miguel", password=PASSWORD, origin=ORIGIN)

    assert (hasher.verifications, hasher.hashes) == (1, 0)


def test_a_user_whose_stored_hash_is_broken_is_refused(
    check: PasswordCheck, users: FakeUserRepository, miguel: User
) -> None:
    users.replace_password_hash(miguel.id, old=miguel.password_hash, new="broken")

    with pytest.raises(InvalidCredentials):
        check.user_with(username="miguel", password=PASSWORD, origin=ORIGIN)


def test_an_unusable_password_never_matches_a_hash_of_nothing(
    check: PasswordCheck, users: FakeUserRepository
) -> None:
    add_user(users, "hollow", "")

    with pytest.raises(InvalidCredentials):
        check.user_with(username="hollow", password="x" * 257, origin=ORIGIN)


def test_a_password_that_would_not_be_taken_any_more_still_proves_its_user(
    check: PasswordCheck, miguel: User
) -> None:
    strict = replace(check, policy=PasswordPolicy(FakePasswordProfile(), minimum_length=15))

    assert strict.user_with(username="miguel", password=PASSWORD, origin=ORIGIN) == miguel


def test_an_outdated_hash_is_replaced_and_the_user_given_with_the_new_one(
    check: PasswordCheck, users: FakeUserRepository, hasher: FakePasswordHasher, outdated: User
) -> None:
    user = check.user_with(username="outdated", password="cat", origin=ORIGIN)

    assert user == users.get(outdated.id) != outdated
    assert not hasher.is_outdated(user.password_hash)
    assert hasher.verify("cat", user.password_hash)


def test_replacing_an_outdated_hash_costs_one_hash_more_than_any_log_in(
    check: PasswordCheck, hasher: FakePasswordHasher, outdated: User
) -> None:
    check.user_with(username="outdated", password="cat", origin=ORIGIN)

    assert (hasher.verifications, hasher.hashes) == (1, 1)


def test_an_outdated_hash_stays_when_the_password_is_refused(
    check: PasswordCheck, users: FakeUserRepository, hasher: FakePasswordHasher, outdated: User
) -> None:
    with pytest.raises(InvalidCredentials):
        check.user_with(username="outdated", password="dog", origin=ORIGIN)

    assert users.get(outdated.id) == outdated
    assert hasher.hashes == 0


def test_of_two_log_ins_that_replace_an_outdated_hash_both_are_given_the_one_that_is_stored(
    check: PasswordCheck, users: FakeUserRepository, hasher: FakePasswordHasher, outdated: User
) -> None:
    given = []

    def another_log_in() -> None:
        given.append(check.user_with(username="outdated", password="cat", origin=ORIGIN))

    slower = replace(check, unit_of_work=after(another_log_in, check.unit_of_work))
    given.append(slower.user_with(username="outdated", password="cat", origin=ORIGIN))

    assert given == [users.get(outdated.id)] * 2
    assert not hasher.is_outdated(given[0].password_hash)


def test_a_password_that_was_changed_while_its_outdated_hash_was_replaced_is_refused(
    check: PasswordCheck, users: FakeUserRepository, outdated: User
) -> None:
    changed = FakePasswordHasher().hash("dog")

    def change() -> None:
        users.replace_password_hash(outdated.id, old=outdated.password_hash, new=changed)

    interrupted = replace(check, unit_of_work=after(change, check.unit_of_work))

    with pytest.raises(InvalidCredentials):
        interrupted.user_with(username="outdated", password="cat", origin=ORIGIN)
    assert users.get(outdated.id).password_hash == changed


def test_a_user_removed_while_the_outdated_hash_was_replaced_is_refused(
    check: PasswordCheck, users: FakeUserRepository, outdated: User
) -> None:
    interrupted = replace(
        check, unit_of_work=after(lambda: users.remove(outdated.id), check.unit_of_work)
    )

    with pytest.raises(InvalidCredentials):
        interrupted.user_with(username="outdated", password="cat", origin=ORIGIN)


def test_a_password_does_not_prove_whoever_took_the_name_of_a_removed_user_meanwhile(
    check: PasswordCheck, users: FakeUserRepository, outdated: User
) -> None:
    def replace_user() -> None:
        users.remove(outdated.id)
        add_user(users, "outdated", "cat")

    interrupted = replace(check, unit_of_work=after(replace_user, check.unit_of_work))

    with pytest.raises(InvalidCredentials):
        interrupted.user_with(username="outdated", password="cat", origin=ORIGIN)


def test_a_user_disabled_while_the_outdated_hash_was_replaced_is_refused(
    check: PasswordCheck, disable: DisableUser, outdated: User
) -> None:
    interrupted = replace(
        check,
        unit_of_work=after(lambda: disable(who="outdated", origin=ORIGIN), check.unit_of_work),
    )

    with pytest.raises(InvalidCredentials):
        interrupted.user_with(username="outdated", password="cat", origin=ORIGIN)


def test_no_hash_is_made_or_verified_inside_a_unit_of_work(
    check: PasswordCheck, storage: Storage, hasher: FakePasswordHasher, outdated: User
) -> None:
    hasher.hash("something")  # so that its next salt is another one than that of the watched
    inside: list[bool] = []

    class Watching(FakePasswordHasher):
        def hash(self, password: str) -> str:
            inside.append(storage.is_open)
            return super().hash(password)

        def verify(self, password: str, password_hash: str) -> bool:
            inside.append(storage.is_open)
            return super().verify(password, password_hash)

    watched = replace(check, hasher=Watching())
    another = after(
        lambda: check.user_with(username="outdated", password="cat", origin=ORIGIN),
        check.unit_of_work,
    )
    replace(watched, unit_of_work=another).user_with(
        username="outdated", password="cat", origin=ORIGIN
    )

    assert inside == [False] * 3


def test_a_password_is_matched_with_a_user_who_is_known_already(
    check: PasswordCheck, hasher: FakePasswordHasher, miguel: User
) -> None:
    assert check.matching(miguel, PASSWORD, origin=ORIGIN) == miguel
    assert check.matching(miguel, "wrong", origin=ORIGIN) is None
    assert hasher.verifications == 2
