"""Refresh tokens: replaced by use, repeated where an answer got lost, taken back by reuse."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.issuance import IssuedTokens, IssueToken
from domain.renewal import InvalidRefreshToken, RefreshSession, RefreshTokenReused
from domain.sessions import SessionPolicy
from domain.users import User
from tests.fakes.clock import START, FakeClock
from tests.fakes.refresh_tokens import FakeRefreshTokens
from tests.fakes.revocations import FakeRevocationFeed
from tests.fakes.sessions import FakeSessionRepository
from tests.fakes.tokens import FakeTokenCodec
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import FakeUserRepository
from tests.origins import ORIGIN
from tests.unit.log_ins import acting_in, again, bearer_of, log_in

NOW = START.replace(microsecond=0)
GRACE = timedelta(seconds=10)


def test_a_refresh_token_gives_a_new_pair_of_the_same_session(
    *,
    refresh: RefreshSession,
    codec: FakeTokenCodec,
    issued: IssuedTokens,
    miguel: User,
    clock: FakeClock,
) -> None:
    clock.advance(hours=1)

    second = again(refresh, issued)

    token = codec.decode(second.token)
    assert second.refresh_token == FakeRefreshTokens().encode("id-1", 2) != issued.refresh_token
    assert bearer_of(token) == replace(acting_in(issued.session, miguel), authenticated_at=NOW)
    assert token.issued_at == NOW + timedelta(hours=1)
    assert (second.duration, second.refresh_duration) == (600, 14 * 86_400)


def test_a_rotation_is_stored_with_its_times(
    *,
    refresh: RefreshSession,
    sessions: FakeSessionRepository,
    issued: IssuedTokens,
    clock: FakeClock,
) -> None:
    clock.advance(hours=1, seconds=59)

    rotated = again(refresh, issued).session

    assert sessions.find(rotated.id) == rotated
    assert rotated == replace(
        issued.session,
        counter=2,
        rotated_at=clock.now(),
        used_at=NOW + timedelta(hours=1),
        tokens_end=NOW + timedelta(hours=1, minutes=10, seconds=59),
        idle_end=clock.now() + timedelta(days=14),
    )


def test_a_chain_of_rotations_lasts_as_long_as_the_session(
    refresh: RefreshSession, issued: IssuedTokens, clock: FakeClock
) -> None:
    for _ in range(3):
        clock.advance(days=9)
        issued = again(refresh, issued)

    assert issued.session.counter == 4
    assert issued.session.idle_end == NOW + timedelta(days=30)
    assert issued.refresh_duration == 3 * 86_400

    clock.advance(days=3)
    with pytest.raises(InvalidRefreshToken):
        again(refresh, issued)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1), GRACE])
def test_the_direct_predecessor_gives_the_same_pair_within_the_grace_and_at_its_last_moment(
    *,
    refresh: RefreshSession,
    sessions: FakeSessionRepository,
    codec: FakeTokenCodec,
    issued: IssuedTokens,
    clock: FakeClock,
    late: timedelta,
) -> None:
    clock.advance(minutes=1)
    first = again(refresh, issued)
    clock.advance(seconds=late.total_seconds())

    second = again(refresh, issued)

    assert second.refresh_token == first.refresh_token
    assert codec.decode(second.token) == codec.decode(first.token)
    assert second.session == first.session == sessions.find(issued.session.id)
    assert second.duration == 600 - late.total_seconds()


def test_a_repeated_pair_is_counted_from_the_rotation_not_from_the_repetition(
    *,
    refresh: RefreshSession,
    is_over: Callable[[str], bool],
    issued: IssuedTokens,
    clock: FakeClock,
) -> None:
    again(refresh, issued)
    clock.advance(seconds=9)
    again(refresh, issued)
    clock.advance(seconds=2)

    with pytest.raises(RefreshTokenReused):
        again(refresh, issued)
    assert is_over(issued.session.id)


def test_a_pair_that_is_repeated_after_its_token_is_over_says_that_it_lasts_no_second_more(
    refresh: RefreshSession, issued: IssuedTokens, clock: FakeClock
) -> None:
    patient = replace(refresh, policy=SessionPolicy(grace=timedelta(minutes=20)))
    again(patient, issued)
    clock.advance(minutes=11)

    assert again(patient, issued).duration == 0


def test_the_predecessor_is_repeated_after_a_renewal_by_token_too(
    refresh: RefreshSession, issue: IssueToken, issued: IssuedTokens, miguel: User, clock: FakeClock
) -> None:
    rotated = again(refresh, issued)
    clock.advance(seconds=5)
    issue(principal=acting_in(issued.session, miguel), origin=ORIGIN)

    assert again(refresh, issued).refresh_token == rotated.refresh_token


def test_a_predecessor_presented_after_the_grace_ends_the_session_everywhere_at_once(
    *,
    refresh: RefreshSession,
    is_over: Callable[[str], bool],
    issue: IssueToken,
    issued: IssuedTokens,
    miguel: User,
    clock: FakeClock,
) -> None:
    another = log_in(issue, miguel)
    rotated = again(refresh, issued)
    clock.advance(seconds=GRACE.total_seconds(), microseconds=1)

    with pytest.raises(RefreshTokenReused):
        again(refresh, issued)

    assert is_over(issued.session.id)
    assert not is_over(another.session.id)
    with pytest.raises(InvalidRefreshToken):
        again(refresh, rotated)


def test_anything_older_than_the_predecessor_is_reuse_even_within_the_grace(
    refresh: RefreshSession, is_over: Callable[[str], bool], issued: IssuedTokens
) -> None:
    again(refresh, again(refresh, issued))

    with pytest.raises(RefreshTokenReused):
        again(refresh, issued)
    assert is_over(issued.session.id)


def test_without_a_grace_a_predecessor_is_reuse_as_soon_as_time_has_passed(
    *,
    refresh: RefreshSession,
    is_over: Callable[[str], bool],
    issued: IssuedTokens,
    clock: FakeClock,
) -> None:
    strict = replace(refresh, policy=SessionPolicy(grace=timedelta(0)))
    again(strict, issued)
    clock.advance(microseconds=1)

    with pytest.raises(RefreshTokenReused):
        again(strict, issued)
    assert is_over(issued.session.id)


def overtaken_by(
    storage: Storage, act: Callable[[FakeSessionRepository], object]
) -> FakeUserRepository:
    """Users of whom somebody else has the lock first, and does this before giving it back."""

    class Awaited(FakeUserRepository):
        def lock(self, user_id: int) -> User | None:
            act(FakeSessionRepository(storage))
            return super().lock(user_id)

    return Awaited(storage)


def test_whoever_loses_the_race_for_a_rotation_gets_the_winners_pair(
    refresh: RefreshSession, storage: Storage, issued: IssuedTokens, clock: FakeClock
) -> None:
    winners = replace(issued.session, counter=2, rotated_at=clock.now())
    users = overtaken_by(storage, lambda sessions: sessions.renew(winners, counter=1))

    given = again(replace(refresh, users=users), issued)

    assert (given.session, given.refresh_token) == (winners, FakeRefreshTokens().encode("id-1", 2))


def test_whoever_waited_until_the_rotation_was_two_ago_has_reused_the_token(
    *,
    refresh: RefreshSession,
    storage: Storage,
    is_over: Callable[[str], bool],
    issued: IssuedTokens,
    clock: FakeClock,
) -> None:
    later = replace(issued.session, counter=3, rotated_at=clock.now())
    users = overtaken_by(storage, lambda sessions: sessions.renew(later, counter=1))

    with pytest.raises(RefreshTokenReused):
        again(replace(refresh, users=users), issued)
    assert is_over(issued.session.id)


def test_a_reuse_seen_twice_is_told_to_the_feed_once(
    refresh: RefreshSession, feed: FakeRevocationFeed, issued: IssuedTokens
) -> None:
    again(refresh, again(refresh, issued))

    with pytest.raises(RefreshTokenReused):
        again(refresh, issued)
    with pytest.raises(InvalidRefreshToken):
        again(refresh, issued)

    assert len(feed.read(after=0, alive_at=START).revocations) == 1
