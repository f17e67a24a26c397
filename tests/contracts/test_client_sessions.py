"""What every repository of sessions promises of those that clients have."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.clock import CLOCK_FAULT
from domain.revocations import Revocation
from domain.sessions import Session
from domain.users import User
from tests.contracts.conftest import Stores
from tests.contracts.entries import add_user, failing_unit, session
from tests.contracts.waiting import until_somebody_waits
from tests.fakes.clock import START

END = START + timedelta(hours=1, microseconds=1)
MICROSECOND = timedelta(microseconds=1)
MANY: dict[str, Callable[[Stores, User], Sequence[Revocation]]] = {
    "of a user": lambda stores, user: stores.sessions.end(user.id, at=END),
    "but one": lambda stores, user: stores.sessions.end(user.id, at=END, but="d"),
    "surplus": lambda stores, user: stores.sessions.end(user.id, at=END, beyond=0),
    "of a client": lambda stores, _: stores.sessions.end(None, at=END, client_id="wiki"),
    "a few": lambda stores, _: stores.sessions.end(None, at=END, client_id="wiki", limit=3),
    "gone with a user": lambda stores, user: stores.sessions.remove(user.id, at=END),
}
"""Ways to end many sessions."""


def of(client_id: str, session_id: str, user_id: int | None = None, *, minutes: int = 0) -> Session:
    """A session of this client."""
    created_at = START + timedelta(minutes=minutes)
    return replace(session(session_id, user_id, created_at=created_at), client_id=client_id)


@pytest.fixture
def miguel(stores: Stores) -> User:
    return add_user(stores, "miguel")


@pytest.fixture
def susan(stores: Stores) -> User:
    return add_user(stores, "susan")


@pytest.fixture
def many(stores: Stores, miguel: User, susan: User) -> list[Session]:
    """Sessions of two users and of nobody, with two clients and with ours."""
    made = [
        *(of("wiki", "a", miguel.id), of("wiki", "b", miguel.id), of("shop", "c", miguel.id)),
        *(of("varvel", "d", miguel.id), of("wiki", "e", susan.id), of("wiki", "f")),
        *(of("wiki", "g"), of("shop", "h")),
    ]
    for each in made:
        stores.sessions.add(each)
    return made


def end(stores: Stores, user: User | None, **which: Any) -> list[str]:
    """The sessions that ended so, which the feed must tell of."""
    with stores.unit_of_work():
        if user is not None:
            stores.users.lock(user.id)
        ended = stores.sessions.end(user.id if user else None, at=END, **which)
    assert set(stores.feed.read(after=0, alive_at=START).revocations) == set(ended)
    return sorted(each.session_id for each in ended)


@pytest.mark.parametrize(
    ("is_users", "which", "expected"),
    [
        (True, {"client_id": "wiki"}, "ab"),
        (True, {"client_id": "shop"}, "c"),
        (True, {"client_id": "nobody"}, ""),
        (True, {"client_id": "wiki", "only": "b"}, "b"),
        (True, {"client_id": "wiki", "only": "c"}, ""),
        (True, {"client_id": "wiki", "but": "b"}, "a"),
        (True, {"only": "e"}, ""),
        (True, {"only": "f"}, ""),
        (True, {}, "abcd"),
        (True, {"beyond": 1, "among": ["wiki"]}, "a"),
        (True, {"beyond": 1, "among": ["shop", "varvel"]}, "c"),
        (True, {"beyond": 2, "among": ["shop", "varvel", "nobody"]}, ""),
        (True, {"beyond": 0, "among": {"shop"}}, "c"),
        (True, {"beyond": 0, "among": []}, ""),
        (True, {"beyond": 0, "but": "b", "among": ("wiki",)}, "a"),
        (False, {"client_id": "wiki"}, "abefg"),
        (False, {"client_id": "shop"}, "ch"),
        (False, {"client_id": "nobody"}, ""),
        (False, {"client_id": "wiki", "nobodys": True}, "fg"),
        (False, {"client_id": "nobody", "nobodys": True}, ""),
        (False, {"only": "f"}, "f"),
        (False, {"only": "a"}, "a"),
        (False, {"only": "none"}, ""),
        (False, {"client_id": "wiki", "only": "h"}, ""),
    ],
)
def test_ended_are_the_sessions_that_were_meant_whoevers_they_are(
    *,
    stores: Stores,
    miguel: User,
    many: list[Session],
    is_users: bool,
    which: dict[str, object],
    expected: str,
) -> None:
    assert end(stores, miguel if is_users else None, **which) == list(expected)

    for each in many:
        ended = replace(each, ended_at=END, idle_end=END)
        assert stores.sessions.find(each.id) == (ended if each.id in expected else each)


def test_what_is_over_does_not_end_again_with_its_client(stores: Stores, miguel: User) -> None:
    stores.sessions.add(replace(of("wiki", "by all", miguel.id), idle_end=END - CLOCK_FAULT))
    late = END - CLOCK_FAULT + MICROSECOND
    stores.sessions.add(replace(of("wiki", "by some", miguel.id), idle_end=late))
    stores.sessions.add(replace(of("wiki", "ended"), ended_at=START))

    assert end(stores, None, client_id="wiki") == ["by some"]


def test_an_end_of_a_clients_sessions_that_is_rolled_back_ends_nothing(
    stores: Stores, many: list[Session]
) -> None:
    with failing_unit(stores):
        assert len(stores.sessions.end(None, at=END, client_id="wiki")) == 5

    assert [stores.sessions.find(each.id) for each in many] == many
    assert not stores.feed.read(after=0, alive_at=START).revocations


def standing(stores: Stores, client_id: str = "wiki", *, after: timedelta = MICROSECOND) -> Any:
    found = stores.sessions.find_standing(client_id, now=START + after)
    return found and found.id


def test_a_standing_session_is_the_clients_own_and_nobody_elses(
    stores: Stores, miguel: User
) -> None:
    stores.sessions.add(of("wiki", "a", miguel.id))
    assert standing(stores) is None

    stores.sessions.add(own := replace(of("wiki", "b"), counter=0))
    stores.sessions.add(of("shop", "c"))

    assert stores.sessions.find_standing("wiki", now=START) == own
    found = [standing(stores, each) for each in ("shop", "WIKI", "", "nobody")]
    assert found == ["c", None, None, None]


def test_it_is_the_youngest_one_that_lives(stores: Stores) -> None:
    for session_id, minutes in (("b", 1), ("a", 2), ("c", 0)):
        stores.sessions.add(of("wiki", session_id, minutes=minutes))
    assert standing(stores) == "a"

    end(stores, None, only="a")

    assert standing(stores) == "b"


def test_it_stands_until_it_is_idle(stores: Stores) -> None:
    stores.sessions.add(replace(of("wiki", "a"), idle_end=START + timedelta(minutes=10)))

    assert standing(stores, after=timedelta(minutes=10) - MICROSECOND) == "a"
    assert standing(stores, after=timedelta(minutes=10)) is None


def test_a_users_removal_leaves_the_sessions_of_clients_alone(
    stores: Stores, miguel: User, many: list[Session]
) -> None:
    with stores.unit_of_work():
        stores.users.lock(miguel.id)
        removed = stores.sessions.remove(miguel.id, at=END)
        stores.users.remove(miguel.id)

    assert {each.session_id for each in removed} == set("abcd")
    assert Revocation("a", many[0].tokens_end) in removed
    assert [stores.sessions.find(each) is None for each in "abcdefgh"] == [True] * 4 + [False] * 4


def test_as_many_of_a_clients_sessions_end_at_once_as_are_asked_for(
    stores: Stores, many: list[Session]
) -> None:
    ended: list[str] = []
    sizes = []
    while True:
        with stores.unit_of_work():
            some = stores.sessions.end(None, at=END, client_id="wiki", limit=2)
        sizes.append(len(some))
        ended += [each.session_id for each in some]
        if not some:
            break

    assert sizes == [2, 2, 1, 0]
    assert sorted(ended) == ["a", "b", "e", "f", "g"]


@pytest.mark.parametrize("way", MANY)
def test_whoever_ends_many_takes_them_in_the_order_of_their_ids(
    stores: Stores, miguel: User, way: str
) -> None:
    made = {each: of("wiki", each, miguel.id) for each in "cba"}
    for each in made.values():
        stores.sessions.add(each)

    def act() -> Sequence[Revocation]:
        with stores.unit_of_work():
            return MANY[way](stores, miguel)

    with ThreadPoolExecutor(1) as another:
        with stores.unit_of_work():
            assert stores.sessions.renew(made["b"], counter=1)
            acting = another.submit(act)
            until_somebody_waits(stores)
            # The other one waits for b: with c in hand, it would be waited for in turn.
            assert stores.sessions.renew(made["c"], counter=1)
        ended = acting.result()

    assert sorted(each.session_id for each in ended) == ["a", "b", "c"]


@pytest.mark.parametrize("narrowed", [{}, {"but": "a"}, {"nobodys": True}, {"limit": 9}])
def test_nobodys_sessions_are_ended_without_saying_whose(
    stores: Stores, many: list[Session], narrowed: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="whose"):
        stores.sessions.end(None, at=END, **narrowed)

    assert [stores.sessions.find(each.id) for each in many] == many
