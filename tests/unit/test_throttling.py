"""When tries are admitted, and what is remembered of them."""

from datetime import timedelta

import pytest

from domain.errors import ErrorKind
from domain.throttling import (
    ACCOUNT_WINDOW,
    STRANGER,
    Attempt,
    Throttle,
    ThrottlePolicy,
    Throttling,
    TooManyFailures,
)
from domain.users import User
from tests.fakes.clock import START, FakeClock
from tests.fakes.throttling import TABLE, FakePseudonyms
from tests.fakes.unit_of_work import Storage
from tests.unit.tries import (
    ACCOUNT,
    DELAYS,
    MOMENT,
    NO_NETWORK,
    fail,
    from_network,
    refused_for,
    stored,
    try_once,
    with_policy,
)

STRANGERS = f"{STRANGER}somebody"
HERE, ELSEWHERE = from_network("192.0.2.7"), from_network("198.51.100.1")
DAY = timedelta(hours=24)
THREADS = 20


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [
        (timedelta(0), 1),
        (MOMENT, 1),
        (timedelta(seconds=1), 1),
        (timedelta(seconds=1) + MOMENT, 2),
        (timedelta(hours=1), 3600),
        (timedelta(days=1), 86_400),
    ],
)
def test_the_wait_is_told_in_whole_seconds_rounded_up(wait: timedelta, seconds: int) -> None:
    assert TooManyFailures(wait).retry_after == seconds
    assert TooManyFailures().retry_after == 1
    assert TooManyFailures.kind is ErrorKind.THROTTLED


@pytest.mark.parametrize("subject", [ACCOUNT, STRANGERS])
def test_five_failures_are_free_and_each_further_one_doubles_the_delay_up_to_an_hour(
    throttling: Throttling, clock: FakeClock, subject: str
) -> None:
    waits = []
    for _ in DELAYS:
        fail(throttling, 1, subject)
        waits.append((stored(throttling, subject).next_at - clock.now()).total_seconds())

    assert waits == DELAYS
    assert stored(throttling, subject).failures == len(DELAYS)


def test_a_try_is_refused_until_the_very_end_of_the_delay_and_told_how_long_that_is(
    throttling: Throttling, clock: FakeClock
) -> None:
    fail(throttling, 7)

    assert refused_for(throttling) == 4
    clock.advance(seconds=1, microseconds=1)
    assert refused_for(throttling) == 3
    clock.advance(seconds=2.999998)
    assert refused_for(throttling) == 1
    clock.advance(microseconds=1)
    assert try_once(throttling).counted


def test_refused_tries_write_nothing_and_make_no_delay_longer(
    throttling: Throttling, storage: Storage
) -> None:
    fail(throttling, 6)
    before = storage.tables()

    for _ in range(100):
        assert refused_for(throttling) == 2

    assert storage.tables() == before


def test_the_numbers_of_the_policy_decide(throttling: Throttling, clock: FakeClock) -> None:
    own = with_policy(
        throttling, free=1, first_delay=timedelta(seconds=3), longest_delay=timedelta(seconds=10)
    )
    waits = []
    for _ in range(4):
        fail(own, 1)
        waits.append(stored(own).next_at - clock.now())

    assert [wait.total_seconds() for wait in waits] == [3, 6, 10, 10]


def test_a_first_delay_that_is_longer_than_the_longest_is_cut(throttling: Throttling) -> None:
    own = with_policy(
        throttling, free=1, first_delay=timedelta(days=1), longest_delay=timedelta(seconds=1)
    )

    # As many as to overflow what a duration can hold.
    fail(own, 60)

    assert refused_for(own) == 1


def test_no_number_of_failures_is_too_large(clock: FakeClock) -> None:
    policy = ThrottlePolicy(maximum=10**9, longest_delay=timedelta(days=1))
    seen = Throttle(ACCOUNT, 10**6, 10**6, START, START + MOMENT)

    assert policy.account_failure(ACCOUNT, seen, START).next_at == START + timedelta(days=1)


def test_the_first_try_of_an_account_without_failures_writes_nothing_until_it_fails(
    throttling: Throttling, storage: Storage, clock: FakeClock
) -> None:
    attempt = throttling.admit(ACCOUNT, NO_NETWORK)

    assert attempt == Attempt(ACCOUNT, None, counted=None)
    assert not storage.rows(TABLE)

    assert not throttling.note_failure(attempt)
    assert storage.rows(TABLE) == {ACCOUNT: Throttle(ACCOUNT, 1, 1, clock.now(), START + DAY)}


