"""What users do with their own account, and what becomes of their sessions."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from domain.accounts import ChangePassword, RemoveAccount, ShowAccount, WrongPassword
from domain.credentials import InvalidCredentials, PasswordCheck
from domain.errors import InvalidFields
from domain.issuance import IssuedTokens, IssueToken
from domain.passwords import PasswordPolicy
from domain.renewal import InvalidRefreshToken, RefreshSession
from domain.sessions import Session
from domain.users import User
from tests.fakes.clock import FakeClock
from tests.fakes.passwords import FakePasswordHasher, FakePasswordProfile
from tests.fakes.revocations import FakeRevocationFeed
from tests.fakes.sessions import TABLE as SESSIONS
from tests.fakes.sessions import FakeSessionRepository
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import TABLE as USERS
from tests.fakes.users import FakeUserRepository
from tests.origins import ORIGIN
from tests.unit.log_ins import PASSWORD, acting_in, add_user, after, log_in, told_by

NEW = "another password"

Act = Callable[..., None]
"""Changes the password or removes the account, as somebody who acts in a session."""


@pytest.fixture(params=["change", "remove"])
def act(request: pytest.FixtureRequest, change: ChangePassword, remove: RemoveAccount) -> Act:
    """Either of both; `meanwhile` happens between the check of the password and the change."""

    def call(
        session: Session,
        user: User,
        password: str = PASSWORD,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> None:
        principal = acting_in(session, user)
        unit_of_work = after(meanwhile, change.unit_of_work)
        if request.param == "change":
            replace(change, unit_of_work=unit_of_work)(
                principal=principal, current_password=password, new_password=NEW, origin=ORIGIN
            )
        else:
            replace(remove, unit_of_work=unit_of_work)(
                principal=principal, password=password, origin=ORIGIN
            )

    return call


@pytest.fixture
def here(issue: IssueToken, miguel: User) -> IssuedTokens:
    return log_in(issue, miguel)


@pytest.fixture
def is_untouched(
    storage: Storage, feed: FakeRevocationFeed, here: IssuedTokens, miguel: User, susan: User
) -> Callable[[], bool]:
    """Whether user and session are as they were, and nothing is in the feed."""

    def ask() -> bool:
        users, sessions = storage.rows(USERS), storage.rows(SESSIONS)
        return (
            users == {miguel.id: miguel, susan.id: susan}
            and sessions == {here.session.id: here.session}
            and not told_by(feed)
        )

    return ask


def test_users_are_shown_their_account(
    users: FakeUserRepository, here: IssuedTokens, miguel: User
) -> None:
    assert ShowAccount(users)(principal=acting_in(here.session, miguel)) == miguel


def test_a_user_who_is_not_there_any_more_is_not_shown(
    users: FakeUserRepository, here: IssuedTokens, miguel: User
) -> None:
    users.remove(miguel.id)

    with pytest.raises(InvalidCredentials):
        ShowAccount(users)(principal=acting_in(here.session, miguel))


def test_a_changed_password_takes_the_place_of_the_former(
    change: ChangePassword, check: PasswordCheck, here: IssuedTokens, miguel: User
) -> None:
    change(
        principal=acting_in(here.session, miguel),
        current_password="pa\u0308ssword",
        new_password="pa\u0308ssphrase",
        origin=ORIGIN,
    )

    assert (
        check.user_with(username="miguel", password="p\u00e4ssphrase", origin=ORIGIN).id
        == miguel.id
    )
    with pytest.raises(InvalidCredentials):
        check.user_with(username="miguel", password=PASSWORD, origin=ORIGIN)


def test_a_changed_password_ends_all_other_sessions_of_the_user_and_leaves_the_present_one(
    *,
    change: ChangePassword,
    issue: IssueToken,
    refresh: RefreshSession,
    is_over: Callable[[str], bool],
    here: IssuedTokens,
    miguel: User,
    susan: User,
) -> None:
    thief, susans = log_in(issue, miguel), log_in(issue, susan)

    change(
        principal=acting_in(here.session, miguel),
        current_password=PASSWORD,
        new_password=NEW,
        origin=ORIGIN,
    )

    assert [is_over(each.session.id) for each in (here, thief, susans)] == [False, True, False]
    assert refresh(refresh_token=str(here.refresh_token), origin=ORIGIN)
    with pytest.raises(InvalidRefreshToken):
        refresh(refresh_token=str(thief.refresh_token), origin=ORIGIN)


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("", "not_a_password"),
        ("x" * 257, "too_long"),
        ("short", "too_short"),
        ("I am Miguel the First", "too_obvious"),
    ],
)
def test_a_new_password_that_is_refused_is_named_as_the_field_of_this_request(
    *,
    change: ChangePassword,
    here: IssuedTokens,
    miguel: User,
    is_untouched: Callable[[], bool],
    hasher: FakePasswordHasher,
    new: str,
    code: str,
) -> None:
    strict = PasswordPolicy(FakePasswordProfile(), minimum_length=15, refuses_username=True)
    stricter = replace(change, passwords=replace(change.passwords, policy=strict))

    with pytest.raises(InvalidFields) as caught:
        stricter(
            principal=acting_in(here.session, miguel),
            current_password=PASSWORD,
            new_password=new,
            origin=ORIGIN,
        )

    assert [(each.field, each.code) for each in caught.value.fields] == [("new_password", code)]
    assert hasher.hashes == 0
    assert is_untouched()


def test_a_removed_user_and_their_sessions_are_gone_and_nobody_elses(
    *,
    remove: RemoveAccount,
    issue: IssueToken,
    storage: Storage,
    feed: FakeRevocationFeed,
    here: IssuedTokens,
    miguel: User,
    susan: User,
) -> None:
    there, susans = log_in(issue, miguel), log_in(issue, susan)

    remove(principal=acting_in(here.session, miguel), password=PASSWORD, origin=ORIGIN)

    assert storage.rows(USERS) == {susan.id: susan}
    assert storage.rows(SESSIONS) == {susans.session.id: susans.session}
    over = {here.session.id, there.session.id}
    assert told_by(feed) == over
    assert all(issue.revoked.holds(each, now=issue.clock.now()) for each in over)
    assert not issue.revoked.holds(susans.session.id, now=issue.clock.now())


def test_the_name_of_a_removed_user_becomes_free_and_the_id_never_returns(
    remove: RemoveAccount, users: FakeUserRepository, here: IssuedTokens, miguel: User
) -> None:
    remove(principal=acting_in(here.session, miguel), password=PASSWORD, origin=ORIGIN)

    assert users.find_by_name("miguel") is None
    assert add_user(users, "Miguel", PASSWORD).id != miguel.id


@pytest.mark.parametrize("password", ["wrong", "", "\0", "x" * 257, "susan's"])
def test_a_wrong_password_is_called_so_and_changes_nothing(
    *,
    act: Act,
    here: IssuedTokens,
    miguel: User,
    hasher: FakePasswordHasher,
    is_untouched: Callable[[], bool],
    password: str,
) -> None:
    with pytest.raises(WrongPassword):
        act(here.session, miguel, password)

    assert (hasher.verifications, hasher.hashes) == (1, 0)
    assert is_untouched()


def test_the_session_of_a_removed_user_is_refused_without_a_hash(
    act: Act,
    users: FakeUserRepository,
    hasher: FakePasswordHasher,
    here: IssuedTokens,
    miguel: User,
) -> None:
    users.remove(miguel.id)

    with pytest.raises(InvalidCredentials):
        act(here.session, miguel)
    assert hasher.verifications == 0


@pytest.mark.parametrize("how", ["hash changed", "disabled", "removed"])
def test_a_user_who_is_another_since_the_password_was_checked_is_refused_and_keeps_the_rest(
    *,
    act: Act,
    users: FakeUserRepository,
    storage: Storage,
    feed: FakeRevocationFeed,
    clock: FakeClock,
    here: IssuedTokens,
    miguel: User,
    how: str,
) -> None:
    def meanwhile() -> None:
        if how == "hash changed":
            users.replace_password_hash(miguel.id, old=miguel.password_hash, new="another")
        elif how == "disabled":
            users.set_disabled(miguel.id, clock.now())
        else:
            users.remove(miguel.id)
        expected.append((dict(storage.rows(USERS)), dict(storage.rows(SESSIONS))))

    expected: list[tuple[object, object]] = []

    with pytest.raises(InvalidCredentials):
        act(here.session, miguel, meanwhile=meanwhile)

    assert expected == [(storage.rows(USERS), storage.rows(SESSIONS))]
    assert not told_by(feed)


def test_a_session_that_ended_since_the_password_was_checked_is_refused_and_changes_nothing(
    *,
    act: Act,
    sessions: FakeSessionRepository,
    users: FakeUserRepository,
    issue: IssueToken,
    feed: FakeRevocationFeed,
    clock: FakeClock,
    here: IssuedTokens,
    miguel: User,
) -> None:
    there = log_in(issue, miguel).session

    with pytest.raises(InvalidCredentials):
        act(
            here.session,
            miguel,
            meanwhile=lambda: sessions.end(miguel.id, at=clock.now(), only=here.session.id),
        )

    assert users.get(miguel.id) == miguel
    assert sessions.find(there.id) == there
    assert told_by(feed) == {here.session.id}


def test_a_user_whose_hash_is_outdated_is_not_taken_for_another(
    act: Act, issue: IssueToken, users: FakeUserRepository
) -> None:
    former = add_user(users, "former", "cat", FakePasswordHasher("former"))
    session = log_in(issue, former).session

    act(session, former, "cat")

    assert users.find(former.id) != former
