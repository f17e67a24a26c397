"""What every storage whose rows expire promises."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.housekeeping import BATCH, MARGIN, RemoveExpired
from domain.signing_keys import SigningKey
from domain.throttling import NETWORK, STRANGER, Throttle
from domain.users import User
from tests.contracts.conftest import THREADS, Stores, sql_stores
from tests.contracts.databases import PostgresDatabases
from tests.contracts.entries import add_user, session
from tests.contracts.test_users import at_once
from tests.fakes.clock import START

HOUR = timedelta(hours=1)
NO_TIME = timedelta(0)
MICROSECOND = timedelta(microseconds=1)
MANY = 1_000


@pytest.fixture
def miguel(stores: Stores) -> User:
    return add_user(stores, "miguel")


def add_sessions(stores: Stores, user: User, *idle_ends: datetime) -> None:
    """Sessions named by their order."""
    for number, idle_end in enumerate(idle_ends):
        stores.sessions.add(replace(session(f"{number}", user.id), idle_end=idle_end))


def left(stores: Stores, count: int) -> list[int]:
    """The numbers of the sessions that are there yet."""
    return [number for number in range(count) if stores.sessions.find(f"{number}")]


def told(stores: Stores) -> list[str]:
    page = stores.feed.read(after=0, alive_at=START - timedelta(days=365))
    return sorted(each.session_id for each in page.revocations)


def test_a_turn_begins_at_the_present_moment(stores: Stores) -> None:
    turn = stores.expiring.claim_turn(interval=HOUR)

    # By the storage's own clock, which may be another machine's.
    assert turn is not None
    assert turn.utcoffset() == NO_TIME
    assert abs(turn - datetime.now(UTC)) < HOUR


def test_a_turn_is_had_once_in_an_interval(stores: Stores) -> None:
    turns = [stores.expiring.claim_turn(interval=interval) for interval in (HOUR, NO_TIME, HOUR)]

    assert [turn is not None for turn in turns] == [True, False, False]


def test_the_next_turn_comes_when_the_interval_is_over(stores: Stores) -> None:
    turns = [stores.expiring.claim_turn(interval=NO_TIME) for _ in range(3)]

    moments = [turn for turn in turns if turn is not None]
    assert len(moments) == 3
    assert moments == sorted(moments)


def test_of_many_who_claim_a_turn_at_once_one_has_it(stores: Stores) -> None:
    outcomes = at_once(lambda number: stores.expiring.claim_turn(interval=HOUR))

    assert len([turn for turn in outcomes if turn is not None]) == 1
    assert outcomes.count(None) == THREADS - 1


def test_sessions_go_when_they_were_idle_before_the_moment(stores: Stores, miguel: User) -> None:
    add_sessions(stores, miguel, START - MICROSECOND, START, START + MICROSECOND, START - HOUR)

    removed = stores.expiring.remove_expired(before=START, limit=MANY)

    assert removed == 2
    assert left(stores, 4) == [1, 2]


def test_a_session_that_has_ended_goes_like_one_that_expired(stores: Stores, miguel: User) -> None:
    add_sessions(stores, miguel, START + 9 * HOUR)
    with stores.unit_of_work():
        stores.sessions.end(miguel.id, at=START)

    assert stores.expiring.remove_expired(before=START, limit=MANY) == 0
    assert stores.expiring.remove_expired(before=START + MICROSECOND, limit=MANY) == 1
    assert left(stores, 1) == []


def test_what_came_of_a_session_that_expired_goes_on_without_it(
    stores: Stores, miguel: User
) -> None:
    add_sessions(stores, miguel, START - HOUR)
    child = replace(session("child", miguel.id), parent_id="0")
    stores.sessions.add(child)

    assert stores.expiring.remove_expired(before=START, limit=MANY) == 1

    assert stores.sessions.find("child") == replace(child, parent_id=None)


def test_revocations_go_when_the_last_token_expired_before_the_moment(
    stores: Stores, miguel: User
) -> None:
    ends = [START - MICROSECOND, START, START + MICROSECOND, START - HOUR]
    for number, tokens_end in enumerate(ends):
        stores.sessions.add(replace(session(f"{number}", miguel.id), tokens_end=tokens_end))
    with stores.unit_of_work():
        stores.sessions.end(miguel.id, at=START + 9 * HOUR)
    position = stores.feed.read(after=0, alive_at=START).position

    removed = stores.expiring.remove_expired(before=START, limit=MANY)

    assert removed == 2
    assert told(stores) == ["1", "2"]
    assert stores.feed.read(after=0, alive_at=START).position == position


def test_signing_keys_go_when_they_were_retired_before_the_moment(stores: Stores) -> None:
    ends = [START - MICROSECOND, START, START + MICROSECOND, None]
    for number, retire_at in enumerate(ends):
        key = SigningKey(f"{number}", number, "A", START - 9 * HOUR, retire_at, "sealed")
        stores.signing_keys.add(key)

    removed = stores.expiring.remove_expired(before=START, limit=MANY)

    assert removed == 1
    assert [key.kid for key in stores.signing_keys.list()] == ["1", "2", "3"]


def add_throttles(stores: Stores, *subjects: str, ends_at: datetime = START) -> None:
    for subject in subjects:
        assert stores.throttles.add(Throttle(subject, 1, 1, ends_at - HOUR, ends_at))


def throttled(stores: Stores, *subjects: str) -> set[str]:
    """Those of these subjects that have a throttle yet."""
    return set(stores.throttles.find(subjects))


def test_throttles_of_strangers_and_networks_go_when_they_ended_before_the_moment(
    stores: Stores,
) -> None:
    ends = {
        "early": START - HOUR,
        "before": START - MICROSECOND,
        "at": START,
        "after": START + HOUR,
    }
    for name, ends_at in ends.items():
        add_throttles(stores, f"{STRANGER}{name}", f"{NETWORK}{name}", ends_at=ends_at)

    removed = stores.expiring.remove_expired(before=START, limit=MANY)

    assert removed == 4
    every = [f"{prefix}{name}" for prefix in (STRANGER, NETWORK) for name in ends]
    assert throttled(stores, *every) == {
        *(f"{STRANGER}at", f"{STRANGER}after", f"{NETWORK}at", f"{NETWORK}after"),
    }


def test_throttles_of_accounts_stay_however_long_ago_they_ended(stores: Stores) -> None:
    accounts = ["user:1", f"user:{10**18 - 1}"]
    add_throttles(stores, *accounts, ends_at=START - 365 * 24 * HOUR)

    assert stores.expiring.remove_expired(before=START, limit=MANY) == 0

    assert throttled(stores, *accounts) == set(accounts)


def test_throttles_go_a_day_after_their_end_and_no_sooner(stores: Stores) -> None:
    now = datetime.now(UTC)
    add_throttles(stores, f"{STRANGER}late", f"{NETWORK}late", ends_at=now - MARGIN + HOUR)
    add_throttles(stores, f"{STRANGER}gone", f"{NETWORK}gone", ends_at=now - MARGIN - HOUR)

    assert RemoveExpired(stores.expiring)() == 2

    every = [f"{prefix}{name}" for prefix in (STRANGER, NETWORK) for name in ("late", "gone")]
    assert throttled(stores, *every) == {f"{STRANGER}late", f"{NETWORK}late"}


def add_of_each_kind(stores: Stores, user: User, count: int) -> None:
    """So many expired sessions, revocations, keys and throttles."""
    add_sessions(stores, user, *[START] * count)
    with stores.unit_of_work():
        stores.sessions.end(user.id, at=START)
    for number in range(count):
        key = SigningKey(f"{number}", number, "A", START, START + MICROSECOND, "sealed")
        stores.signing_keys.add(key)
    add_throttles(stores, *strangers(count))


def strangers(count: int) -> list[str]:
    return [f"{STRANGER}{number}" for number in range(count)]


def test_no_more_than_the_limit_of_each_kind_go_at_once(stores: Stores, miguel: User) -> None:
    add_of_each_kind(stores, miguel, 5)

    def removed() -> tuple[int, ...]:
        number = stores.expiring.remove_expired(before=START + HOUR, limit=2)
        keys, throttles = stores.signing_keys.list(), throttled(stores, *strangers(5))
        return number, len(left(stores, 5)), len(told(stores)), len(keys), len(throttles)

    # Five of each are two, two and one.
    expected = [(8, 3, 3, 3, 3), (8, 1, 1, 1, 1), (4, 0, 0, 0, 0), (0, 0, 0, 0, 0)]
    assert [removed() for _ in range(4)] == expected


def test_users_and_what_lives_stay(stores: Stores, miguel: User) -> None:
    add_of_each_kind(stores, miguel, 1)

    assert stores.expiring.remove_expired(before=START - 365 * 24 * HOUR, limit=MANY) == 0
    assert stores.expiring.remove_expired(before=START + 365 * 24 * HOUR, limit=MANY) == 4

    assert stores.users.find(miguel.id) == miguel


def test_what_expired_a_day_ago_stays_and_longer_ago_goes(stores: Stores, miguel: User) -> None:
    now = datetime.now(UTC)
    add_sessions(stores, miguel, now - MARGIN + HOUR, now - MARGIN - HOUR, now + HOUR)

    removed = RemoveExpired(stores.expiring)()

    assert removed == 1
    assert left(stores, 3) == [0, 2]


def test_many_who_have_a_turn_together_remove_everything_once(stores: Stores, miguel: User) -> None:
    add_of_each_kind(stores, miguel, 20)

    def remove(number: int) -> int:
        batches = (stores.expiring.remove_expired(before=START + HOUR, limit=3) for _ in range(9))
        return sum(batches)

    removed = at_once(remove)

    # Somebody whose rows were all being removed by others may have found none; a last one looks.
    rest = stores.expiring.remove_expired(before=START + HOUR, limit=BATCH)
    assert rest + sum(int(str(each)) for each in removed) == 80
    assert (left(stores, 20), told(stores), stores.signing_keys.list()) == ([], [], [])
    assert not throttled(stores, *strangers(20))


def test_on_a_server_what_somebody_holds_is_left_for_another_time(
    postgres_databases: PostgresDatabases,
) -> None:
    with postgres_databases.lent() as database, ThreadPoolExecutor(1) as elsewhere:
        stores = sql_stores(database)
        miguel = add_user(stores)
        add_sessions(stores, miguel, START, START, START)
        expired = START + HOUR

        def remove() -> int:
            return stores.expiring.remove_expired(before=expired, limit=MANY)

        with stores.unit_of_work():
            held = replace(session("1", miguel.id), idle_end=START)
            assert stores.sessions.renew(held, counter=1)
            assert elsewhere.submit(remove).result() == 2
            assert left(stores, 3) == [1]
        assert remove() == 1
