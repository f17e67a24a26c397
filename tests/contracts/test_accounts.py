"""What every repository of users promises to those who change, disable and remove accounts."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from domain.users import User
from tests.contracts.conftest import THREADS, Stores
from tests.contracts.entries import add_user, failing_unit
from tests.contracts.test_users import at_once
from tests.contracts.waiting import until_somebody_waits
from tests.fakes.clock import START

NOBODY = 7_777


@pytest.fixture
def miguel(stores: Stores) -> User:
    return add_user(stores, "miguel")


@pytest.fixture
def susan(stores: Stores) -> User:
    return add_user(stores, "susan")


def test_a_user_is_found_by_id(stores: Stores, miguel: User, susan: User) -> None:
    assert [stores.users.find(each.id) for each in (miguel, susan)] == [miguel, susan]


@pytest.mark.parametrize("user_id", [0, -1, NOBODY, 999_999_999_999_999_999])
def test_an_id_that_nobody_has_finds_and_locks_nobody(
    stores: Stores, miguel: User, user_id: int
) -> None:
    assert stores.users.find(user_id) is None
    with stores.unit_of_work():
        assert stores.users.lock(user_id) is None


def test_a_new_user_is_not_disabled(stores: Stores, miguel: User) -> None:
    assert miguel.disabled_at is None


def test_a_disabled_user_is_known_as_such_since_that_moment(
    stores: Stores, miguel: User, susan: User
) -> None:
    moment = START.astimezone(timezone(timedelta(hours=5, minutes=45)))

    stores.users.set_disabled(miguel.id, moment)

    disabled = replace(miguel, disabled_at=START)
    assert stores.users.get(miguel.id) == disabled
    assert stores.users.find_by_name("miguel") == disabled
    with stores.unit_of_work():
        locked = stores.users.lock(miguel.id)
    assert locked == disabled
    assert locked.disabled_at is not None
    assert locked.disabled_at.utcoffset() == timedelta(0)
    assert stores.users.find(susan.id) == susan


def test_an_enabled_user_is_as_before(stores: Stores, miguel: User) -> None:
    stores.users.set_disabled(miguel.id, START)

    stores.users.set_disabled(miguel.id, None)

    assert stores.users.find(miguel.id) == miguel


def test_nobody_is_disabled_enabled_or_removed_by_an_id_that_nobody_has(
    stores: Stores, miguel: User
) -> None:
    stores.users.set_disabled(NOBODY, START)
    stores.users.set_disabled(NOBODY, None)
    stores.users.remove(NOBODY)

    assert stores.users.find(miguel.id) == miguel
    assert stores.users.find(NOBODY) is None


def test_a_removed_user_is_found_in_no_way(stores: Stores, miguel: User, susan: User) -> None:
    stores.users.remove(miguel.id)

    with stores.unit_of_work():
        locked = stores.users.lock(miguel.id)
    found = stores.users.find(miguel.id), stores.users.find_by_name("miguel")
    assert (locked, *found) == (None, None, None)
    assert stores.users.find(susan.id) == susan


def test_the_name_of_a_removed_user_is_free_and_the_id_is_not(stores: Stores, miguel: User) -> None:
    stores.users.set_disabled(miguel.id, START)
    stores.users.remove(miguel.id)

    newcomer = add_user(stores, "miguel")

    assert newcomer.id > miguel.id
    assert newcomer.disabled_at is None
    assert stores.users.find(miguel.id) is None


def test_a_removal_that_is_rolled_back_was_none(stores: Stores, miguel: User, susan: User) -> None:
    with failing_unit(stores):
        stores.users.lock(miguel.id)
        stores.users.remove(miguel.id)
        stores.users.set_disabled(susan.id, START)

    assert [stores.users.find(each.id) for each in (miguel, susan)] == [miguel, susan]


def test_who_locks_a_user_waits_for_another_and_sees_what_that_one_did(
    stores: Stores, miguel: User
) -> None:
    def lock() -> User | None:
        with stores.unit_of_work():
            return stores.users.lock(miguel.id)

    with ThreadPoolExecutor(1) as elsewhere:
        with stores.unit_of_work():
            stores.users.lock(miguel.id)
            waiting = elsewhere.submit(lock)
            until_somebody_waits(stores)
            assert not waiting.done()
            stores.users.replace_password_hash(miguel.id, old="hash", new="newer")
            stores.users.set_disabled(miguel.id, START)
        found = waiting.result()

    assert found == replace(miguel, password_hash="newer", disabled_at=START)


def test_who_waited_for_a_user_that_was_removed_locks_nobody(stores: Stores, miguel: User) -> None:
    def lock() -> User | None:
        with stores.unit_of_work():
            return stores.users.lock(miguel.id)

    with ThreadPoolExecutor(1) as elsewhere:
        with stores.unit_of_work():
            stores.users.lock(miguel.id)
            waiting = elsewhere.submit(lock)
            until_somebody_waits(stores)
            stores.users.remove(miguel.id)
        assert waiting.result() is None


@pytest.mark.parametrize("change", ["hash", "disabled", "removal"])
def test_nobody_changes_a_user_whom_another_has_locked(
    stores: Stores, miguel: User, change: str
) -> None:
    changes = {
        "hash": lambda: stores.users.replace_password_hash(miguel.id, old="hash", new="newer"),
        "disabled": lambda: stores.users.set_disabled(miguel.id, START),
        "removal": lambda: stores.users.remove(miguel.id),
    }

    with ThreadPoolExecutor(1) as elsewhere:
        with stores.unit_of_work():
            stores.users.lock(miguel.id)
            waiting = elsewhere.submit(changes[change])
            until_somebody_waits(stores)
            assert not waiting.done()
            assert stores.users.find(miguel.id) == miguel
        waiting.result()

    assert stores.users.find(miguel.id) != miguel


def test_a_locked_user_can_be_looked_at(stores: Stores, miguel: User) -> None:
    with ThreadPoolExecutor(1) as elsewhere, stores.unit_of_work():
        stores.users.lock(miguel.id)

        assert elsewhere.submit(stores.users.find, miguel.id).result() == miguel
        assert elsewhere.submit(stores.users.find_by_name, "miguel").result() == miguel


def test_many_who_read_and_write_behind_a_lock_lose_no_write(stores: Stores, miguel: User) -> None:
    def count_on(number: int) -> bool:
        with stores.unit_of_work():
            user = stores.users.lock(miguel.id)
            assert user is not None
            new = user.password_hash + "+"
            return stores.users.replace_password_hash(user.id, old=user.password_hash, new=new)

    assert at_once(count_on) == [True] * THREADS

    assert stores.users.get(miguel.id).password_hash == "hash" + "+" * THREADS
