"""How many sessions a user has at once, and which one makes room."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from domain.credentials import InvalidCredentials, TokenCredentials
from domain.issuance import IssuedTokens, IssueToken
from domain.renewal import RefreshSession
from domain.sessions import SessionPolicy
from domain.tokens import BROWSER, CLIENT_ID, AuthenticateRequest
from domain.users import User
from tests.fakes.clock import FakeClock
from tests.fakes.revocations import FakeRevocationFeed
from tests.fakes.sessions import FakeSessionRepository
from tests.origins import ORIGIN
from tests.unit.applications import Applications
from tests.unit.log_ins import acting_in, log_in, proven, told_by


def log_ins(
    issue: IssueToken, user: User, number: int, *, refreshable: bool = True
) -> list[IssuedTokens]:
    """So many log-ins, the oldest first, no two at the same moment."""
    assert isinstance(issue.clock, FakeClock)
    made = []
    for _ in range(number):
        issue.clock.advance(milliseconds=1)
        made.append(log_in(issue, user, refreshable=refreshable))
    return made


@pytest.fixture
def at_most_two(issue: IssueToken) -> IssueToken:
    return replace(issue, policy=SessionPolicy(maximum_live=2))


@pytest.mark.parametrize("refreshable", [True, False])
def test_the_101st_session_ends_the_oldest_one_here_and_for_everybody(
    *,
    issue: IssueToken,
    sessions: FakeSessionRepository,
    is_over: Callable[[str], bool],
    miguel: User,
    refreshable: bool,
) -> None:
    made = [each.session.id for each in log_ins(issue, miguel, 100, refreshable=refreshable)]
    assert not any(map(is_over, made))

    made += [each.session.id for each in log_ins(issue, miguel, 1, refreshable=refreshable)]

    assert list(map(is_over, made)) == [True] + [False] * 100
    live = sessions.list_live(miguel.id, now=issue.clock.now())
    assert [each.id for each in live] == made[:0:-1]


def test_the_tokens_of_the_session_that_made_room_are_refused_at_once_and_all_others_are_not(
    at_most_two: IssueToken, authenticate: AuthenticateRequest, miguel: User
) -> None:
    oldest, *others = log_ins(at_most_two, miguel, 3)

    with pytest.raises(InvalidCredentials):
        authenticate(credentials=TokenCredentials(oldest.token), origin=ORIGIN)
    assert all(
        authenticate(credentials=TokenCredentials(each.token), origin=ORIGIN) for each in others
    )


def test_the_oldest_session_is_the_one_begun_first_however_lately_it_was_used(
    *,
    at_most_two: IssueToken,
    refresh: RefreshSession,
    is_over: Callable[[str], bool],
    miguel: User,
    clock: FakeClock,
) -> None:
    first, second = log_ins(at_most_two, miguel, 2)
    clock.advance(minutes=5)
    refresh(refresh_token=str(first.refresh_token), origin=ORIGIN)

    log_ins(at_most_two, miguel, 1)

    assert [is_over(each.session.id) for each in (first, second)] == [True, False]


def test_sessions_that_are_over_take_no_room(
    *,
    at_most_two: IssueToken,
    sessions: FakeSessionRepository,
    feed: FakeRevocationFeed,
    miguel: User,
    clock: FakeClock,
) -> None:
    kept, ended = log_ins(at_most_two, miguel, 2)
    sessions.end(miguel.id, at=clock.now(), only=ended.session.id)
    (expired,) = log_ins(at_most_two, miguel, 1, refreshable=False)
    clock.advance(minutes=10)

    log_ins(at_most_two, miguel, 1)

    assert told_by(feed) == {ended.session.id}
    assert sessions.find(kept.session.id) == kept.session
    assert sessions.find(expired.session.id) == expired.session


def test_log_ins_by_browser_and_by_program_share_one_room_and_grants_take_none(
    *,
    at_most_two: IssueToken,
    apps: Applications,
    miguel: User,
    clock: FakeClock,
    is_over: Callable[[str], bool],
) -> None:
    program = log_in(at_most_two, miguel).session
    grants = []
    made = [program.id]
    for client_id in (BROWSER, CLIENT_ID):
        clock.advance(seconds=1)
        grants.append(apps.granted(acting_in(program, miguel)).session.id)
        made.append(
            at_most_two(principal=proven(miguel), origin=ORIGIN, client_id=client_id).session.id
        )

    assert list(map(is_over, made)) == [True, False, False]
    assert not any(map(is_over, grants))


def test_every_user_has_their_own_room(
    at_most_two: IssueToken, feed: FakeRevocationFeed, miguel: User, susan: User
) -> None:
    for user in (miguel, susan):
        log_ins(at_most_two, user, 2)

    assert not told_by(feed)


def test_renewal_takes_no_room(
    at_most_two: IssueToken, refresh: RefreshSession, feed: FakeRevocationFeed, miguel: User
) -> None:
    _, here = log_ins(at_most_two, miguel, 2)

    at_most_two(principal=acting_in(here.session, miguel), origin=ORIGIN)
    refresh(refresh_token=str(here.refresh_token), origin=ORIGIN)

    assert not told_by(feed)


def test_a_lower_limit_ends_all_that_are_beyond_it(
    issue: IssueToken, at_most_two: IssueToken, feed: FakeRevocationFeed, miguel: User
) -> None:
    made = log_ins(issue, miguel, 5)

    log_ins(at_most_two, miguel, 1)

    assert told_by(feed) == {each.session.id for each in made[:4]}
