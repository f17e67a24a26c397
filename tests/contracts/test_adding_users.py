"""Many users at once: stored together, but for those whose name somebody has."""

from datetime import timedelta, timezone

import pytest

from domain.users import NewUser, User
from tests.contracts.conftest import Stores
from tests.fakes.clock import START

MANY = 500


def new(name: str, password_hash: str = "hash") -> NewUser:
    return NewUser(name, name.lower(), password_hash, START, None)


def test_all_are_stored_whole_and_their_ids_grow_in_the_order_given(stores: Stores) -> None:
    given = [new(f"User {number * 7919 % MANY}") for number in range(MANY)]

    ids = stores.users.add_all(given)

    assert [stores.users.get(ids[each.canonical_name]) for each in given] == [
        User(ids[each.canonical_name], each.name, each.canonical_name, "hash", START)
        for each in given
    ]
    assert [user.name for user in stores.users.page(limit=MANY)] == [each.name for each in given]


def test_whoever_has_a_name_keeps_everything_and_is_left_out(stores: Stores) -> None:
    there = stores.users.add(
        name="Miguel", canonical_name="miguel", password_hash="own", created_at=START
    )

    with stores.unit_of_work():
        ids = stores.users.add_all([new("susan"), new("MIGUEL"), new("Zoë")])

    assert list(ids) == ["susan", "zoë"]
    assert stores.users.find_by_name("miguel") == there
    assert stores.users.add_all([new("SUSAN"), new("miguel")]) == {}
    assert len(stores.users.page(limit=10)) == 3


def test_moments_are_kept_in_utc(stores: Stores) -> None:
    there = timezone(timedelta(hours=5))
    created, disabled = START.astimezone(there), (START + timedelta(days=1)).astimezone(there)

    ids = stores.users.add_all([NewUser("José", "josé", "hash", created, disabled)])

    user = stores.users.get(ids["josé"])
    assert (user.created_at, user.disabled_at) == (created, disabled)
    assert user.created_at.utcoffset() == timedelta(0)


def test_nobody_is_stored_when_the_unit_of_work_is_given_up(stores: Stores) -> None:
    def give_up() -> None:
        with stores.unit_of_work():
            stores.users.add_all([new("miguel"), new("susan")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        give_up()

    assert stores.users.page(limit=10) == []


def test_of_nobody_nobody_is_stored(stores: Stores) -> None:
    assert stores.users.add_all([]) == {}
