"""What every repository of throttles promises."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain.throttling import NETWORK, STRANGER, Throttle
from domain.unit_of_work import UnitOfWork
from tests.contracts.conftest import THREADS, Stores
from tests.contracts.entries import failing_unit
from tests.contracts.test_users import MOMENTS, at_once
from tests.fakes.clock import START

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
THROTTLE = Throttle("user:1", 3, 2, START + MINUTE, START + DAY)
OTHER = replace(THROTTLE, subject="user:2")
NEXT = Throttle("user:1", 4, 3, START + 2 * MINUTE, START + DAY)

SUBJECTS = [
    "user:1",
    f"user:{10**18 - 1}",
    f"{STRANGER}{'x' * 43}",
    f"{NETWORK}192.0.2.7",
    f"{NETWORK}2001:db8:aaaa:bbbb::/64",
    f"{NETWORK}ffff:ffff:ffff:ffff::/64",
]


@pytest.fixture
def kept(stores: Stores) -> Stores:
    """With two throttles."""
    assert stores.throttles.add(THROTTLE)
    assert stores.throttles.add(OTHER)
    return stores


def found(stores: Stores) -> dict[str, Throttle]:
    return dict(stores.throttles.find(["user:1", "user:2"]))


BOTH = {"user:1": THROTTLE, "user:2": OTHER}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_throttle_of_any_subject_comes_back_as_it_was_added(stores: Stores, subject: str) -> None:
    throttle = replace(THROTTLE, subject=subject)

    assert stores.throttles.add(throttle)

    assert stores.throttles.find([subject]) == {subject: throttle}


@pytest.mark.parametrize("moment", MOMENTS)
def test_moments_come_back_equal_aware_and_in_utc(stores: Stores, moment: datetime) -> None:
    stores.throttles.add(replace(THROTTLE, next_at=moment, ends_at=moment))
    stored = stores.throttles.find(["user:1"])["user:1"]
    assert (stored.next_at, stored.ends_at) == (moment, moment)
    assert stored.next_at.utcoffset() == stored.ends_at.utcoffset() == timedelta(0)

    # What was seen fits what is stored, to the microsecond.
    assert stores.throttles.replace(stored, replace(NEXT, next_at=moment, ends_at=moment))
    changed = stores.throttles.find(["user:1"])["user:1"]
    assert (changed.failures, changed.next_at, changed.ends_at) == (4, moment, moment)
    assert changed.next_at.utcoffset() == changed.ends_at.utcoffset() == timedelta(0)


def test_no_moment_without_a_zone_is_stored(stores: Stores) -> None:
    with pytest.raises(Exception, match="time zone"):
        stores.throttles.add(replace(THROTTLE, ends_at=START.replace(tzinfo=None)))

    assert not stores.throttles.find(["user:1"])


def test_those_are_found_that_are_asked_for_and_there(kept: Stores) -> None:
    assert kept.throttles.find(["user:2", "user:3"]) == {"user:2": OTHER}
    assert kept.throttles.find(["user:1", "user:2", "user:1"]) == BOTH
    assert kept.throttles.find(["USER:1", "user:", "user:%", "user:_", ""]) == {}
    assert kept.throttles.find([]) == {}


def test_a_subject_has_one_throttle_the_first(kept: Stores) -> None:
    assert not kept.throttles.add(NEXT)
    assert not kept.throttles.add(THROTTLE)

    assert found(kept) == BOTH


def test_a_throttle_is_replaced_while_it_is_as_it_was_seen(kept: Stores) -> None:
    assert kept.throttles.replace(THROTTLE, NEXT)

    assert found(kept) == BOTH | {"user:1": NEXT}


@pytest.mark.parametrize(
    "seen",
    [
        replace(THROTTLE, failures=4),
        replace(THROTTLE, recent=1),
        replace(THROTTLE, ends_at=START + DAY + timedelta(microseconds=1)),
        replace(THROTTLE, subject="user:3"),
    ],
    ids=["failures", "recent", "end", "subject"],
)
def test_a_throttle_that_has_changed_since_is_left_alone(kept: Stores, seen: Throttle) -> None:
    assert not kept.throttles.replace(seen, replace(NEXT, subject=seen.subject))

    assert found(kept) == BOTH
    assert not kept.throttles.find(["user:3"])


def test_a_throttle_that_was_removed_is_not_replaced(kept: Stores) -> None:
    kept.throttles.remove("user:1")

    assert not kept.throttles.replace(THROTTLE, NEXT)

    assert found(kept) == {"user:2": OTHER}


def test_a_removed_throttle_is_forgotten_and_no_other_is(kept: Stores) -> None:
    assert kept.throttles.remove("user:1")
    assert not kept.throttles.remove("user:1")
    assert not kept.throttles.remove("user:%")

    assert found(kept) == {"user:2": OTHER}
    assert kept.throttles.add(NEXT)
    assert found(kept) == {"user:1": NEXT, "user:2": OTHER}


def test_nothing_is_left_of_a_unit_of_work_that_failed(kept: Stores) -> None:
    with failing_unit(kept):
        assert kept.throttles.replace(THROTTLE, NEXT)
        assert kept.throttles.remove("user:2")
        assert kept.throttles.add(replace(OTHER, subject="user:3"))
        assert found(kept) == {"user:1": NEXT}

    assert kept.throttles.find(["user:1", "user:2", "user:3"]) == BOTH


def test_a_unit_of_work_goes_on_after_a_write_that_came_too_late(kept: Stores) -> None:
    with kept.unit_of_work():
        assert not kept.throttles.add(NEXT)
        assert not kept.throttles.replace(NEXT, THROTTLE)
        assert kept.throttles.remove("user:2")

    assert found(kept) == {"user:1": THROTTLE}


def inside_or_alone(stores: Stores, inside: bool) -> UnitOfWork:
    return stores.unit_of_work if inside else nullcontext


Claim = Callable[[Stores, int], bool]
CLAIMS: dict[str, Claim] = {
    "add": lambda stores, number: stores.throttles.add(
        Throttle("user:3", number, number, START, START)
    ),
    "replace": lambda stores, number: stores.throttles.replace(
        THROTTLE, replace(NEXT, failures=100 + number)
    ),
    "remove": lambda stores, number: stores.throttles.remove("user:1"),
}


@pytest.mark.parametrize("inside", [True, False], ids=["in a unit of work", "alone"])
@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_of_many_who_write_at_once_one_succeeds(kept: Stores, claim: Claim, inside: bool) -> None:
    unit_of_work = inside_or_alone(kept, inside)

    def attempt(number: int) -> bool:
        with unit_of_work():
            return claim(kept, number)

    outcomes = at_once(attempt)

    assert sorted(map(bool, outcomes)) == [False] * (THREADS - 1) + [True]
    winner = outcomes.index(True)
    stored = kept.throttles.find(["user:1", "user:3"])
    if claim is CLAIMS["add"]:
        assert stored["user:3"].failures == winner
    elif claim is CLAIMS["replace"]:
        assert stored["user:1"].failures == 100 + winner
    else:
        assert not stored


@pytest.mark.parametrize("inside", [True, False], ids=["in a unit of work", "alone"])
def test_of_many_who_count_at_once_none_is_lost(stores: Stores, inside: bool) -> None:
    unit_of_work = inside_or_alone(stores, inside)
    first = Throttle("user:1", 1, 1, START, START + DAY)

    def count(number: int) -> None:
        with unit_of_work():
            while True:
                seen = stores.throttles.find(["user:1"]).get("user:1")
                if seen is None:
                    if stores.throttles.add(first):
                        return
                elif stores.throttles.replace(seen, replace(seen, failures=seen.failures + 1)):
                    return

    at_once(count)

    assert stores.throttles.find(["user:1"])["user:1"].failures == THREADS
