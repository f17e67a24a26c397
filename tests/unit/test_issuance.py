"""Tokens for a password: what starts a session, and what keeps one from being started."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.credentials import InvalidCredentials
from domain.issuance import IssueToken
from domain.sessions import Session
from domain.users import User
from tests.fakes.clock import START, FakeClock
from tests.fakes.refresh_tokens import FakeRefreshTokens
from tests.fakes.revocations import FakeRevocationFeed
from tests.fakes.sessions import TABLE as SESSIONS
from tests.fakes.sessions import FakeSessionRepository
from tests.fakes.tokens import FakeTokenCodec
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import FakeUserRepository
from tests.origins import ORIGIN
from tests.unit.log_ins import (
    DEVICE,
    acting_in,
    after,
    bearer_of,
    log_in,
    proven,
    told_by,
    with_tokens_of,
)

NOW = START.replace(microsecond=0)
SECOND = timedelta(seconds=1)


def test_a_log_in_starts_a_session(
    issue: IssueToken, sessions: FakeSessionRepository, miguel: User
) -> None:
    issued = log_in(issue, miguel)

    assert issued.session == Session(
        id="id-1",
        user_id=miguel.id,
        client_id="varvel",
        parent_id=None,
        scope="account",
        audience="https://auth.example",
        counter=1,
        created_at=START,
        rotated_at=START,
        used_at=START,
        device=DEVICE,
        tokens_end=NOW + timedelta(minutes=10),
        idle_end=START + timedelta(days=14),
        absolute_end=NOW + timedelta(days=30),
    )
    assert sessions.find("id-1") == issued.session


def test_a_log_in_gives_an_access_token_of_its_session_and_the_first_refresh_token(
    issue: IssueToken, codec: FakeTokenCodec, miguel: User
) -> None:
    issued = log_in(issue, miguel)
    token = codec.decode(issued.token)

    assert bearer_of(token) == replace(acting_in(issued.session, miguel), authenticated_at=NOW)
    assert (token.client_id, token.scope, token.audience) == ("varvel", "account", token.issuer)
    assert issued.refresh_token == FakeRefreshTokens().encode("id-1", 1)
    assert (issued.duration, issued.refresh_duration) == (600, 14 * 86_400)


def test_a_log_in_that_asks_for_no_refresh_token_gets_none(issue: IssueToken, miguel: User) -> None:
    issued = issue(principal=proven(miguel), origin=ORIGIN)

    assert issued.refresh_token is None
    assert issued.session.counter == 0


@pytest.mark.parametrize("seconds", [1, 599, 86_400])
def test_a_token_lives_as_long_as_the_policy_says(
    issue: IssueToken, miguel: User, seconds: int
) -> None:
    issued = log_in(with_tokens_of(issue, timedelta(seconds=seconds)), miguel)

    assert issued.duration == seconds
    assert issued.session.tokens_end == NOW + timedelta(seconds=seconds)


def test_every_log_in_begins_a_session_of_its_own(
    issue: IssueToken, codec: FakeTokenCodec, miguel: User
) -> None:
    first, second = (codec.decode(log_in(issue, miguel).token) for _ in range(2))

    assert first.session_id != second.session_id
    assert first.token_id != second.token_id


def test_a_password_that_was_changed_since_it_was_verified_starts_no_session(
    issue: IssueToken, users: FakeUserRepository, storage: Storage, miguel: User
) -> None:
    def change() -> None:
        users.replace_password_hash(miguel.id, old=miguel.password_hash, new="another")

    with pytest.raises(InvalidCredentials):
        log_in(replace(issue, unit_of_work=after(change, issue.unit_of_work)), miguel)

    assert not storage.rows(SESSIONS)


@pytest.mark.parametrize("how", ["disabled", "removed"])
def test_a_user_disabled_or_removed_since_the_password_was_verified_starts_no_session(
    issue: IssueToken, users: FakeUserRepository, storage: Storage, miguel: User, how: str
) -> None:
    def take_away() -> None:
        if how == "removed":
            users.remove(miguel.id)
        else:
            users.set_disabled(miguel.id, START)

    with pytest.raises(InvalidCredentials):
        log_in(replace(issue, unit_of_work=after(take_away, issue.unit_of_work)), miguel)

    assert not storage.rows(SESSIONS)


def test_a_user_who_is_enabled_again_starts_sessions(
    issue: IssueToken, users: FakeUserRepository, miguel: User
) -> None:
    users.set_disabled(miguel.id, START)
    users.set_disabled(miguel.id, None)

    assert log_in(issue, miguel).token


def test_a_user_and_a_hash_that_is_checked_again_are_locked_before_the_time_is_taken(
    issue: IssueToken, storage: Storage, miguel: User, clock: FakeClock
) -> None:
    class Queued(FakeUserRepository):
        def lock(self, user_id: int) -> User | None:
            clock.advance(seconds=3)
            return super().lock(user_id)

    issued = log_in(replace(issue, users=Queued(storage)), miguel)

    assert issued.session.created_at == START + 3 * SECOND


def test_a_log_in_that_is_refused_tells_the_feed_nothing(
    issue: IssueToken, feed: FakeRevocationFeed, miguel: User
) -> None:
    stale = replace(proven(miguel), password_hash="another")

    with pytest.raises(InvalidCredentials):
        issue(principal=stale, origin=ORIGIN)

    assert not told_by(feed)
