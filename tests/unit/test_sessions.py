"""Sessions: how long they live, how many, who sees them, and who ends them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.credentials import InvalidCredentials, TokenCredentials
from domain.issuance import IssuedTokens, IssueToken
from domain.sessions import (
    EndOtherSessions,
    EndSession,
    ListSessions,
    Session,
    SessionNotFound,
    SessionPolicy,
    ShowSession,
)
from domain.tokens import AuthenticateRequest
from domain.users import User
from tests.fakes.clock import START, FakeClock
from tests.fakes.revocations import FakeRevocationFeed
from tests.fakes.sessions import FakeSessionRepository
from tests.origins import ORIGIN
from tests.unit.log_ins import DEVICE, acting_in, log_in, told_by

NOW = START.replace(microsecond=0)
MINUTE = timedelta(minutes=1)
POLICY = SessionPolicy()


def session(*, counter: int = 1, idle_end: datetime = START, tokens_end: datetime = NOW) -> Session:
    return Session(
        id="id-1",
        user_id=7,
        client_id="varvel",
        parent_id=None,
        scope="account",
        audience="https://auth.example",
        counter=counter,
        created_at=START,
        rotated_at=START,
        used_at=NOW,
        device=DEVICE,
        tokens_end=tokens_end,
        idle_end=idle_end,
        absolute_end=NOW + timedelta(days=30),
    )


@pytest.fixture
def show(sessions: FakeSessionRepository, clock: FakeClock) -> ShowSession:
    return ShowSession(sessions, clock)


@pytest.fixture
def end(issue: IssueToken) -> EndSession:
    return EndSession(issue.sessions, issue.revoked, issue.audit, issue.clock, issue.unit_of_work)


@pytest.fixture
def end_others(issue: IssueToken) -> EndOtherSessions:
    return EndOtherSessions(
        issue.users, issue.sessions, issue.revoked, issue.audit, issue.clock, issue.unit_of_work
    )


def log_ins(issue: IssueToken, user: User, clock: FakeClock, number: int) -> list[IssuedTokens]:
    """So many log-ins, the oldest first, no two at the same moment."""
    made = []
    for _ in range(number):
        made.append(log_in(issue, user))
        clock.advance(milliseconds=1)
    return made


@pytest.mark.parametrize("seconds", [0, 29.75, 59.5])
def test_the_use_of_a_session_is_noted_to_the_minute(seconds: float) -> None:
    now = START + timedelta(hours=1, seconds=seconds)

    assert POLICY.renewed(session(), now=now, tokens_end=now).used_at == NOW + 60 * MINUTE


def test_a_session_is_live_until_just_before_its_idle_end() -> None:
    at_rest = session(idle_end=START + MINUTE)

    assert at_rest.is_live(START + MINUTE - timedelta(microseconds=1))
    assert not at_rest.is_live(START + MINUTE)
    assert not replace(at_rest, ended_at=START).is_live(START)


def test_a_renewal_never_brings_an_end_forward() -> None:
    long = session(idle_end=START + timedelta(days=20), tokens_end=NOW + timedelta(days=1))

    renewed = POLICY.renewed(long, now=START, tokens_end=NOW + MINUTE)

    assert (renewed.idle_end, renewed.tokens_end) == (long.idle_end, long.tokens_end)


def test_a_session_lives_at_least_as_long_as_its_last_token() -> None:
    impatient = SessionPolicy(idle=timedelta(seconds=1))

    renewed = impatient.renewed(session(), now=START, tokens_end=NOW + 10 * MINUTE)

    assert renewed.idle_end == NOW + 10 * MINUTE


@settings(max_examples=50)
@given(
    counter=st.integers(0, 2),
    idle=st.integers(1, 60 * 86_400),
    steps=st.lists(st.tuples(st.integers(0, 86_400), st.integers(1, 86_400)), max_size=8),
)
def test_however_it_is_renewed_a_session_outlives_its_tokens_and_nothing_its_absolute_end(
    counter: int, idle: int, steps: list[tuple[int, int]]
) -> None:
    policy, now = SessionPolicy(idle=timedelta(seconds=idle)), START
    present = session(counter=counter)
    for elapsed, lifetime in steps:
        now += timedelta(seconds=elapsed)
        tokens_end = min(now + timedelta(seconds=lifetime), present.absolute_end)
        former, present = present, policy.renewed(present, now=now, tokens_end=tokens_end)

        assert former.tokens_end <= present.tokens_end <= present.idle_end <= present.absolute_end
        assert former.idle_end <= present.idle_end
        assert counter or present.idle_end == max(now, present.tokens_end)


def test_a_user_sees_their_own_live_sessions_the_youngest_first(
    *,
    issue: IssueToken,
    sessions: FakeSessionRepository,
    miguel: User,
    susan: User,
    clock: FakeClock,
) -> None:
    short = log_in(issue, miguel, refreshable=False)
    ended, first, second = (each.session for each in log_ins(issue, miguel, clock, 3))
    log_in(issue, susan)
    sessions.end(miguel.id, at=clock.now(), only=ended.id)

    shown = ListSessions(sessions, clock)(principal=acting_in(first, miguel))
    assert shown == [second, first, short.session]

    clock.advance(minutes=10)
    shown = ListSessions(sessions, clock)(principal=acting_in(first, miguel))
    assert shown == [second, first]


def test_a_user_is_shown_a_session_by_its_id_or_as_the_current_one(
    issue: IssueToken, show: ShowSession, miguel: User
) -> None:
    here, there = (log_in(issue, miguel).session for _ in range(2))
    principal = acting_in(here, miguel)

    assert show(principal=principal, session_id=there.id) == there
    assert show(principal=principal, session_id=here.id) == here
    assert show(principal=principal, session_id="current") == here


@pytest.fixture(params=["unknown", "another's", "ended", "expired"])
def not_theirs(
    *,
    request: pytest.FixtureRequest,
    issue: IssueToken,
    sessions: FakeSessionRepository,
    miguel: User,
    susan: User,
    clock: FakeClock,
) -> str:
    """The id of a session that Miguel has not, or not any more."""
    if request.param == "unknown":
        return "id-0"
    if request.param == "another's":
        return log_in(issue, susan).session.id
    session_id = log_in(issue, miguel, refreshable=False).session.id
    if request.param == "ended":
        sessions.end(miguel.id, at=clock.now(), only=session_id)
    clock.advance(minutes=10)
    return session_id


def test_whatever_is_no_live_session_of_the_users_is_not_found_and_stays_as_it_is(
    *,
    issue: IssueToken,
    sessions: FakeSessionRepository,
    feed: FakeRevocationFeed,
    show: ShowSession,
    end: EndSession,
    miguel: User,
    not_theirs: str,
) -> None:
    principal = acting_in(log_in(issue, miguel).session, miguel)
    before = (sessions.find(not_theirs), told_by(feed))

    with pytest.raises(SessionNotFound):
        show(principal=principal, session_id=not_theirs)
    with pytest.raises(SessionNotFound):
        end(principal=principal, session_id=not_theirs, origin=ORIGIN)

    assert (sessions.find(not_theirs), told_by(feed)) == before


@pytest.mark.parametrize("name", ["current", "id-1", "id-3"])
def test_a_session_is_ended_here_and_for_everybody_and_no_other_one_is(
    *,
    issue: IssueToken,
    end: EndSession,
    is_over: Callable[[str], bool],
    miguel: User,
    name: str,
) -> None:
    here, there = (log_in(issue, miguel).session for _ in range(2))
    meant, other = (there, here) if name == there.id else (here, there)

    end(principal=acting_in(here, miguel), session_id=name, origin=ORIGIN)

    assert is_over(meant.id)
    assert not is_over(other.id)


def test_the_tokens_of_an_ended_session_are_refused_at_once(
    issue: IssueToken, end: EndSession, authenticate: AuthenticateRequest, miguel: User
) -> None:
    issued = log_in(issue, miguel)

    end(principal=acting_in(issued.session, miguel), session_id="current", origin=ORIGIN)

    with pytest.raises(InvalidCredentials):
        authenticate(credentials=TokenCredentials(issued.token), origin=ORIGIN)


def test_all_other_sessions_of_the_user_are_ended_and_nobody_elses(
    *,
    issue: IssueToken,
    end_others: EndOtherSessions,
    is_over: Callable[[str], bool],
    miguel: User,
    susan: User,
    clock: FakeClock,
) -> None:
    first, here, last = log_ins(issue, miguel, clock, 3)
    susans = log_in(issue, susan)

    end_others(principal=acting_in(here.session, miguel), origin=ORIGIN)

    over = [is_over(each.session.id) for each in (first, here, last, susans)]
    assert over == [True, False, True, False]


def test_a_session_that_was_ended_elsewhere_ends_no_others(
    *,
    issue: IssueToken,
    end_others: EndOtherSessions,
    sessions: FakeSessionRepository,
    feed: FakeRevocationFeed,
    miguel: User,
    clock: FakeClock,
) -> None:
    other, here = (log_in(issue, miguel).session for _ in range(2))
    sessions.end(miguel.id, at=clock.now(), only=here.id)

    with pytest.raises(InvalidCredentials):
        end_others(principal=acting_in(here, miguel), origin=ORIGIN)

    assert sessions.find(other.id) == other
    assert told_by(feed) == {here.id}
