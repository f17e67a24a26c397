"""How admins log others out."""

from collections.abc import Callable

import pytest

from domain.accounts import UnknownUser
from domain.issuance import IssueToken
from domain.user_sessions import EndUserSessions, ListUserSessions, UnknownSession
from domain.users import User
from tests.fakes.revocations import FakeRevocationFeed
from tests.fakes.users import FakeUserRepository
from tests.origins import ORIGIN
from tests.unit.log_ins import PASSWORD, add_user, log_in, told_by


@pytest.fixture
def end(issue: IssueToken) -> EndUserSessions:
    return EndUserSessions(
        issue.users,
        issue.sessions,
        issue.revoked,
        issue.audit,
        issue.clock,
        issue.unit_of_work,
    )


@pytest.fixture
def list_sessions(issue: IssueToken) -> ListUserSessions:
    return ListUserSessions(issue.users, issue.sessions, issue.clock)


def test_one_session_is_ended_or_all(
    *,
    issue: IssueToken,
    feed: FakeRevocationFeed,
    end: EndUserSessions,
    list_sessions: ListUserSessions,
    miguel: User,
    susan: User,
) -> None:
    first, second, third, other = (
        log_in(issue, user).session.id for user in (miguel, miguel, miguel, susan)
    )

    assert end(user_id=miguel.id, session_id=second, origin=ORIGIN) == 1

    assert {each.id for each in list_sessions(user_id=miguel.id)} == {first, third}
    assert end(user_id=miguel.id, origin=ORIGIN) == 2
    assert list(list_sessions(user_id=miguel.id)) == []
    assert told_by(feed) == {first, second, third}
    assert [each.id for each in list_sessions(user_id=susan.id)] == [other]


def test_a_session_of_somebody_else_or_of_nobody_is_not_ended(
    *, issue: IssueToken, feed: FakeRevocationFeed, end: EndUserSessions, miguel: User, susan: User
) -> None:
    log_in(issue, miguel)
    other = log_in(issue, susan).session.id

    for session_id in (other, "x", "\0"):
        with pytest.raises(UnknownSession):
            end(user_id=miguel.id, session_id=session_id, origin=ORIGIN)

    assert told_by(feed) == set()


def test_whoever_has_no_session_has_none_ended_and_nothing_is_told(
    end: EndUserSessions, issue: IssueToken, miguel: User
) -> None:
    assert end(user_id=miguel.id, origin=ORIGIN) == 0
    assert issue.audit.entries.unsealed(limit=9) == []


def test_sessions_of_a_user_who_is_not_there_are_neither_shown_nor_ended(
    end: EndUserSessions, list_sessions: ListUserSessions, users: FakeUserRepository
) -> None:
    gone = add_user(users, "gone", PASSWORD)
    users.remove(gone.id)

    with pytest.raises(UnknownUser):
        list_sessions(user_id=gone.id)
    with pytest.raises(UnknownUser):
        end(user_id=gone.id, origin=ORIGIN)


def test_what_was_ended_is_over_in_this_process_at_once(
    issue: IssueToken, end: EndUserSessions, is_over: Callable[[str], bool], miguel: User
) -> None:
    ended = log_in(issue, miguel).session.id

    end(user_id=miguel.id, origin=ORIGIN)

    assert is_over(ended)
