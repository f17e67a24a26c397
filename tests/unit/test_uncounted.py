"""Wrong passwords that could not be counted: nothing is tried before they are."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from domain.credentials import Failure, InvalidCredentials, PasswordCheck
from domain.unit_of_work import StorageUnavailable
from domain.users import User
from tests.fakes.audit import FakeAuditRepository
from tests.fakes.passwords import FakePasswordHasher
from tests.fakes.throttling import FakeThrottleRepository
from tests.origins import ORIGIN
from tests.unit.log_ins import PASSWORD


@contextmanager
def read_only() -> Iterator[None]:
    """A unit of work where nothing can be written."""
    raise StorageUnavailable
    yield


@pytest.fixture
def guessed(check: PasswordCheck, miguel: User) -> PasswordCheck:
    """The same check, after a wrong password while nothing could be written."""
    with pytest.raises(StorageUnavailable):
        log_in(replace(check, unit_of_work=read_only), "wrong")
    return check


def log_in(check: PasswordCheck, password: str, username: str = "miguel") -> User:
    return check.user_with(username=username, password=password, origin=ORIGIN)


def test_no_hash_is_spent_while_a_failure_cannot_be_counted(
    guessed: PasswordCheck, hasher: FakePasswordHasher, susan: User
) -> None:
    spent = hasher.verifications
    still = replace(guessed, unit_of_work=read_only)

    for name, password in (("miguel", PASSWORD), ("miguel", "wrong"), ("susan", "susan's")):
        with pytest.raises(StorageUnavailable):
            log_in(still, password, name)

    assert hasher.verifications == spent
    assert len(still.uncounted) == 1


def test_what_could_not_be_counted_is_as_soon_as_it_can(
    guessed: PasswordCheck,
    throttles: FakeThrottleRepository,
    entries: FakeAuditRepository,
    susan: User,
) -> None:
    assert log_in(guessed, "susan's", "susan") == susan

    assert throttles.find(["user:1"])["user:1"].failures == 1
    assert [entry.event for entry in entries._entries()] == ["password_refused"]
    assert not guessed.uncounted


def test_a_failure_that_another_thread_is_counting_keeps_nobody(
    check: PasswordCheck, miguel: User
) -> None:
    class Taken(deque[Failure]):
        def __len__(self) -> int:
            return 1

    with pytest.raises(InvalidCredentials):
        log_in(replace(check, uncounted=Taken()), "wrong")
    assert log_in(replace(check, uncounted=Taken()), PASSWORD) == miguel
