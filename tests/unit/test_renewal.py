"""Tokens for a token that still lives: what keeps a session going, and for how long."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.credentials import InvalidCredentials
from domain.issuance import IssuedTokens, IssueToken
from domain.sessions import Session, SessionPolicy
from domain.users import User
from tests.fakes.clock import START, FakeClock
from tests.fakes.sessions import FakeSessionRepository
from tests.fakes.tokens import FakeTokenCodec
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import FakeUserRepository
from tests.origins import ORIGIN
from tests.unit.log_ins import (
    acting_in,
    log_in,
    with_tokens_of,
)

NOW = START.replace(microsecond=0)
SECOND = timedelta(seconds=1)


def go_on(issue: IssueToken, issued: IssuedTokens, user: User) -> IssuedTokens:
    """What the user gets for a token of this session."""
    return issue(principal=acting_in(issued.session, user), origin=ORIGIN)


def test_a_session_that_is_not_refreshable_has_no_refresh_token_and_ends_with_its_last_token(
    issue: IssueToken, sessions: FakeSessionRepository, miguel: User, clock: FakeClock
) -> None:
    issued = log_in(issue, miguel, refreshable=False)

    assert issued.refresh_token is None
    assert (issued.session.counter, issued.session.idle_end) == (0, NOW + timedelta(minutes=10))

    clock.advance(minutes=9)
    renewed = go_on(issue, issued, miguel).session
    assert renewed.idle_end == renewed.tokens_end == NOW + timedelta(minutes=19)

    clock.advance(minutes=10)
    assert not sessions.list_live(miguel.id, now=clock.now())
    with pytest.raises(InvalidCredentials):
        go_on(issue, issued, miguel)


def test_renewal_by_a_token_keeps_the_session_and_the_time_of_log_in(
    issue: IssueToken, codec: FakeTokenCodec, miguel: User, clock: FakeClock
) -> None:
    issued = log_in(issue, miguel)
    first = codec.decode(issued.token)
    clock.advance(minutes=9)

    second = codec.decode(go_on(issue, issued, miguel).token)

    assert (second.session_id, second.authenticated_at) == (first.session_id, NOW)
    assert (second.user_id, second.username) == (miguel.id, miguel.name)
    assert second.token_id != first.token_id
    assert second.issued_at == first.issued_at + timedelta(minutes=9)
    assert second.expires_at == second.issued_at + timedelta(minutes=10)


def test_renewal_by_a_token_writes_the_times_and_leaves_the_refresh_token_as_it_is(
    issue: IssueToken, sessions: FakeSessionRepository, miguel: User, clock: FakeClock
) -> None:
    issued = log_in(issue, miguel)
    clock.advance(minutes=9)

    renewed = go_on(issue, issued, miguel)

    assert sessions.find("id-1") == renewed.session
    assert renewed.session == replace(
        issued.session,
        used_at=NOW + timedelta(minutes=9),
        tokens_end=NOW + timedelta(minutes=19),
        idle_end=START + timedelta(days=14, minutes=9),
    )
    assert renewed.refresh_token == issued.refresh_token


def test_the_last_token_of_a_session_is_shortened_to_its_absolute_end(
    issue: IssueToken, codec: FakeTokenCodec, miguel: User, clock: FakeClock
) -> None:
    lasting = replace(issue, policy=SessionPolicy(idle=timedelta(days=60)))
    issued = log_in(lasting, miguel)
    clock.advance(days=30, seconds=-90)

    last = go_on(lasting, issued, miguel)

    assert (last.duration, last.refresh_duration) == (90, 90)
    assert codec.decode(last.token).expires_at == NOW + timedelta(days=30)


def test_the_very_last_token_lives_a_second(
    issue: IssueToken, miguel: User, clock: FakeClock
) -> None:
    lasting = replace(issue, policy=SessionPolicy(idle=timedelta(days=60)))
    issued = log_in(lasting, miguel)
    clock.advance(days=30, seconds=-1)

    assert go_on(lasting, issued, miguel).duration == 1


@pytest.mark.parametrize("beyond", [timedelta(0), SECOND, timedelta(days=365)])
def test_nothing_renews_a_session_after_30_days(
    issue: IssueToken, miguel: User, clock: FakeClock, beyond: timedelta
) -> None:
    lasting = replace(issue, policy=SessionPolicy(idle=timedelta(days=60)))
    issued = log_in(lasting, miguel)
    clock.advance(days=30, seconds=beyond.total_seconds())

    with pytest.raises(InvalidCredentials):
        go_on(lasting, issued, miguel)


@pytest.mark.parametrize("refreshable", [True, False])
def test_a_session_renewed_at_every_chance_ends_30_days_after_its_log_in(
    issue: IssueToken, codec: FakeTokenCodec, miguel: User, clock: FakeClock, *, refreshable: bool
) -> None:
    daily = with_tokens_of(issue, timedelta(days=1))
    issued = log_in(daily, miguel, refreshable=refreshable)

    while issued.session.tokens_end < NOW + timedelta(days=30):
        clock.advance(hours=23)
        issued = go_on(daily, issued, miguel)

    assert issued.session.idle_end == NOW + timedelta(days=30)
    assert codec.decode(issued.token).expires_at == NOW + timedelta(days=30)


def test_a_session_is_over_14_days_after_its_last_renewal(
    issue: IssueToken, miguel: User, clock: FakeClock
) -> None:
    issued = log_in(issue, miguel)

    clock.advance(days=14, microseconds=-1)
    renewed = go_on(issue, issued, miguel)

    clock.advance(days=14)
    with pytest.raises(InvalidCredentials):
        go_on(issue, renewed, miguel)


@pytest.mark.parametrize("how", ["disabled", "removed"])
def test_no_token_renews_the_session_of_a_disabled_or_removed_user(
    issue: IssueToken, users: FakeUserRepository, miguel: User, how: str
) -> None:
    issued = log_in(issue, miguel)
    if how == "removed":
        users.remove(miguel.id)
    else:
        users.set_disabled(miguel.id, START)

    with pytest.raises(InvalidCredentials):
        go_on(issue, issued, miguel)


def test_no_token_renews_a_session_that_another_process_ended_unnoticed(
    issue: IssueToken, sessions: FakeSessionRepository, miguel: User, clock: FakeClock
) -> None:
    issued = log_in(issue, miguel)
    sessions.end(miguel.id, at=clock.now(), only="id-1")
    ended = sessions.find("id-1")

    with pytest.raises(InvalidCredentials):
        go_on(issue, issued, miguel)

    assert sessions.find("id-1") == ended


def test_no_token_renews_a_session_that_is_not_there_any_more(
    issue: IssueToken, miguel: User
) -> None:
    issued = log_in(issue, miguel)
    gone = replace(issued.session, id="id-0")

    with pytest.raises(InvalidCredentials):
        issue(principal=acting_in(gone, miguel), origin=ORIGIN)


def test_no_token_renews_a_session_that_ends_between_the_look_at_it_and_the_renewal(
    issue: IssueToken, storage: Storage, miguel: User, clock: FakeClock
) -> None:
    class EndedJustBefore(FakeSessionRepository):
        def renew(self, session: Session, *, counter: int) -> bool:
            self.end(miguel.id, at=clock.now(), only=session.id)
            return super().renew(session, counter=counter)

    issued = log_in(issue, miguel)

    with pytest.raises(InvalidCredentials):
        go_on(replace(issue, sessions=EndedJustBefore(storage)), issued, miguel)
