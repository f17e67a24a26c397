"""What every repository of sessions promises."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from domain.sessions import Device, Session
from domain.users import User
from tests.contracts.conftest import THREADS, Stores
from tests.contracts.entries import add_sessions, add_user, live, session
from tests.contracts.test_users import at_once
from tests.fakes.clock import START

TIMES = (
    *("created_at", "rotated_at", "used_at"),
    *("tokens_end", "idle_end", "absolute_end", "ended_at", "authenticated_at"),
)
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture
def miguel(stores: Stores) -> User:
    return add_user(stores, "miguel")


@pytest.fixture
def susan(stores: Stores) -> User:
    return add_user(stores, "susan")


def all_different(user: User) -> Session:
    """A session of whose fields no two have the same value."""
    times: dict[str, Any] = {
        name: START + timedelta(days=n, microseconds=n) for n, name in enumerate(TIMES)
    }
    return Session(
        id="a" * 64,
        user_id=user.id,
        client_id="client",
        parent_id="parent",
        scope="scope",
        audience="audience",
        counter=999_999_999,
        device=Device("user agent", "address"),
        **times,
    )


def test_a_session_comes_back_with_every_field(stores: Stores, miguel: User) -> None:
    stores.sessions.add(session("parent", miguel.id))
    stored = all_different(miguel)

    stores.sessions.add(stored)

    assert stores.sessions.find(stored.id) == stored


def test_a_session_may_have_no_user_no_parent_and_no_known_device(stores: Stores) -> None:
    stored = replace(session("nobody's", None), device=Device(), counter=0)

    stores.sessions.add(stored)

    assert stores.sessions.find("nobody's") == stored


def test_what_a_device_says_comes_back_whole(stores: Stores) -> None:
    stored = replace(session("a", None), device=Device("'; --%_\U00010400é" * 28, "fe80::1%eth0"))

    stores.sessions.add(stored)

    assert stores.sessions.find("a") == stored


def test_an_id_that_no_session_has_finds_none(stores: Stores, miguel: User) -> None:
    add_sessions(stores, miguel, "a")

    assert [stores.sessions.find(text) for text in ("", "A", "b", "%", "a ")] == [None] * 5


@pytest.mark.parametrize("name", TIMES)
def test_moments_of_a_session_come_back_aware_and_in_utc(stores: Stores, name: str) -> None:
    moment = datetime(2026, 3, 29, 1, 30, 0, 1, tzinfo=timezone(timedelta(hours=-11, minutes=-30)))
    times: dict[str, Any] = {name: moment}
    stores.sessions.add(replace(session("a", None), **times))

    found = stores.sessions.find("a")

    assert found is not None
    assert getattr(found, name) == moment
    assert getattr(found, name).utcoffset() == timedelta(0)


def test_live_sessions_are_listed_the_youngest_first(
    stores: Stores, miguel: User, susan: User
) -> None:
    oldest, middle, youngest = add_sessions(stores, miguel, "b", "c", "a")
    add_sessions(stores, susan, "susan's")
    stores.sessions.add(session("nobody's", None))

    assert stores.sessions.list_live(miguel.id, now=START) == [youngest, middle, oldest]


def test_sessions_of_one_moment_have_one_order(stores: Stores, miguel: User) -> None:
    for session_id in ("b", "c", "a"):
        stores.sessions.add(session(session_id, miguel.id))

    assert live(stores, miguel) == ["c", "b", "a"]


def test_a_session_is_live_until_its_idle_end(stores: Stores, miguel: User) -> None:
    (each,) = add_sessions(stores, miguel, "a")

    assert live(stores, miguel, now=each.idle_end - MICROSECOND) == ["a"]
    assert live(stores, miguel, now=each.idle_end) == []


def test_a_user_who_is_not_there_has_no_live_session(stores: Stores) -> None:
    stores.sessions.add(session("nobody's", None))

    assert stores.sessions.list_live(7, now=START) == []


def renewed(stored: Session) -> Session:
    """The session with another value in every field but its id."""
    other = replace(all_different(User(7, "", "", "", START)), id=stored.id, counter=2)
    return replace(other, ended_at=None)


def test_renewing_writes_the_counter_and_the_times_alone(stores: Stores, miguel: User) -> None:
    stored, other = add_sessions(stores, miguel, "a", "b")
    new = renewed(stored)

    assert stores.sessions.renew(new, counter=1)

    assert stores.sessions.find("b") == other
    assert stores.sessions.find("a") == replace(
        stored,
        counter=new.counter,
        rotated_at=new.rotated_at,
        used_at=new.used_at,
        tokens_end=new.tokens_end,
        idle_end=new.idle_end,
    )


@pytest.mark.parametrize("counter", [0, 2, 3])
def test_a_session_whose_counter_has_moved_is_not_renewed(
    stores: Stores, miguel: User, counter: int
) -> None:
    (stored,) = add_sessions(stores, miguel, "a")

    assert not stores.sessions.renew(renewed(stored), counter=counter)

    assert stores.sessions.find("a") == stored


def test_a_session_that_has_ended_is_not_renewed(stores: Stores, miguel: User) -> None:
    (stored,) = add_sessions(stores, miguel, "a")
    with stores.unit_of_work():
        stores.sessions.end(miguel.id, at=START)
    ended = stores.sessions.find("a")

    assert not stores.sessions.renew(renewed(stored), counter=1)

    assert stores.sessions.find("a") == ended


def test_a_session_that_is_not_there_is_not_renewed(stores: Stores, miguel: User) -> None:
    assert not stores.sessions.renew(session("a", miguel.id), counter=1)


def test_of_many_who_renew_a_session_at_once_one_succeeds(stores: Stores, miguel: User) -> None:
    (stored,) = add_sessions(stores, miguel, "a")
    moved = replace(stored, counter=2)

    outcomes = at_once(lambda number: stores.sessions.renew(moved, counter=1))

    assert sorted(map(bool, outcomes)) == [False] * (THREADS - 1) + [True]


def test_sessions_are_gone_with_their_user(stores: Stores, miguel: User, susan: User) -> None:
    add_sessions(stores, miguel, "a", "b")
    (others,) = add_sessions(stores, susan, "c")

    stores.users.remove(miguel.id)

    assert [stores.sessions.find(each) for each in ("a", "b", "c")] == [None, None, others]


def test_what_came_of_a_session_that_is_gone_goes_on_without_it(
    stores: Stores, miguel: User, susan: User
) -> None:
    add_sessions(stores, miguel, "parent")
    child = replace(session("child", susan.id), parent_id="parent")
    stores.sessions.add(child)

    stores.users.remove(miguel.id)

    assert stores.sessions.find("child") == replace(child, parent_id=None)


def test_a_moment_of_another_zone_is_the_same_moment(stores: Stores, miguel: User) -> None:
    (stored,) = add_sessions(stores, miguel, "a")
    zone = timezone(timedelta(hours=5, minutes=45))
    times: dict[str, Any] = {
        name: getattr(stored, name).astimezone(zone) for name in TIMES if getattr(stored, name)
    }
    local = replace(stored, **times)

    assert stores.sessions.renew(local, counter=1)
    assert live(stores, miguel, now=(stored.idle_end - MICROSECOND).astimezone(zone)) == ["a"]
    assert live(stores, miguel, now=stored.idle_end.astimezone(zone)) == []

    found = stores.sessions.find("a")
    assert found == stored
    assert found.idle_end.tzinfo is UTC
