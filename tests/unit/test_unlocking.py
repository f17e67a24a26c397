"""How operators open a password that was wrong too often, and what else forgets failures."""

from dataclasses import replace

import pytest

from domain.accounts import DeleteUser, DisableUser, EnableUser, UnlockPassword
from domain.audit import AuditEntry
from domain.credentials import InvalidCredentials, PasswordCheck
from domain.origins import Origin
from domain.throttling import ThrottlePolicy, TooManyFailures
from domain.users import User
from tests.fakes.audit import TABLE as ENTRIES
from tests.fakes.audit import FakeAuditRepository
from tests.fakes.throttling import TABLE, FakeThrottleRepository
from tests.fakes.unit_of_work import Storage
from tests.origins import ORIGIN
from tests.unit.log_ins import PASSWORD
from tests.unit.spellings import wide

OPERATOR = Origin(actor="operator")
NETWORK = f"network:{ORIGIN.network}"


@pytest.fixture
def few(check: PasswordCheck) -> PasswordCheck:
    """With two failures in all."""
    return replace(check, throttling=replace(check.throttling, policy=ThrottlePolicy(maximum=2)))


@pytest.fixture
def locked(few: PasswordCheck, miguel: User, susan: User) -> PasswordCheck:
    """With miguel's and susan's passwords locked."""
    for name in ("miguel", "susan"):
        for _ in range(2):
            with pytest.raises(InvalidCredentials):
                few.user_with(username=name, password="wrong", origin=ORIGIN)
        with pytest.raises(TooManyFailures):
            few.user_with(username=name, password=PASSWORD, origin=ORIGIN)
    return few


@pytest.mark.parametrize("spelling", ["Miguel", "miguel", "MIGUEL", wide("miguel")])
def test_a_password_is_unlocked_by_any_spelling_of_the_name_and_no_other_is(
    unlock: UnlockPassword, locked: PasswordCheck, miguel: User, spelling: str
) -> None:
    assert unlock(who=spelling, origin=OPERATOR) == 0

    assert locked.user_with(username="miguel", password=PASSWORD, origin=ORIGIN) == miguel
    with pytest.raises(TooManyFailures):
        locked.user_with(username="susan", password="susan's", origin=ORIGIN)


def test_unlocking_gives_all_failures_back_but_none_to_the_network(
    unlock: UnlockPassword, locked: PasswordCheck, storage: Storage
) -> None:
    network = storage.rows(TABLE)[NETWORK]

    unlock(who="miguel", origin=OPERATOR)

    for _ in range(2):
        with pytest.raises(InvalidCredentials):
            locked.user_with(username="miguel", password="wrong", origin=ORIGIN)
    with pytest.raises(TooManyFailures):
        locked.user_with(username="miguel", password=PASSWORD, origin=ORIGIN)
    assert storage.rows(TABLE)[NETWORK] == replace(network, failures=6, recent=6)


def test_unlocking_whose_password_was_not_wrong_changes_nothing_and_says_so(
    unlock: UnlockPassword, storage: Storage, miguel: User
) -> None:
    assert unlock(who="miguel", origin=OPERATOR) is None

    assert not storage.rows(TABLE)


def test_unlocking_is_written_down_as_the_operators(
    unlock: UnlockPassword, locked: PasswordCheck, entries: FakeAuditRepository, miguel: User
) -> None:
    before = len(entries._entries())
    unlock(who="miguel", origin=OPERATOR)
    unlock(who="miguel", origin=OPERATOR)

    (entry,) = entries._entries()[before:]
    said = entry.event, entry.outcome, entry.subject, entry.actor
    assert said == ("password_unlocked", "success", f"user:{miguel.id}", "operator")


def test_a_password_stays_locked_if_its_unlocking_could_not_be_written_down(
    unlock: UnlockPassword, locked: PasswordCheck, storage: Storage
) -> None:
    class Full(FakeAuditRepository):
        def add(self, entry: AuditEntry) -> None:
            raise OSError

    broken = replace(unlock, audit=replace(unlock.audit, entries=Full(storage)))
    before = storage.tables()

    with pytest.raises(OSError):  # noqa: PT011 - it says nothing
        broken(who="miguel", origin=OPERATOR)

    assert storage.tables() == before


def test_a_locked_user_is_held_while_the_failures_are_forgotten(
    unlock: UnlockPassword, locked: PasswordCheck, storage: Storage, miguel: User
) -> None:
    class Watching(FakeThrottleRepository):
        def remove(self, subject: str) -> bool:
            assert storage.is_open
            return super().remove(subject)

    assert replace(unlock, throttles=Watching(storage))(who="miguel", origin=OPERATOR) == 0


def test_disabling_and_enabling_unlock_nothing(
    disable: DisableUser, enable: EnableUser, locked: PasswordCheck, miguel: User
) -> None:
    disable(who="miguel", origin=OPERATOR)
    enable(who="miguel", origin=OPERATOR)

    with pytest.raises(TooManyFailures):
        locked.user_with(username="miguel", password=PASSWORD, origin=ORIGIN)


def test_with_a_user_their_failures_are_deleted_and_nobody_elses(
    delete: DeleteUser, locked: PasswordCheck, storage: Storage, miguel: User, susan: User
) -> None:
    assert storage.rows(ENTRIES)

    delete(who="miguel", origin=OPERATOR)

    assert storage.rows(TABLE).keys() == {f"user:{susan.id}", NETWORK}
