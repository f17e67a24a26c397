"""Who polls the feed misses nothing, in whatever order units of work begin, write and commit."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from threading import Barrier, Event

import pytest

from domain.users import User
from tests.contracts.conftest import THREADS, Stores, sql_stores
from tests.contracts.databases import PATIENCE, PostgresDatabases
from tests.contracts.entries import add_sessions, add_user
from tests.contracts.waiting import until_somebody_waits
from tests.fakes.clock import START

ROUNDS = 10
SESSIONS_OF_EACH = 6


class Poller:
    """A process that reads what came after what it has read, again and again."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self.position = 0
        self.seen: list[str] = []

    def poll(self) -> list[str]:
        """What is new."""
        page = self._stores.feed.read(after=self.position, alive_at=START)
        assert page.position >= self.position
        new = sorted(each.session_id for each in page.revocations)
        assert page.position > self.position or not new
        self.position = page.position
        self.seen += new
        return new


@pytest.fixture
def poller(stores: Stores) -> Poller:
    return Poller(stores)


def end(stores: Stores, user: User, *, after: Callable[[], object] = lambda: None) -> None:
    """Ends the user's sessions; `after` that, and before the commit, does something else."""
    with stores.unit_of_work():
        stores.users.lock(user.id)
        assert stores.sessions.end(user.id, at=START)
        after()


def wait(event: Event) -> None:
    assert event.wait(PATIENCE)


def test_who_wants_a_position_waits_for_the_commit_of_who_has_one(
    stores: Stores, poller: Poller
) -> None:
    first, second = add_user(stores, "first"), add_user(stores, "second")
    for user in (first, second):
        add_sessions(stores, user, f"{user.name}'s")
    has_position, may_commit, second_has_position = Event(), Event(), Event()

    def hold() -> None:
        has_position.set()
        wait(may_commit)

    with ThreadPoolExecutor(2) as others:
        holder = others.submit(end, stores, first, after=hold)
        wait(has_position)
        waiter = others.submit(end, stores, second, after=second_has_position.set)
        until_somebody_waits(stores)
        # Were the second one's entry here already, the first one's would be lost for good.
        assert poller.poll() == []
        assert not second_has_position.is_set()
        may_commit.set()
        holder.result()
        waiter.result()

    poller.poll()
    assert sorted(poller.seen) == ["first's", "second's"]


def test_a_poll_between_two_commits_tells_each_once(stores: Stores, poller: Poller) -> None:
    first, second = add_user(stores, "first"), add_user(stores, "second")
    for user in (first, second):
        add_sessions(stores, user, f"{user.name}'s")
    told = []

    with ThreadPoolExecutor(1) as elsewhere:

        def poll() -> None:
            told.append(elsewhere.submit(poller.poll).result())

        end(stores, first, after=poll)
        poll()
        end(stores, second, after=poll)
        poll()
        poll()

    assert told == [[], ["first's"], [], ["second's"], []]


def test_on_a_server_who_began_first_and_commits_last_is_not_lost(
    postgres_databases: PostgresDatabases,
) -> None:
    """In an embedded database no two units of work that write are ever open together."""
    with postgres_databases.lent() as database, ThreadPoolExecutor(1) as elsewhere:
        stores = sql_stores(database)
        poller = Poller(stores)
        first, second = add_user(stores, "first"), add_user(stores, "second")
        for user in (first, second):
            add_sessions(stores, user, f"{user.name}'s")

        with stores.unit_of_work():
            stores.users.lock(first.id)
            elsewhere.submit(end, stores, second).result()
            assert elsewhere.submit(poller.poll).result() == ["second's"]
            stores.sessions.end(first.id, at=START)
            assert elsewhere.submit(poller.poll).result() == []

        assert poller.poll() == ["first's"]


