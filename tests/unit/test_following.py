"""How a process follows the others: their revocations, and the signing keys when those change."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain.issuance import IssueToken
from domain.revocations import (
    FeedPage,
    Revocation,
    RevocationsUnknown,
)
from domain.sessions import EndSession
from domain.signing_keys import SigningKey, SigningKeyUnreadable
from domain.unit_of_work import StorageUnavailable
from domain.users import User
from tests.fakes.clock import START, FakeClock
from tests.fakes.revocations import FakeRevocationFeed, append
from tests.fakes.signing_keys import FakeKeyFactory, FakeSigningKeyRepository
from tests.fakes.unit_of_work import Storage
from tests.origins import ORIGIN
from tests.unit.following import BOUND, Process, WatchedFeed
from tests.unit.log_ins import acting_in, log_in


@pytest.fixture
def process(storage: Storage, clock: FakeClock) -> Process:
    return Process(storage, clock)


@pytest.fixture
def end_a_session(issue: IssueToken, miguel: User) -> Callable[[], str]:
    """Ends a new session, in another process; says which."""
    end = EndSession(issue.sessions, issue.revoked, issue.audit, issue.clock, issue.unit_of_work)

    def act() -> str:
        session = log_in(issue, miguel).session
        end(principal=acting_in(session, miguel), session_id="current", origin=ORIGIN)
        return session.id

    return act


def announced(storage: Storage, *keys: SigningKey) -> None:
    """Puts these keys in place of all others, as another process would."""
    repository = FakeSigningKeyRepository(storage)
    with storage.transaction():
        FakeRevocationFeed(storage).announce_keys()
        for key in repository.list():
            repository.remove(key.kid)
        for key in keys:
            repository.add(key)


def kids(process: Process) -> list[str]:
    return [key["kid"] for key in process.ring.published()]


def new_key(generation: int = 1, secret: str = "present secret") -> SigningKey:
    return FakeKeyFactory((secret,)).new(generation=generation, use_from=START)


def test_a_process_knows_what_others_revoked_from_its_next_reading_on(
    process: Process, end_a_session: Callable[[], str]
) -> None:
    before = end_a_session()
    process.follow()
    assert process.knows(before)

    after = end_a_session()
    assert not process.knows(after)
    process.follow()
    assert process.knows(before)
    assert process.knows(after)


def test_only_what_is_new_is_read(process: Process, end_a_session: Callable[[], str]) -> None:
    process.follow()
    end_a_session()
    end_a_session()
    process.follow()
    process.follow()

    assert process.feed.read_after == [0, 0, 2]


def test_what_no_token_can_need_any_more_is_not_read(
    process: Process, end_a_session: Callable[[], str], clock: FakeClock
) -> None:
    ended = end_a_session()
    # Tokens end at whole seconds, and START is a quarter after one.
    clock.advance(minutes=11, milliseconds=-251)
    process.follow()
    assert process.feed.told == [ended]

    another = Process(process.storage, clock)
    clock.advance(milliseconds=1)
    another.follow()
    assert another.feed.told == []
    assert another.revoked.position == 1


def test_the_time_of_a_reading_is_taken_before_it(process: Process, clock: FakeClock) -> None:
    class Slow(WatchedFeed):
        def read(self, *, after: int, alive_at: datetime) -> FeedPage:
            page = super().read(after=after, alive_at=alive_at)
            clock.advance(seconds=4)
            return page

    replace(process.follow, feed=Slow(process.storage))()

    assert process.revoked.is_current(START + BOUND)
    assert not process.revoked.is_current(START + timedelta(seconds=5, microseconds=1))


def test_a_process_that_cannot_read_refuses_after_the_bound_and_recovers_by_itself(
    process: Process, end_a_session: Callable[[], str], clock: FakeClock
) -> None:
    process.follow()
    process.feed.is_down = True
    ended = end_a_session()

    for _ in range(2):
        clock.advance(seconds=3)
        with pytest.raises(StorageUnavailable):
            process.follow()
    with pytest.raises(RevocationsUnknown):
        process.knows(ended)

    process.feed.is_down = False
    process.follow()
    assert process.knows(ended)


def test_keys_are_read_once_and_again_only_when_they_changed(
    process: Process, storage: Storage, end_a_session: Callable[[], str]
) -> None:
    first, second = new_key(1), new_key(2)
    announced(storage, first)
    for _ in range(3):
        process.follow()
        end_a_session()
    assert (process.keys.listed, kids(process)) == (1, [first.kid])

    announced(storage, first, second)
    for _ in range(3):
        process.follow()
    assert (process.keys.listed, kids(process)) == (2, [first.kid, second.kid])


def test_a_storage_put_back_to_an_older_state_is_read_whole_and_nothing_is_forgotten(
    process: Process, end_a_session: Callable[[], str]
) -> None:
    ended = [end_a_session() for _ in range(3)]
    process.follow()
    older = Storage()
    append(older, [Revocation("ended after the restore", START + timedelta(minutes=10))])
    process.moved_to(older)

    process.follow()
    process.follow()

    assert process.feed.read_after == [3, 0, 1]
    assert all(map(process.knows, [*ended, "ended after the restore"]))


def test_the_keys_of_an_older_state_put_back_take_the_place_of_those_known(
    process: Process, storage: Storage, end_a_session: Callable[[], str]
) -> None:
    announced(storage, new_key())
    end_a_session()
    process.follow()
    former, older = new_key(), Storage()
    announced(older, former)  # as often as the present ones, so that no version tells them apart
    process.moved_to(older)

    process.follow()

    assert kids(process) == [former.kid]


def test_keys_that_cannot_be_opened_leave_the_process_stale_so_that_it_refuses(
    process: Process, storage: Storage, end_a_session: Callable[[], str], clock: FakeClock
) -> None:
    announced(storage, new_key())
    process.follow()
    known = kids(process)
    announced(storage, new_key(secret="another secret"))

    for _ in range(2):
        clock.advance(seconds=3)
        with pytest.raises(SigningKeyUnreadable):
            process.follow()

    assert kids(process) == known
    with pytest.raises(RevocationsUnknown):
        process.knows("id-1")

    replaced = new_key()
    announced(storage, replaced)
    process.follow()
    assert kids(process) == [replaced.kid]
    assert not process.knows("id-1")


def test_a_clock_that_ran_ahead_and_is_set_back_makes_nobody_forget_what_is_over(
    process: Process, clock: FakeClock, end_a_session: Callable[[], str]
) -> None:
    process.follow()
    ended = end_a_session()
    clock.advance(hours=1)
    process.follow()
    clock.advance(hours=-1)

    process.follow()

    assert process.knows(ended)


def test_a_clock_that_is_set_back_by_less_than_the_bound_makes_it_read_anew(
    process: Process, clock: FakeClock
) -> None:
    process.follow()
    clock.advance(seconds=-1)

    process.follow()

    assert process.feed.read_after == [0, 0]


def test_after_an_outage_everything_is_read_anew_since_another_storage_may_be_there(
    process: Process, clock: FakeClock, end_a_session: Callable[[], str]
) -> None:
    end_a_session()
    process.follow()
    listed = process.keys.listed
    clock.advance(seconds=BOUND.total_seconds(), microseconds=1)

    process.follow()

    assert process.feed.read_after == [0, 0]
    assert process.keys.listed == listed + 1


def test_keys_that_cannot_be_opened_do_not_hold_back_what_was_revoked(
    process: Process, storage: Storage, end_a_session: Callable[[], str]
) -> None:
    process.follow()
    announced(storage, new_key(secret="another secret"))
    ended = end_a_session()

    with pytest.raises(SigningKeyUnreadable):
        process.follow()

    assert process.knows(ended)
