"""What every repository of authorization codes promises."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from domain.authorization import AuthorizationCode
from domain.clients import ClientNotFound
from domain.users import User
from tests.contracts.conftest import THREADS, Stores
from tests.contracts.entries import add_clients, add_user, client, code, failing_unit
from tests.contracts.test_users import at_once
from tests.fakes.clock import START


@pytest.fixture
def miguel(stores: Stores) -> User:
    return add_user(stores, "miguel")


@pytest.fixture(autouse=True)
def clients(stores: Stores) -> None:
    add_clients(stores, "wiki")
    stores.clients.add(client("c" * 64))


@pytest.mark.parametrize("session_id", [None, "s" * 64])
def test_a_code_comes_back_with_every_field(
    stores: Stores, miguel: User, session_id: str | None
) -> None:
    stored = AuthorizationCode(
        digest="d" * 64,
        client_id="c" * 64,
        user_id=miguel.id,
        parent_id="p" * 64,
        redirect_uri="https://wiki.example/" + "'%_;\U00010400" * 99,
        scope="read write",
        audience="urn:example:shop",
        code_challenge="h" * 43,
        expires_at=START,
        session_id=session_id,
    )

    stores.codes.add(stored)

    assert stores.codes.find("d" * 64) == stored


def test_its_moment_comes_back_aware_and_in_utc(stores: Stores, miguel: User) -> None:
    moment = datetime(2026, 3, 29, 1, 30, 0, 1, tzinfo=timezone(timedelta(hours=-11, minutes=-30)))
    stores.codes.add(replace(code("a", miguel), expires_at=moment))

    found = stores.codes.find("a")

    assert found is not None
    assert found.expires_at == moment
    assert found.expires_at.tzinfo is UTC


def test_a_digest_that_no_code_has_finds_none(stores: Stores, miguel: User) -> None:
    stores.codes.add(code("a", miguel))

    assert [stores.codes.find(text) for text in ("", "A", "b", "%", "a ")] == [None] * 5


def test_a_client_that_is_not_there_has_no_codes(stores: Stores, miguel: User) -> None:
    def add() -> None:
        with stores.unit_of_work():
            add_user(stores, "susan")
            stores.codes.add(code("a", miguel, "nobody"))

    with pytest.raises(ClientNotFound):
        add()

    assert stores.codes.find("a") is None
    assert stores.users.find_by_name("susan") is None


def test_a_code_is_used_once(stores: Stores, miguel: User) -> None:
    stores.codes.add(code("a", miguel))
    stores.codes.add(code("b", miguel))

    used = [stores.codes.use("a", session_id=each) for each in ("first", "second", "first")]

    assert used == [True, False, False]
    assert stores.codes.find("a") == replace(code("a", miguel), session_id="first")
    assert stores.codes.find("b") == code("b", miguel)


def test_a_code_that_is_not_there_is_not_used(stores: Stores, miguel: User) -> None:
    assert not stores.codes.use("a", session_id="first")
    assert stores.codes.find("a") is None


def test_of_many_who_use_a_code_at_once_one_does(stores: Stores, miguel: User) -> None:
    stores.codes.add(code("a", miguel))

    outcomes = at_once(lambda number: stores.codes.use("a", session_id=f"{number}"))

    assert sorted(map(bool, outcomes)) == [False] * (THREADS - 1) + [True]
    assert stores.codes.find("a") == replace(
        code("a", miguel), session_id=f"{outcomes.index(True)}"
    )


def test_a_use_that_is_rolled_back_leaves_the_code_unused(stores: Stores, miguel: User) -> None:
    stores.codes.add(code("a", miguel))

    with failing_unit(stores):
        assert stores.codes.use("a", session_id="first")

    assert stores.codes.find("a") == code("a", miguel)
    assert stores.codes.use("a", session_id="second")


def test_codes_are_gone_with_their_user(stores: Stores, miguel: User) -> None:
    susan = add_user(stores, "susan")
    stores.codes.add(code("a", miguel))
    stores.codes.add(code("b", susan))

    stores.users.remove(miguel.id)

    assert [stores.codes.find(each) for each in ("a", "b")] == [None, code("b", susan)]


def test_codes_go_when_they_expired_before_the_moment_used_or_not(
    stores: Stores, miguel: User
) -> None:
    ends = [-timedelta(microseconds=1), timedelta(0), timedelta(microseconds=1), -timedelta(days=1)]
    for number, offset in enumerate(ends):
        stores.codes.add(replace(code(f"{number}", miguel), expires_at=START + offset))
    stores.codes.use("0", session_id="came of it")

    assert stores.expiring.remove_expired(before=START, limit=1_000) == 2

    left = [number for number in range(4) if stores.codes.find(f"{number}")]
    assert left == [1, 2]


def test_no_more_codes_than_the_limit_go_at_once(stores: Stores, miguel: User) -> None:
    for number in range(5):
        stores.codes.add(code(f"{number}", miguel))
    before = START + timedelta(hours=1)

    removed = [stores.expiring.remove_expired(before=before, limit=2) for _ in range(4)]

    assert removed == [2, 2, 1, 0]
