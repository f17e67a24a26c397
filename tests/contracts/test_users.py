"""What every repository of users promises."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier

import pytest

from domain.unit_of_work import UnitOfWork
from domain.users import User, UsernameTaken, UserNotFound
from tests.contracts.conftest import THREADS, Stores
from tests.fakes.clock import START
from tests.patience import PATIENCE

MOMENTS = [
    START,
    datetime(2026, 3, 1, 12, 0, 0, 1, tzinfo=UTC),
    datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, tzinfo=timezone(timedelta(hours=-11, minutes=-30))),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
]


def add(stores: Stores, name: str = "Miguel", *, created_at: datetime = START) -> User:
    return stores.users.add(
        name=name, canonical_name=name.lower(), password_hash="hash", created_at=created_at
    )


def test_a_stored_user_is_found_by_id_and_by_canonical_name(stores: Stores) -> None:
    user = add(stores)

    assert user == User(user.id, "Miguel", "miguel", "hash", START)
    assert stores.users.get(user.id) == user
    assert stores.users.find_by_name("miguel") == user


def test_the_name_as_entered_finds_nobody(stores: Stores) -> None:
    add(stores)

    assert stores.users.find_by_name("Miguel") is None


def test_names_of_any_script_and_length_come_back_whole(stores: Stores) -> None:
    names = ["José", "josé'; drop table users; --", "名" * 64, "\U00010400" * 64, "%", "_"]

    added = [add(stores, name) for name in names]

    assert [stores.users.find_by_name(name.lower()) for name in names] == added


@pytest.mark.parametrize("moment", MOMENTS)
def test_moments_come_back_equal_aware_and_in_utc(stores: Stores, moment: datetime) -> None:
    user = add(stores, created_at=moment)

    created_at = stores.users.get(user.id).created_at
    assert created_at == moment
    assert created_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("user_id", [0, -1, 2, 999_999_999_999_999_999])
def test_an_id_that_nobody_has_is_refused(stores: Stores, user_id: int) -> None:
    add(stores)

    with pytest.raises(UserNotFound):
        stores.users.get(user_id)


def test_a_canonical_name_is_taken_once(stores: Stores) -> None:
    first = add(stores, "Miguel")

    with pytest.raises(UsernameTaken):
        add(stores, "MIGUEL")

    assert stores.users.find_by_name("miguel") == first


def test_names_that_differ_by_normal_form_alone_are_two(stores: Stores) -> None:
    composed, decomposed = add(stores, "jos\u00e9"), add(stores, "jose\u0301")

    assert stores.users.find_by_name("jos\u00e9") == composed
    assert stores.users.find_by_name("jose\u0301") == decomposed


def test_ids_are_whole_numbers_from_1_that_grow(stores: Stores) -> None:
    ids = [add(stores, name).id for name in ("miguel", "susan", "zoe")]

    assert ids == sorted(set(ids))
    assert ids[0] >= 1


def test_no_id_comes_back_after_the_newest_user_is_gone(stores: Stores) -> None:
    add(stores, "miguel")
    gone = add(stores, "susan")
    stores.users.remove(gone.id)

    newcomer = add(stores, "zoe")

    assert newcomer.id > gone.id
    with pytest.raises(UserNotFound):
        stores.users.get(gone.id)


def test_no_id_comes_back_after_everybody_is_gone(stores: Stores) -> None:
    gone = add(stores)
    stores.users.remove(gone.id)

    assert add(stores).id > gone.id


def test_a_hash_is_replaced_while_it_is_still_the_old_one(stores: Stores) -> None:
    user, other = add(stores, "miguel"), add(stores, "susan")

    replaced = stores.users.replace_password_hash(user.id, old="hash", new="newer")

    assert replaced
    assert stores.users.get(user.id).password_hash == "newer"
    assert stores.users.get(other.id) == other


def test_a_hash_that_has_changed_meanwhile_is_left_alone(stores: Stores) -> None:
    user = add(stores)

    replaced = stores.users.replace_password_hash(user.id, old="another hash", new="newer")

    assert not replaced
    assert stores.users.get(user.id) == user


def test_nothing_is_replaced_for_an_id_that_nobody_has(stores: Stores) -> None:
    assert not stores.users.replace_password_hash(7, old="hash", new="newer")


def at_once(call: Callable[[int], object]) -> list[object]:
    """What the call gave to each of several threads that started together, errors included."""
    barrier = Barrier(THREADS, timeout=PATIENCE)

    def attempt(number: int) -> object:
        barrier.wait()
        try:
            return call(number)
        except UsernameTaken as error:
            return type(error)

    with ThreadPoolExecutor(THREADS) as executor:
        return list(executor.map(attempt, range(THREADS)))


@pytest.mark.parametrize("inside", [True, False], ids=["in a unit of work", "alone"])
def test_of_many_who_want_a_name_at_once_one_gets_it(stores: Stores, inside: bool) -> None:
    unit_of_work: UnitOfWork = stores.unit_of_work if inside else nullcontext

    def register(number: int) -> User:
        with unit_of_work():
            return stores.users.add(
                name=f"Miguel {number}",
                canonical_name="miguel",
                password_hash="hash",
                created_at=START,
            )

    outcomes = at_once(register)

    winners = [outcome for outcome in outcomes if isinstance(outcome, User)]
    assert winners == [stores.users.find_by_name("miguel")]
    assert outcomes.count(UsernameTaken) == THREADS - 1


def test_users_added_at_once_get_ids_of_their_own(stores: Stores) -> None:
    outcomes = at_once(lambda number: add(stores, f"user-{number}").id)

    assert len(set(outcomes)) == THREADS


def test_of_many_who_replace_a_hash_at_once_one_succeeds(stores: Stores) -> None:
    user = add(stores)

    outcomes = at_once(
        lambda number: stores.users.replace_password_hash(user.id, old="hash", new=f"{number}")
    )

    assert outcomes.count(True) == 1
    assert stores.users.get(user.id).password_hash == str(outcomes.index(True))


def test_a_role_is_kept_until_it_is_taken_and_is_nobody_elses(stores: Stores) -> None:
    miguel, susan = add(stores), add(stores, "Susan")
    assert miguel.role is None

    stores.users.set_role(miguel.id, "admin")

    assert stores.users.get(miguel.id) == replace(miguel, role="admin")
    assert stores.users.find_by_name("susan") == susan
    stores.users.set_role(miguel.id, None)
    assert stores.users.get(miguel.id) == miguel
    stores.users.set_role(77, "admin")
    assert stores.users.find(77) is None
