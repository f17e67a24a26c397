"""What every repository of sessions promises of their end."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.clock import CLOCK_FAULT
from domain.revocations import Revocation
from domain.sessions import Session
from domain.users import User
from tests.contracts.conftest import Stores
from tests.contracts.entries import add_sessions, add_user, end_all, failing_unit, live, session
from tests.fakes.clock import START

END = START + timedelta(hours=1, microseconds=1)


@pytest.fixture
def miguel(stores: Stores) -> User:
    return add_user(stores, "miguel")


@pytest.fixture
def four(stores: Stores, miguel: User) -> list[Session]:
    """Live sessions of miguel, the oldest first."""
    return add_sessions(stores, miguel, "a", "b", "c", "d")


@pytest.fixture(autouse=True)
def another(stores: Stores) -> Session:
    """Somebody else's session, and older than those of miguel."""
    susan = add_user(stores, "susan")
    stored = session("susan's", susan.id, created_at=START - timedelta(days=1))
    stores.sessions.add(stored)
    return stored


def end(stores: Stores, user: User, **which: Any) -> list[Revocation]:
    with stores.unit_of_work():
        stores.users.lock(user.id)
        return list(stores.sessions.end(user.id, at=END, **which))


def told(stores: Stores) -> set[Revocation]:
    """All that the feed has."""
    return set(stores.feed.read(after=0, alive_at=START).revocations)


WHICH: dict[str, tuple[dict[str, object], str]] = {
    "all": ({}, "abcd"),
    "one": ({"only": "b"}, "b"),
    "all but one": ({"but": "b"}, "acd"),
    "all beyond three": ({"beyond": 3}, "a"),
    "all beyond one": ({"beyond": 1}, "abc"),
    "all beyond none": ({"beyond": 0}, "abcd"),
    "none beyond four": ({"beyond": 4}, ""),
    "all but one beyond two": ({"but": "d", "beyond": 2}, "a"),
    "none, as it is nobody's": ({"only": "none"}, ""),
    "none, as it is another's": ({"only": "susan's"}, ""),
    "all but another's": ({"but": "susan's"}, "abcd"),
}


@pytest.mark.parametrize(("which", "expected"), WHICH.values(), ids=WHICH)
def test_ended_are_the_sessions_that_were_meant_and_no_other(
    stores: Stores, miguel: User, four: list[Session], which: dict[str, object], expected: str
) -> None:
    ended = end(stores, miguel, **which)

    assert {each.session_id for each in ended} == set(expected)
    assert len(ended) == len(expected)
    assert live(stores, miguel) == [each for each in "dcba" if each not in expected]


@pytest.mark.parametrize(("which", "expected"), WHICH.values(), ids=WHICH)
def test_what_ended_is_told_by_the_feed(
    stores: Stores, miguel: User, four: list[Session], which: dict[str, object], expected: str
) -> None:
    ended = end(stores, miguel, **which)

    assert told(stores) == set(ended)


def test_a_revocation_says_when_the_last_token_of_the_session_expires(
    stores: Stores, miguel: User, four: list[Session]
) -> None:
    last = START + timedelta(days=7, microseconds=1)
    stores.sessions.renew(replace(four[1], tokens_end=last), counter=1)

    assert end(stores, miguel, only="b") == [Revocation("b", last)]


def test_an_ended_session_says_since_when_and_is_idle_from_then_on(
    stores: Stores, miguel: User, four: list[Session], another: Session
) -> None:
    end(stores, miguel, only="b")

    found = [stores.sessions.find(each) for each in ("a", "b", "c", "d", "susan's")]
    ended = replace(four[1], ended_at=END, idle_end=END)
    assert found == [four[0], ended, four[2], four[3], another]


def test_what_has_ended_does_not_end_again(
    stores: Stores, miguel: User, four: list[Session]
) -> None:
    first = end(stores, miguel, only="b")
    before = stores.sessions.find("b")

    with stores.unit_of_work():
        again = stores.sessions.end(miguel.id, at=END + timedelta(days=1))

    assert {each.session_id for each in again} == set("acd")
    assert stores.sessions.find("b") == before
    assert told(stores) == {*first, *again}


def test_a_session_that_was_not_renewed_in_time_ends_with_all_others(
    stores: Stores, miguel: User
) -> None:
    # Its last token may live still, where clocks differ.
    (late,) = add_sessions(stores, miguel, "a")
    stores.sessions.renew(replace(late, idle_end=END - timedelta(seconds=1)), counter=1)

    assert end(stores, miguel) == [Revocation("a", late.tokens_end)]


