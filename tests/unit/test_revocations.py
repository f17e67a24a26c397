"""What one process knows of revocations, for how long it trusts it, and when it forgets."""

import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.revocations import (
    KEPT_LONGER,
    FeedPage,
    Revocation,
    RevocationsUnknown,
    RevokedSessions,
)
from tests.fakes.clock import START

BOUND = timedelta(seconds=5)
SECOND = timedelta(seconds=1)
MOMENT = timedelta(microseconds=1)
TOKEN_LIFETIME = timedelta(minutes=10)
NOTHING = FeedPage(0, 1, [])


@pytest.fixture
def revoked() -> RevokedSessions:
    """Read at START, while the feed was empty."""
    revoked = RevokedSessions(BOUND)
    revoked.take(NOTHING, read_at=START)
    return revoked


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads that take turns far more often than they do otherwise.

    Before Python 3.12 the garbage collector can step into the middle of what looks indivisible,
    and whatever Python it then calls (finalizers, callbacks of weak references) lets others in.
    """

    def let_others_in(phase: str, info: dict[str, int]) -> None:
        for _ in range(10):
            Path().stat()  # as any call into the system does

    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(1e-6)
    gc.set_threshold(100, 1_000, 1_000)
    gc.callbacks.append(let_others_in)
    yield
    gc.callbacks.remove(let_others_in)
    gc.set_threshold(*thresholds)
    sys.setswitchinterval(interval)


def revocation(session_id: str, *, lives: timedelta = TOKEN_LIFETIME) -> Revocation:
    return Revocation(session_id, START + lives)


def test_nothing_is_known_until_the_feed_was_read() -> None:
    revoked = RevokedSessions(BOUND)

    assert not revoked.is_current(START)
    with pytest.raises(RevocationsUnknown):
        revoked.holds("id-1", now=START)


def test_own_revocations_alone_do_not_make_it_known_what_others_revoked() -> None:
    revoked = RevokedSessions(BOUND)

    revoked.add([revocation("id-1")])

    for session_id in ("id-1", "id-2"):
        with pytest.raises(RevocationsUnknown):
            revoked.holds(session_id, now=START)


def test_a_process_that_has_read_the_feed_knows_what_it_told(revoked: RevokedSessions) -> None:
    revoked.take(FeedPage(7, 3, [revocation("id-1"), revocation("id-2")]), read_at=START)

    assert [revoked.holds(f"id-{each}", now=START) for each in (1, 2, 3)] == [True, True, False]
    assert (revoked.position, revoked.keys_version) == (7, 3)


@pytest.mark.parametrize("sign", [1, -1], ids=["later", "earlier"])
def test_what_was_read_is_trusted_up_to_the_bound_in_either_direction_and_no_further(
    revoked: RevokedSessions, sign: int
) -> None:
    last = START + sign * BOUND
    beyond = last + sign * MOMENT

    assert revoked.is_current(last)
    assert not revoked.holds("id-1", now=last)
    assert not revoked.is_current(beyond)
    with pytest.raises(RevocationsUnknown):
        revoked.holds("id-1", now=beyond)


def test_not_even_what_is_known_to_be_over_is_called_so_beyond_the_bound(
    revoked: RevokedSessions,
) -> None:
    revoked.add([revocation("id-1")])

    with pytest.raises(RevocationsUnknown):
        revoked.holds("id-1", now=START + BOUND + MOMENT)


def test_reading_the_feed_again_makes_it_known_again(revoked: RevokedSessions) -> None:
    much_later = START + timedelta(hours=1)

    revoked.take(NOTHING, read_at=much_later)

    assert not revoked.holds("id-1", now=much_later + BOUND)


def test_a_clock_that_was_set_back_counts_from_the_next_reading_on(
    revoked: RevokedSessions,
) -> None:
    revoked.add([revocation("id-1")])
    before = START - timedelta(hours=1)

    with pytest.raises(RevocationsUnknown):
        revoked.holds("id-1", now=before)
    revoked.take(NOTHING, read_at=before)

    assert revoked.holds("id-1", now=before + BOUND)
    assert not revoked.is_current(START)


def test_own_revocations_count_at_once_and_stay_when_the_feed_tells_them_too(
    revoked: RevokedSessions,
) -> None:
    revoked.add([revocation("id-1")])
    assert revoked.holds("id-1", now=START)

    revoked.take(FeedPage(1, 1, [revocation("id-1")]), read_at=START)
    revoked.take(FeedPage(1, 1, []), read_at=START)
    assert revoked.holds("id-1", now=START)


def test_own_revocations_do_not_move_the_position_at_which_others_are_read(
    revoked: RevokedSessions,
) -> None:
    revoked.add([revocation("id-1")])

    assert revoked.position == 0


def test_a_revocation_is_kept_a_minute_longer_than_its_tokens_live_and_then_forgotten(
    revoked: RevokedSessions,
) -> None:
    revoked.add([revocation("short"), revocation("long", lives=2 * TOKEN_LIFETIME)])
    over = START + TOKEN_LIFETIME

    kept_until = over + timedelta(minutes=1) - MOMENT
    revoked.take(NOTHING, read_at=kept_until)
    assert revoked.holds("short", now=kept_until)

    # It is looked through once a minute.
    gone = kept_until + timedelta(minutes=1) + MOMENT
    revoked.take(NOTHING, read_at=gone)
    assert not revoked.holds("short", now=gone)
    assert revoked.holds("long", now=gone)


def test_a_clock_set_back_by_up_to_a_minute_brings_no_revoked_token_back(
    revoked: RevokedSessions,
) -> None:
    last_moment = START + TOKEN_LIFETIME - MOMENT
    revoked.add([revocation("id-1")])

    revoked.take(NOTHING, read_at=last_moment + KEPT_LONGER)
    revoked.take(NOTHING, read_at=last_moment)

    assert revoked.holds("id-1", now=last_moment)


def test_forgetting_goes_on_after_a_clock_was_set_back(revoked: RevokedSessions) -> None:
    revoked.take(NOTHING, read_at=START + timedelta(days=1))
    revoked.take(NOTHING, read_at=START)
    revoked.add([revocation("id-1", lives=timedelta(0))])

    gone = START + 2 * KEPT_LONGER
    revoked.take(NOTHING, read_at=gone)

    assert not revoked.holds("id-1", now=gone)


@settings(max_examples=50)
@given(
    lifetimes=st.lists(st.integers(0, 1_200), max_size=10),
    waits=st.lists(st.integers(0, 180), max_size=20),
)
def test_no_revocation_is_forgotten_while_a_token_under_it_may_live(
    lifetimes: list[int], waits: list[int]
) -> None:
    revoked, now = RevokedSessions(BOUND), START
    told = [revocation(f"id-{n}", lives=each * SECOND) for n, each in enumerate(lifetimes)]
    revoked.take(FeedPage(1, 1, told), read_at=now)

    for wait in waits:
        now += wait * SECOND
        revoked.take(FeedPage(1, 1, []), read_at=now)
        alive = [each for each in told if each.expires_at > now - KEPT_LONGER]
        assert all(revoked.holds(each.session_id, now=now) for each in alive)
        dead = [each for each in told if each.expires_at <= now - 2 * KEPT_LONGER - SECOND]
        assert not any(revoked.holds(each.session_id, now=now) for each in dead)


@pytest.mark.asvs("V15.4.1")
@pytest.mark.usefixtures("hasty_threads")
def test_threads_add_while_it_forgets_and_none_of_what_they_add_is_lost() -> None:
    revoked, is_enough = RevokedSessions(BOUND), Event()
    revoked.add([revocation(f"id-{each}") for each in range(1_000)])
    threads, readings = 4, 100

    def add(thread: int) -> set[str]:
        added: set[str] = set()
        # Over and over, so that it lasts as long as the forgetting, and does not grow without end.
        numbers = cycle(range(200))
        while not (added and is_enough.is_set()):
            name = f"{thread}-{next(numbers)}"
            revoked.add([revocation(name), revocation(f"old {name}", lives=-2 * KEPT_LONGER)])
            added.add(name)
        return added

    with ThreadPoolExecutor(threads) as pool:
        adding = [pool.submit(add, thread) for thread in range(threads)]
        try:
            for reading in range(readings):
                # Every other clock is set back, so that all of them look through what is known.
                revoked.take(NOTHING, read_at=START + (reading % 2) * 2 * KEPT_LONGER)
        finally:
            is_enough.set()
        added = set[str]().union(*(each.result() for each in adding))

    after = START + 4 * KEPT_LONGER
    revoked.take(NOTHING, read_at=after)
    assert all(revoked.holds(name, now=after) for name in added | {"id-0", "id-999"})
    assert not any(revoked.holds(f"old {name}", now=after) for name in added)