def test_every_later_try_is_counted_before_anybody_knows_what_comes_of_it(
    throttling: Throttling, clock: FakeClock
) -> None:
    fail(throttling, 1)
    clock.advance(hours=1)

    attempt = throttling.admit(ACCOUNT, NO_NETWORK)

    counted = Throttle(ACCOUNT, 2, 2, clock.now(), START + DAY)
    assert attempt == Attempt(ACCOUNT, None, counted)
    assert stored(throttling) == counted
    assert not throttling.note_failure(attempt)
    assert stored(throttling) == counted


def test_a_success_clears_the_failures_and_the_next_five_are_free_again(
    throttling: Throttling, storage: Storage, clock: FakeClock
) -> None:
    fail(throttling, 7)
    clock.advance(seconds=4)

    throttling.note_success(throttling.admit(ACCOUNT, NO_NETWORK))

    assert not storage.rows(TABLE)
    for _ in range(5):
        try_once(throttling)
    assert refused_for(throttling) == 1


def test_accounts_do_not_share_their_failures(throttling: Throttling) -> None:
    fail(throttling, 5)

    assert refused_for(throttling) == 1
    assert try_once(throttling, "user:2")
    assert try_once(throttling, STRANGERS)


@pytest.mark.parametrize("subject", [ACCOUNT, STRANGERS])
def test_the_delays_begin_anew_24_hours_after_the_first_failure_and_not_a_moment_before(
    throttling: Throttling, clock: FakeClock, subject: str
) -> None:
    fail(throttling, 6, subject)
    clock.advance(seconds=(START + DAY - MOMENT - clock.now()).total_seconds())
    try_once(throttling, subject)
    assert refused_for(throttling, subject) == 4

    clock.advance(seconds=4)
    for _ in range(5):
        try_once(throttling, subject)

    assert refused_for(throttling, subject) == 1
    assert ACCOUNT_WINDOW == DAY


def test_a_window_ends_at_its_end(throttling: Throttling, clock: FakeClock) -> None:
    fail(throttling, 1)
    clock.advance(hours=24)
    fail(throttling, 1)

    assert stored(throttling) == Throttle(ACCOUNT, 2, 1, clock.now(), clock.now() + DAY)


def test_an_accounts_failures_are_counted_on_from_one_window_to_the_next(
    throttling: Throttling, clock: FakeClock
) -> None:
    for _ in range(99):
        fail(throttling, 1)
        clock.advance(days=30)

    assert throttling.note_failure(throttling.admit(ACCOUNT, NO_NETWORK))
    assert stored(throttling).failures == 100


def test_what_was_tried_at_a_name_that_nobody_has_is_forgotten_with_its_window(
    throttling: Throttling, clock: FakeClock
) -> None:
    few = with_policy(throttling, maximum=3)
    fail(few, 3, STRANGERS)
    clock.advance(seconds=(DAY - MOMENT).total_seconds())
    assert refused_for(few, STRANGERS) == 3600

    clock.advance(microseconds=1)
    fail(few, 1, STRANGERS)

    assert stored(few, STRANGERS) == Throttle(STRANGERS, 1, 1, clock.now(), clock.now() + DAY)


def test_the_hundredth_failure_in_a_row_is_the_last_whatever_time_goes_by(
    throttling: Throttling, clock: FakeClock
) -> None:
    fail(throttling, 99)
    clock.advance(hours=1)
    attempt = throttling.admit(ACCOUNT, NO_NETWORK)
    assert throttling.note_failure(attempt)

    for days in (0, 1, 365):
        clock.advance(days=days)
        assert refused_for(throttling) == 3600


def test_the_last_failure_is_told_once(throttling: Throttling) -> None:
    few = with_policy(throttling, maximum=2)
    first, second, third = (few.admit(ACCOUNT, NO_NETWORK) for _ in range(3))

    assert [few.note_failure(each) for each in (first, second, third)] == [False, True, False]
    assert stored(few).failures == 3
    assert refused_for(few) == 3600


def test_a_success_at_the_last_try_clears_the_failures_too(throttling: Throttling) -> None:
    few = with_policy(throttling, maximum=2)
    fail(few, 1)

    few.note_success(few.admit(ACCOUNT, NO_NETWORK))

    assert try_once(few).counted is None


def test_a_user_is_named_by_the_id_and_a_name_that_nobody_has_by_its_pseudonym(
    throttling: Throttling, miguel: User
) -> None:
    assert throttling.subject(miguel, "miguel") == f"user:{miguel.id}"
    assert throttling.subject(None, "nobody") == f"{STRANGER}{FakePseudonyms().of('nobody')}"
    assert throttling.subject(None, "nobody") != throttling.subject(None, "somebody")