def test_only_live_sessions_count_as_too_many(
    stores: Stores, miguel: User, four: list[Session]
) -> None:
    end(stores, miguel, only="c")
    stores.sessions.renew(replace(four[1], idle_end=END), counter=1)

    assert end(stores, miguel, beyond=2) == []
    assert {each.session_id for each in end(stores, miguel, beyond=1)} == {"a"}


def test_a_user_who_is_not_there_ends_nothing(
    stores: Stores, miguel: User, four: list[Session]
) -> None:
    with stores.unit_of_work():
        assert stores.sessions.end(7_777, at=END) == []

    assert live(stores, miguel) == ["d", "c", "b", "a"]


def test_an_end_that_is_rolled_back_leaves_neither_sessions_nor_feed_changed(
    stores: Stores, miguel: User, four: list[Session]
) -> None:
    before = stores.feed.read(after=0, alive_at=START)

    with failing_unit(stores):
        stores.users.lock(miguel.id)
        assert len(stores.sessions.end(miguel.id, at=END)) == 4

    assert stores.feed.read(after=0, alive_at=START) == before
    assert [stores.sessions.find(each.id) for each in four] == four


def test_a_session_that_began_in_the_same_unit_ends_too(
    stores: Stores, miguel: User, four: list[Session]
) -> None:
    with stores.unit_of_work():
        stores.sessions.add(session("e", miguel.id, created_at=START + timedelta(days=1)))
        ended = stores.sessions.end(miguel.id, at=END, beyond=4)

    assert [each.session_id for each in ended] == ["a"]
    assert live(stores, miguel) == ["e", "d", "c", "b"]


def test_the_feed_still_tells_of_the_sessions_of_a_user_who_is_gone(
    stores: Stores, miguel: User, four: list[Session]
) -> None:
    with stores.unit_of_work():
        ended = stores.sessions.end(miguel.id, at=END)
        stores.users.remove(miguel.id)

    assert told(stores) == set(ended)
    assert [stores.sessions.find(each.id) for each in four] == [None] * 4


def test_who_has_no_session_ends_none_and_the_feed_stands_still(
    stores: Stores, miguel: User
) -> None:
    before = stores.feed.read(after=0, alive_at=START)

    end_all(stores, miguel)

    assert stores.feed.read(after=0, alive_at=START) == before


def over(user: User, session_id: str, *, since: timedelta) -> Session:
    """A session that was over so long before END, by its time alone."""
    return replace(session(session_id, user.id), idle_end=END - since)


def test_what_is_over_by_every_clock_is_not_ended_again(stores: Stores, miguel: User) -> None:
    stores.sessions.add(over(miguel, "by some", since=CLOCK_FAULT - timedelta(microseconds=1)))
    stores.sessions.add(over(miguel, "by all", since=CLOCK_FAULT))

    assert [each.session_id for each in end(stores, miguel)] == ["by some"]
    assert {each.session_id for each in told(stores)} == {"by some"}


def remove(stores: Stores, user: User) -> list[Revocation]:
    with stores.unit_of_work():
        stores.users.lock(user.id)
        return list(stores.sessions.remove(user.id, at=END))


def test_removed_sessions_are_gone_and_their_revocations_in_the_feed(
    stores: Stores, miguel: User, four: list[Session], another: Session
) -> None:
    removed = remove(stores, miguel)

    assert set(removed) == {Revocation(each.id, each.tokens_end) for each in four} == told(stores)
    assert [stores.sessions.find(each.id) for each in four] == [None] * 4
    assert stores.sessions.find(another.id) == another


def test_removal_says_nothing_of_what_was_over_before(stores: Stores, miguel: User) -> None:
    add_sessions(stores, miguel, "ended", "live")
    stores.sessions.add(over(miguel, "expired", since=CLOCK_FAULT))
    end(stores, miguel, only="ended")

    assert [each.session_id for each in remove(stores, miguel)] == ["live"]
    assert stores.sessions.find("ended") is stores.sessions.find("expired") is None


def test_a_removal_that_fails_leaves_sessions_and_feed_as_they_were(
    stores: Stores, miguel: User, four: list[Session]
) -> None:
    with failing_unit(stores):
        stores.sessions.remove(miguel.id, at=END)

    assert [stores.sessions.find(each.id) for each in four] == four
    assert told(stores) == set()
