"""What every repository of consents promises."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from domain.consents import Consent
from domain.users import User
from tests.contracts.conftest import Stores
from tests.contracts.entries import add_clients, add_user, code, failing_unit, put_consent
from tests.fakes.clock import START


@pytest.fixture
def miguel(stores: Stores) -> User:
    return add_user(stores, "miguel")


@pytest.fixture
def susan(stores: Stores) -> User:
    return add_user(stores, "susan")


@pytest.fixture(autouse=True)
def clients(stores: Stores) -> None:
    add_clients(stores, "wiki", "shop", "blog")


def listed(stores: Stores, user: User) -> list[str]:
    return [each.client_id for each in stores.consents.list(user.id)]


def test_a_consent_comes_back_with_every_field_and_its_clients_name(
    stores: Stores, miguel: User
) -> None:
    put_consent(stores, miguel, "wiki", scope="read \U00010400 '; --")

    stored = Consent(miguel.id, "wiki", "The wiki", "read \U00010400 '; --", START)
    assert stores.consents.find(miguel.id, "wiki") == stored
    assert list(stores.consents.list(miguel.id)) == [stored]


def test_a_consent_is_one_users_to_one_client(stores: Stores, miguel: User, susan: User) -> None:
    put_consent(stores, miguel, "wiki")

    for user_id, client_id in ((susan.id, "wiki"), (miguel.id, "shop"), (miguel.id, "WIKI")):
        assert stores.consents.find(user_id, client_id) is None
    assert (listed(stores, susan), list(stores.consents.list(7_777))) == ([], [])


def test_a_later_consent_takes_the_place_of_the_earlier_one(
    stores: Stores, miguel: User, susan: User
) -> None:
    for user in (miguel, susan):
        put_consent(stores, user, "wiki")
    later = START + timedelta(days=1)

    put_consent(stores, miguel, "wiki", scope="write", given_at=later)

    assert list(stores.consents.list(miguel.id)) == [
        Consent(miguel.id, "wiki", "The wiki", "write", later)
    ]
    assert list(stores.consents.list(susan.id)) == [
        Consent(susan.id, "wiki", "The wiki", "read", START)
    ]


def test_consents_are_listed_the_youngest_first_and_those_of_one_moment_in_one_order(
    stores: Stores, miguel: User
) -> None:
    put_consent(stores, miguel, "wiki", given_at=START - timedelta(microseconds=1))
    put_consent(stores, miguel, "shop")
    put_consent(stores, miguel, "blog")

    assert listed(stores, miguel) == ["blog", "shop", "wiki"]


def test_its_moment_comes_back_aware_and_in_utc(stores: Stores, miguel: User) -> None:
    moment = datetime(2026, 3, 29, 1, 30, 0, 1, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    put_consent(stores, miguel, "wiki", given_at=moment)

    found = stores.consents.find(miguel.id, "wiki")

    assert found is not None
    assert found.given_at == moment
    assert found.given_at.tzinfo is UTC


def test_with_a_consent_go_the_clients_codes_from_this_user_and_no_others(
    stores: Stores, miguel: User, susan: User
) -> None:
    for user in (miguel, susan):
        for client_id in ("wiki", "shop"):
            put_consent(stores, user, client_id)
            stores.codes.add(code(f"{user.name} {client_id}", user, client_id))

    assert stores.consents.remove(miguel.id, "wiki")

    assert (listed(stores, miguel), listed(stores, susan)) == (["shop"], ["shop", "wiki"])
    codes = ["miguel wiki", "miguel shop", "susan wiki", "susan shop"]
    assert [stores.codes.find(each) is not None for each in codes] == [False, True, True, True]


def test_what_is_not_there_is_not_removed(stores: Stores, miguel: User, susan: User) -> None:
    put_consent(stores, miguel, "wiki")

    removed = [
        stores.consents.remove(user_id, client_id)
        for user_id, client_id in ((susan.id, "wiki"), (miguel.id, "shop"), (7_777, "wiki"))
    ]

    assert removed == [False] * 3
    assert stores.consents.remove(miguel.id, "wiki")
    assert not stores.consents.remove(miguel.id, "wiki")


def test_consents_are_gone_with_their_user(stores: Stores, miguel: User, susan: User) -> None:
    for user in (miguel, susan):
        put_consent(stores, user, "wiki")

    stores.users.remove(miguel.id)

    assert (listed(stores, miguel), listed(stores, susan)) == ([], ["wiki"])


def test_what_is_rolled_back_is_as_it_was(stores: Stores, miguel: User) -> None:
    put_consent(stores, miguel, "wiki")
    stores.codes.add(code("a", miguel))
    before = stores.consents.list(miguel.id)

    with failing_unit(stores):
        stores.consents.put(miguel.id, "wiki", scope="write", given_at=START)
        stores.consents.put(miguel.id, "shop", scope="write", given_at=START)
        assert stores.consents.remove(miguel.id, "wiki")

    assert stores.consents.list(miguel.id) == before
    assert stores.codes.find("a") is not None