def test_who_announces_keys_waits_for_who_announced_them_before(stores: Stores) -> None:
    before = stores.feed.read(after=0, alive_at=START).keys_version
    announced = Event()

    def announce() -> None:
        with stores.unit_of_work():
            stores.feed.announce_keys()
            announced.set()

    with ThreadPoolExecutor(1) as elsewhere:
        with stores.unit_of_work():
            stores.feed.announce_keys()
            waiter = elsewhere.submit(announce)
            until_somebody_waits(stores)
            assert not announced.is_set()
        waiter.result()

    assert stores.feed.read(after=0, alive_at=START).keys_version != before


def test_whoever_polls_while_many_end_sessions_sees_each_once(
    stores: Stores, poller: Poller
) -> None:
    users = [add_user(stores, f"user-{number}") for number in range(THREADS)]
    owned = {
        user.id: [f"{user.name}-{number}" for number in range(SESSIONS_OF_EACH)] for user in users
    }
    for user in users:
        add_sessions(stores, user, *owned[user.id])
    begin = Barrier(THREADS + 1)

    def end_one_by_one(user: User) -> None:
        begin.wait(PATIENCE)
        for session_id in owned[user.id]:
            with stores.unit_of_work():
                stores.users.lock(user.id)
                assert stores.sessions.end(user.id, at=START, only=session_id)

    with ThreadPoolExecutor(THREADS) as executor:
        ends = [executor.submit(end_one_by_one, user) for user in users]
        begin.wait(PATIENCE)
        while not all(each.done() for each in ends):
            poller.poll()
        for each in ends:
            each.result()
    poller.poll()

    assert sorted(poller.seen) == sorted(chain(*owned.values()))


def _end(*, but: str | None = None) -> Callable[[Stores, User], int]:
    """Ends sessions after locking the user, as whoever ends more than one does."""

    def call(stores: Stores, user: User) -> int:
        with stores.unit_of_work():
            stores.users.lock(user.id)
            return len(stores.sessions.end(user.id, at=START, but=but))

    return call


def _end_one(session_id: str) -> Callable[[Stores, User], int]:
    """Ends one session, for which nobody is locked."""

    def call(stores: Stores, user: User) -> int:
        with stores.unit_of_work():
            return len(stores.sessions.end(user.id, at=START, only=session_id))

    return call


def _remove(stores: Stores, user: User) -> int:
    with stores.unit_of_work():
        stores.users.lock(user.id)
        ended = stores.sessions.remove(user.id, at=START)
        stores.users.remove(user.id)
        return len(ended)


MEETINGS: dict[str, tuple[list[Callable[[Stores, User], int]], str]] = {
    "all and all": ([_end()] * 4, "abcdef"),
    "all and one": ([_end(), *map(_end_one, "abcdef")], "abcdef"),
    "all but one and that one": ([_end(but="c"), _end_one("c"), _end_one("d")], "abcdef"),
    "all but one and all but another": ([_end(but="c"), _end(but="d")] * 2, "abcdef"),
    "one and the same": ([_end_one("c")] * 4, "c"),
    "removal and one": ([_remove, *map(_end_one, "fedcba")], "abcdef"),
    "removal and all": ([_remove, _end(), _end(but="a"), _remove], "abcdef"),
}


@pytest.mark.asvs("V15.4.3")
@pytest.mark.parametrize(("calls", "expected"), MEETINGS.values(), ids=MEETINGS)
def test_ends_that_meet_neither_block_each_other_nor_end_anything_twice(
    stores: Stores, poller: Poller, calls: list[Callable[[Stores, User], int]], expected: str
) -> None:
    begin = Barrier(len(calls))

    def call(which: Callable[[Stores, User], int], user: User) -> int:
        begin.wait(PATIENCE)
        return which(stores, user)

    with ThreadPoolExecutor(len(calls)) as executor:
        for number in range(ROUNDS):
            user = add_user(stores, f"user-{number}")
            add_sessions(stores, user, *"abcdef")
            ends = [executor.submit(call, which, user) for which in calls]
            counted = sum(each.result() for each in ends)
            assert poller.poll() == list(expected)
            assert counted == len(expected)
            stores.users.remove(user.id)
