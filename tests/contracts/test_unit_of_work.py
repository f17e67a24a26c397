"""What every unit of work promises, whatever it stores in."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.signing_keys import SigningKey
from domain.users import User, UsernameTaken
from tests.contracts.conftest import Stores
from tests.fakes.clock import START


class Interrupted(Exception):
    """Whatever may go wrong inside a unit of work."""


@pytest.fixture
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    """Another thread, as a second request would have."""
    with ThreadPoolExecutor(1) as executor:
        yield executor


def add_user(stores: Stores, name: str = "miguel") -> User:
    return stores.users.add(name=name, canonical_name=name, password_hash="hash", created_at=START)


def add_key(stores: Stores, generation: int = 1) -> None:
    stores.signing_keys.add(SigningKey(f"kid-{generation}", generation, "A", START, None, "sealed"))


def test_what_was_written_is_kept_on_leaving(stores: Stores) -> None:
    with stores.unit_of_work():
        user = add_user(stores)
        add_key(stores)

    assert stores.users.get(user.id) == user
    assert [key.kid for key in stores.signing_keys.list()] == ["kid-1"]


@pytest.mark.asvs("V2.3.3")
@pytest.mark.parametrize("error", [Interrupted, KeyboardInterrupt])
def test_nothing_is_left_of_a_unit_that_an_exception_leaves(
    stores: Stores, error: type[BaseException]
) -> None:
    def unit() -> None:
        with stores.unit_of_work():
            add_user(stores)
            add_key(stores)
            raise error

    with pytest.raises(error):
        unit()

    assert stores.users.find_by_name("miguel") is None
    assert stores.signing_keys.list() == []


def test_a_changed_row_is_as_it_was_before_a_unit_that_failed(stores: Stores) -> None:
    user = add_user(stores)

    def unit() -> None:
        with stores.unit_of_work():
            stores.users.replace_password_hash(user.id, old="hash", new="other")
            raise Interrupted

    with pytest.raises(Interrupted):
        unit()

    assert stores.users.get(user.id) == user


def test_the_exception_that_leaves_is_the_one_that_was_raised(stores: Stores) -> None:
    error = Interrupted()

    with pytest.raises(Interrupted) as caught, stores.unit_of_work():
        raise error

    assert caught.value is error


def test_a_refusal_takes_the_writes_before_it_along(stores: Stores) -> None:
    add_user(stores, "susan")

    def unit() -> None:
        with stores.unit_of_work():
            add_user(stores, "miguel")
            add_user(stores, "susan")

    with pytest.raises(UsernameTaken):
        unit()

    assert stores.users.find_by_name("miguel") is None


def test_a_name_that_was_rolled_back_is_free_again(stores: Stores) -> None:
    def unit() -> None:
        with stores.unit_of_work():
            add_user(stores)
            raise Interrupted

    with pytest.raises(Interrupted):
        unit()

    assert add_user(stores).name == "miguel"


def test_reads_inside_see_what_was_written_inside(stores: Stores) -> None:
    with stores.unit_of_work():
        user = add_user(stores)
        add_key(stores)
        stores.users.replace_password_hash(user.id, old="hash", new="other")

        assert stores.users.get(user.id).password_hash == "other"
        assert stores.users.find_by_name("miguel") == stores.users.get(user.id)
        assert [key.kid for key in stores.signing_keys.list()] == ["kid-1"]


def test_others_see_nothing_before_it_is_kept(
    stores: Stores, elsewhere: ThreadPoolExecutor
) -> None:
    with stores.unit_of_work():
        user = add_user(stores)
        during = elsewhere.submit(stores.users.find_by_name, "miguel").result()
    after = elsewhere.submit(stores.users.find_by_name, "miguel").result()

    assert during is None
    assert after == user


def test_a_unit_cannot_be_opened_inside_another(stores: Stores) -> None:
    def unit() -> None:
        with stores.unit_of_work():
            add_user(stores)
            with stores.unit_of_work():
                pass

    with pytest.raises(RuntimeError):
        unit()

    assert stores.users.find_by_name("miguel") is None


def test_the_outer_unit_goes_on_after_a_refused_inner_one(stores: Stores) -> None:
    with stores.unit_of_work():
        with pytest.raises(RuntimeError), stores.unit_of_work():
            pass
        user = add_user(stores)

    assert stores.users.get(user.id) == user


def test_one_unit_follows_another_whether_or_not_the_first_failed(stores: Stores) -> None:
    with pytest.raises(Interrupted), stores.unit_of_work():
        raise Interrupted
    with stores.unit_of_work():
        first = add_user(stores, "miguel")
    with stores.unit_of_work():
        second = add_user(stores, "susan")

    assert [stores.users.get(user.id) for user in (first, second)] == [first, second]
