"""What every feed of revocations promises."""

from datetime import timedelta, timezone

import pytest

from domain.revocations import Revocation
from domain.users import User
from tests.contracts.conftest import Stores
from tests.contracts.entries import add_sessions, add_user, end_all, failing_unit, session
from tests.fakes.clock import START

LONG_AGO = START - timedelta(days=365)
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture
def miguel(stores: Stores) -> User:
    return add_user(stores, "miguel")


def position(stores: Stores) -> int:
    return stores.feed.read(after=0, alive_at=LONG_AGO).position


def keys_version(stores: Stores) -> int:
    return stores.feed.read(after=0, alive_at=LONG_AGO).keys_version


def told(stores: Stores, *, after: int) -> list[str]:
    page = stores.feed.read(after=after, alive_at=LONG_AGO)
    return sorted(each.session_id for each in page.revocations)


def end(stores: Stores, user: User, *session_ids: str) -> int:
    """Begins and ends these sessions, in one unit of work; gives the position after it."""
    with stores.unit_of_work():
        for session_id in session_ids:
            stores.sessions.add(session(session_id, user.id))
        stores.sessions.end(user.id, at=START)
    return position(stores)


def test_a_new_feed_has_nothing_to_tell(stores: Stores) -> None:
    page = stores.feed.read(after=0, alive_at=LONG_AGO)

    assert (page.position, page.revocations) == (0, [])


def test_positions_grow_with_each_unit_of_work(stores: Stores, miguel: User) -> None:
    positions = [end(stores, miguel, f"{number}") for number in range(5)]

    assert positions == sorted(set(positions))
    assert positions[0] > 0


def test_what_ends_together_shares_a_position(stores: Stores, miguel: User) -> None:
    before = end(stores, miguel, "a")
    after = end(stores, miguel, "b", "c", "d")

    assert told(stores, after=before) == ["b", "c", "d"]
    assert told(stores, after=after - 1) == ["b", "c", "d"]
    assert told(stores, after=after) == []


def test_what_two_calls_end_in_one_unit_is_told_together(stores: Stores, miguel: User) -> None:
    before = end(stores, miguel, "first")
    add_sessions(stores, miguel, "a", "b")

    with stores.unit_of_work():
        for session_id in ("a", "b"):
            stores.sessions.end(miguel.id, at=START, only=session_id)

    assert told(stores, after=before) == ["a", "b"]
    assert told(stores, after=position(stores)) == []


def test_who_has_read_up_to_a_position_is_told_what_came_after(
    stores: Stores, miguel: User
) -> None:
    positions = [0, *(end(stores, miguel, session_id) for session_id in "abc")]

    assert [told(stores, after=each) for each in positions] == [
        ["a", "b", "c"],
        ["b", "c"],
        ["c"],
        [],
    ]


def test_a_position_beyond_the_feed_tells_nothing_and_where_it_is(
    stores: Stores, miguel: User
) -> None:
    last = end(stores, miguel, "a")

    page = stores.feed.read(after=last + 1_000_000, alive_at=LONG_AGO)

    assert (page.position, page.revocations) == (last, [])


def test_a_revocation_is_told_as_long_as_a_token_may_live(stores: Stores, miguel: User) -> None:
    end(stores, miguel, "a")
    expiry = session("a", None).tokens_end
    zone = timezone(timedelta(hours=-9, minutes=-30))

    living = stores.feed.read(after=0, alive_at=(expiry - MICROSECOND).astimezone(zone))
    over = stores.feed.read(after=0, alive_at=expiry.astimezone(zone))

    assert living.revocations == [Revocation("a", expiry)]
    assert living.revocations[0].expires_at.utcoffset() == timedelta(0)
    assert (over.position, over.revocations) == (living.position, [])


def test_a_unit_that_ended_nothing_takes_no_position(stores: Stores, miguel: User) -> None:
    before = end(stores, miguel, "a")

    end_all(stores, miguel)

    assert position(stores) == before


def test_a_unit_that_failed_takes_no_position(stores: Stores, miguel: User) -> None:
    before = end(stores, miguel, "a")

    with failing_unit(stores):
        stores.sessions.add(session("b", miguel.id))
        stores.sessions.end(miguel.id, at=START)

    assert position(stores) == before
    assert told(stores, after=0) == ["a"]


def test_a_unit_of_work_sees_its_own_entries(stores: Stores, miguel: User) -> None:
    add_sessions(stores, miguel, "a")

    with stores.unit_of_work():
        stores.sessions.end(miguel.id, at=START)
        inside = told(stores, after=0)

    assert inside == ["a"]


def test_the_version_of_the_keys_changes_with_each_announcement(stores: Stores) -> None:
    versions = [keys_version(stores)]
    for _ in range(3):
        with stores.unit_of_work():
            stores.feed.announce_keys()
        versions.append(keys_version(stores))

    assert len(set(versions)) == 4


def test_an_announcement_that_was_rolled_back_was_none(stores: Stores) -> None:
    before = keys_version(stores)

    with failing_unit(stores):
        stores.feed.announce_keys()

    assert keys_version(stores) == before


def test_keys_and_sessions_do_not_count_as_each_other(stores: Stores, miguel: User) -> None:
    version, before = keys_version(stores), position(stores)

    end(stores, miguel, "a")
    assert keys_version(stores) == version

    with stores.unit_of_work():
        stores.feed.announce_keys()
    assert told(stores, after=before) == ["a"]
    assert told(stores, after=position(stores)) == []
