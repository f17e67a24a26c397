"""What every repository of clients promises."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from domain.clients import Client, ClientNotFound
from domain.revocations import Revocation
from tests.contracts.conftest import Stores
from tests.contracts.databases import PATIENCE
from tests.contracts.entries import (
    add_clients,
    add_user,
    client,
    code,
    failing_unit,
    put_consent,
    session,
)
from tests.contracts.waiting import until_somebody_waits
from tests.fakes.clock import START

FULL = Client(
    id="c" * 64,
    name="\U00010400é" * 32,
    secret_digest="d" * 64,
    redirect_uris=("https://wiki.example/?next=%20'\";--", "http://[::1]/", "com.example:/"),
    scopes=("wiki:read", "~!#[]", "read"),
    audiences=("https://wiki.example/api", "urn:example:shop"),
    resource="https://wiki.example/itself",
    acts_alone=True,
    is_trusted=False,
    created_at=START,
)
BARE = Client("b", "B", None, (), (), (), None, acts_alone=False, is_trusted=True, created_at=START)


@pytest.fixture
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.mark.parametrize("stored", [FULL, BARE], ids=["full", "bare"])
def test_a_client_comes_back_with_every_field(stores: Stores, stored: Client) -> None:
    stores.clients.add(stored)

    assert stores.clients.find(stored.id) == stored
    with stores.unit_of_work():
        assert stores.clients.lock(stored.id) == stored
    assert list(stores.clients.list()) == [stored]


def test_its_moment_comes_back_aware_and_in_utc(stores: Stores) -> None:
    moment = datetime(2026, 3, 29, 1, 30, 0, 1, tzinfo=timezone(timedelta(hours=-11, minutes=-30)))
    stores.clients.add(replace(BARE, created_at=moment))

    found = stores.clients.find("b")

    assert found is not None
    assert found.created_at == moment
    assert found.created_at.tzinfo is UTC


def test_an_id_that_no_client_has_finds_none(stores: Stores) -> None:
    add_clients(stores, "a")

    assert [stores.clients.find(text) for text in ("", "A", "b", "%", "a ")] == [None] * 5
    with stores.unit_of_work():
        assert stores.clients.lock("b") is None


def test_clients_are_listed_the_oldest_first_and_those_of_one_moment_in_one_order(
    stores: Stores,
) -> None:
    assert list(stores.clients.list()) == []
    add_clients(stores, "b", "c", "a")
    stores.clients.add(replace(client("z"), created_at=START - timedelta(microseconds=1)))

    assert [each.id for each in stores.clients.list()] == ["z", "a", "b", "c"]


def test_a_secret_is_replaced_and_nothing_else(stores: Stores) -> None:
    add_clients(stores, "wiki", "shop")
    before = {each.id: each for each in stores.clients.list()}

    stores.clients.replace_secret("wiki", "another digest")
    stores.clients.replace_secret("nobody", "another digest")

    assert stores.clients.find("wiki") == replace(before["wiki"], secret_digest="another digest")
    assert stores.clients.find("shop") == before["shop"]
    assert len(stores.clients.list()) == 2


def test_with_a_client_go_its_codes_and_consents_and_nothing_of_another(stores: Stores) -> None:
    miguel, susan = add_user(stores, "miguel"), add_user(stores, "susan")
    add_clients(stores, "wiki", "shop")
    for user in (miguel, susan):
        for client_id in ("wiki", "shop"):
            stores.codes.add(code(f"{user.name} {client_id}", user, client_id))
            put_consent(stores, user, client_id)
    stores.sessions.add(granted := replace(session("a", miguel.id), client_id="wiki"))

    stores.clients.remove("wiki")

    assert [each.id for each in stores.clients.list()] == ["shop"]
    for user in (miguel, susan):
        assert [each.client_id for each in stores.consents.list(user.id)] == ["shop"]
        assert stores.codes.find(f"{user.name} wiki") is None
        assert stores.codes.find(f"{user.name} shop") is not None
        assert stores.users.find(user.id) == user
    # Whoever removes a client ends them.
    assert stores.sessions.find("a") == granted


def test_removing_who_is_not_there_changes_nothing(stores: Stores) -> None:
    add_clients(stores, "wiki")

    stores.clients.remove("nobody")

    assert [each.id for each in stores.clients.list()] == ["wiki"]


def test_what_is_rolled_back_was_never_there(stores: Stores) -> None:
    miguel = add_user(stores)
    add_clients(stores, "wiki")
    put_consent(stores, miguel, "wiki")
    before = list(stores.clients.list())

    with failing_unit(stores):
        stores.clients.add(BARE)
        stores.clients.replace_secret("wiki", "another digest")
        stores.clients.remove("wiki")

    assert list(stores.clients.list()) == before
    assert stores.consents.find(miguel.id, "wiki") is not None


@pytest.mark.parametrize("what", ["lock", "code", "secret", "removal"])
def test_a_client_that_somebody_has_is_waited_for(
    stores: Stores, elsewhere: ThreadPoolExecutor, what: str
) -> None:
    miguel = add_user(stores)
    add_clients(stores, "wiki")

    def lock() -> Client | None:
        with stores.unit_of_work():
            return stores.clients.lock("wiki")

    acts: dict[str, Callable[[], object]] = {
        "lock": lock,
        "code": lambda: stores.codes.add(code("a", miguel)),
        "secret": lambda: stores.clients.replace_secret("wiki", "another digest"),
        "removal": lambda: stores.clients.remove("wiki"),
    }
    with stores.unit_of_work():
        stores.clients.lock("wiki")
        # To a code it makes no difference who has its client, as long as that stays.
        if what == "code":
            stores.clients.remove("wiki")
        waiting = elsewhere.submit(acts[what])
        until_somebody_waits(stores)
        assert not waiting.done()
        stores.clients.remove("wiki")

    if what == "code":
        with pytest.raises(ClientNotFound):
            waiting.result()
    else:
        assert waiting.result() is None


@pytest.mark.parametrize("stores", ["postgresql"], indirect=True)
def test_no_user_waits_for_a_client_that_acts_for_itself_where_rows_are_locked_alone(
    stores: Stores, elsewhere: ThreadPoolExecutor
) -> None:
    miguel = add_user(stores)
    add_clients(stores, "wiki")

    with stores.unit_of_work():
        stores.clients.lock("wiki")
        elsewhere.submit(stores.codes.add, code("a", miguel)).result(timeout=PATIENCE / 2)

    assert stores.codes.find("a") is not None


def test_a_code_that_is_being_redeemed_is_waited_for_before_its_client_goes(
    stores: Stores, elsewhere: ThreadPoolExecutor
) -> None:
    miguel = add_user(stores)
    add_clients(stores, "wiki")
    stores.codes.add(code("a", miguel))

    def remove() -> Sequence[Revocation]:
        with stores.unit_of_work():
            stores.clients.remove("wiki")
            return stores.sessions.end(None, at=START, client_id="wiki")

    with stores.unit_of_work():
        assert stores.codes.use("a", session_id="came of it")
        waiting = elsewhere.submit(remove)
        until_somebody_waits(stores)
        assert not waiting.done()
        stores.sessions.add(replace(session("came of it", miguel.id), client_id="wiki"))

    assert [each.session_id for each in waiting.result()] == ["came of it"]
