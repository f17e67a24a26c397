"""How many failures a network has, and what becomes of tries at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from domain.throttling import (
    NETWORK,
    STRANGER,
    Throttle,
    Throttling,
    TooManyFailures,
)
from tests.fakes.clock import START, FakeClock
from tests.fakes.throttling import TABLE, FakeThrottleRepository
from tests.fakes.unit_of_work import Storage
from tests.patience import PATIENCE
from tests.unit.tries import (
    ACCOUNT,
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


def test_a_network_has_its_failures_over_all_accounts_and_then_waits_for_its_window(
    throttling: Throttling, clock: FakeClock
) -> None:
    own = with_policy(throttling, network_failures=4)
    for number in range(4):
        try_once(own, f"user:{number}", HERE)
        clock.advance(minutes=2)

    assert refused_for(own, "user:9", HERE) == 120
    assert refused_for(own, STRANGERS, HERE) == 120
    assert try_once(own, "user:9", ELSEWHERE)
    assert try_once(own, "user:8", NO_NETWORK)
    clock.advance(seconds=120)
    clock.advance(microseconds=-1)
    assert refused_for(own, "user:7", HERE) == 1
    clock.advance(microseconds=1)
    for number in range(10, 14):
        try_once(own, f"user:{number}", HERE)
    assert refused_for(own, "user:9", HERE) == 600


def test_a_hundred_failures_in_ten_minutes_are_what_a_network_has(
    throttling: Throttling, storage: Storage, clock: FakeClock
) -> None:
    for number in range(100):
        try_once(throttling, f"user:{number}", HERE)

    assert refused_for(throttling, "user:101", HERE) == 600
    kept = storage.rows(TABLE)[f"{NETWORK}192.0.2.7"]
    end = START + timedelta(minutes=10)
    assert kept == Throttle(f"{NETWORK}192.0.2.7", 100, 100, START, end)


def test_no_success_gives_a_network_its_failures_back(throttling: Throttling) -> None:
    own = with_policy(throttling, network_failures=2)
    for _ in range(2):
        own.note_success(own.admit(ACCOUNT, HERE))
        try_once(own, ACCOUNT, HERE)
        own.note_success(own.admit(ACCOUNT, ELSEWHERE))

    assert refused_for(own, ACCOUNT, HERE) == 600


def test_successes_cost_a_network_nothing(throttling: Throttling, storage: Storage) -> None:
    own = with_policy(throttling, network_failures=1)
    for _ in range(10):
        own.note_success(own.admit(ACCOUNT, HERE))

    assert not storage.rows(TABLE)


def test_a_network_that_has_to_wait_counts_nothing_for_the_account(
    throttling: Throttling, storage: Storage
) -> None:
    own = with_policy(throttling, network_failures=1)
    fail(own, 1, ACCOUNT, HERE)
    before = storage.tables()

    assert refused_for(own, ACCOUNT, HERE) == 600

    assert storage.tables() == before


def test_the_network_of_an_account_is_no_account(throttling: Throttling) -> None:
    own = with_policy(throttling, network_failures=1)
    fail(own, 1, "192.0.2.7", HERE)

    assert set(own.throttles.find(["192.0.2.7", f"{NETWORK}192.0.2.7"])) == {
        "192.0.2.7",
        f"{NETWORK}192.0.2.7",
    }


class Contended(FakeThrottleRepository):
    """Somebody else's try is quicker, as often as this."""

    def __init__(self, storage: Storage, throttling: Throttling, times: int) -> None:
        super().__init__(storage)
        self._throttling = throttling
        self.left = times

    def _let_others_try(self) -> None:
        if self.left:
            self.left -= 1
            try_once(self._throttling)

    def add(self, throttle: Throttle) -> bool:
        self._let_others_try()
        return super().add(throttle)

    def replace(self, seen: Throttle, new: Throttle) -> bool:
        self._let_others_try()
        return super().replace(seen, new)


def test_a_try_that_was_overtaken_looks_again_and_is_counted_after_the_others(
    throttling: Throttling, storage: Storage
) -> None:
    fail(throttling, 1)
    slower = replace(throttling, throttles=Contended(storage, throttling, 3))

    attempt = slower.admit(ACCOUNT, NO_NETWORK)

    assert attempt.counted == stored(throttling)
    assert stored(throttling).failures == 5


def test_a_try_that_was_overtaken_into_the_delay_is_refused(
    throttling: Throttling, storage: Storage
) -> None:
    fail(throttling, 1)
    slower = replace(throttling, throttles=Contended(storage, throttling, 4))

    assert refused_for(slower) == 1
    assert stored(throttling).failures == 5


@pytest.mark.parametrize("times", [1, 2])
def test_a_failure_that_was_overtaken_is_counted_after_the_others(
    throttling: Throttling, storage: Storage, times: int
) -> None:
    attempt = throttling.admit(ACCOUNT, HERE)
    slower = replace(throttling, throttles=Contended(storage, throttling, times))

    slower.note_failure(attempt)

    assert stored(throttling).failures == times + 1
    assert stored(throttling, f"{NETWORK}192.0.2.7").failures == 1


@pytest.mark.parametrize(("already", "admitted"), [(1, 4), (3, 2), (5, 1), (8, 1)])
def test_of_many_tries_at_once_as_many_are_admitted_as_are_free_or_one_after_a_delay(
    throttling: Throttling, clock: FakeClock, already: int, admitted: int
) -> None:
    fail(throttling, already)
    clock.advance(hours=1)
    barrier = Barrier(THREADS, timeout=PATIENCE)

    def attempt(_: int) -> bool:
        barrier.wait()
        try:
            throttling.admit(ACCOUNT, NO_NETWORK)
        except TooManyFailures:
            return False
        return True

    with ThreadPoolExecutor(THREADS) as threads:
        outcomes = list(threads.map(attempt, range(THREADS)))

    assert outcomes.count(True) == admitted
    assert stored(throttling).failures == already + admitted
