"""Moving in and out: who is taken, who is there already, who is refused and why."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest

from domain.audit import AuditTrail
from domain.credentials import PasswordCheck
from domain.passwords import MAXIMUM_HASH_LENGTH
from domain.transfer import (
    BATCH,
    ExportUsers,
    Fate,
    ImportUsers,
    OnDuplicate,
    Outcome,
    Row,
    UserRecord,
)
from domain.unit_of_work import StorageUnavailable
from domain.users import User, UsernameRules
from tests.fakes.audit import FakeAuditRepository
from tests.fakes.clock import START, FakeClock
from tests.fakes.passwords import FakePasswordHasher
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import TABLE, FakeUserRepository
from tests.origins import ORIGIN
from tests.unit.log_ins import PASSWORD, add_user
from tests.unit.spellings import wide

HASH = FakePasswordHasher().hash(PASSWORD)


@pytest.fixture
def move_in(
    *,
    usernames: UsernameRules,
    hasher: FakePasswordHasher,
    users: FakeUserRepository,
    audit: AuditTrail,
    clock: FakeClock,
    storage: Storage,
) -> ImportUsers:
    return ImportUsers(usernames, hasher, users, audit, clock, storage.transaction)


@pytest.fixture
def move_out(users: FakeUserRepository, audit: AuditTrail, storage: Storage) -> ExportUsers:
    return ExportUsers(users, audit, storage.transaction)


def rows(*names: str | None, password_hash: str | None = HASH) -> list[Row]:
    return [
        Row(f"line {number}", UserRecord(name, password_hash))
        for number, name in enumerate(names, 1)
    ]


def told(outcomes: Iterable[Outcome]) -> list[str]:
    return [each.fate.value for each in outcomes]


def everybody(users: FakeUserRepository) -> list[User]:
    return list(users.page(limit=10 * BATCH))


def test_users_are_taken_with_all_that_is_known_of_them(
    move_in: ImportUsers, users: FakeUserRepository
) -> None:
    created, disabled = START - timedelta(days=9), START - timedelta(days=2)
    given = [
        Row("line 1", UserRecord("Zoë", HASH, created, disabled)),
        Row("line 2", UserRecord(wide("SUSAN"), HASH)),
    ]

    outcomes = list(move_in(rows=given, origin=ORIGIN))

    assert outcomes == [
        Outcome("line 1", "Zoë", Fate.TAKEN),
        Outcome("line 2", wide("SUSAN"), Fate.TAKEN),
    ]
    assert everybody(users) == [
        User(1, "Zoë", "zoë", HASH, created, disabled),
        User(2, wide("SUSAN"), "susan", HASH, START, None),
    ]


def test_whoever_was_taken_logs_in_by_their_old_password(
    move_in: ImportUsers, check: PasswordCheck
) -> None:
    list(move_in(rows=rows("José"), origin=ORIGIN))

    assert check.user_with(username="JOSÉ", password=PASSWORD, origin=ORIGIN).name == "José"


def test_the_longest_hash_that_can_be_stored_is_taken(
    move_in: ImportUsers, users: FakeUserRepository
) -> None:
    longest = HASH.replace("now", "n" * (MAXIMUM_HASH_LENGTH - len(HASH) + 3))
    assert len(longest) == MAXIMUM_HASH_LENGTH

    list(move_in(rows=rows("susan", password_hash=longest), origin=ORIGIN))

    assert [user.password_hash for user in everybody(users)] == [longest]


REFUSED = {
    "a role that is not known": (
        Row("line 1", UserRecord("susan", HASH, role="root")),
        "Its role is not known; leave it out, or write admin.",
    ),
    "no name": (Row("line 1", UserRecord(None, HASH)), "It has no name."),
    "an empty name": (Row("line 1", UserRecord("", HASH)), "It has no name."),
    "no name that can be": (
        Row("line 1", UserRecord("two words", HASH)),
        "A user name has letters, digits and common signs, and no spaces.",
    ),
    "too long a name": (
        Row("line 1", UserRecord("x" * 65, HASH)),
        "A user name has at most 64 characters.",
    ),
    "no hash": (
        Row("line 1", UserRecord("susan")),
        "No password can be verified by its hash, or only at too high a cost.",
    ),
    "no hash of a known form": (
        Row("line 1", UserRecord("susan", "not-a-hash")),
        "No password can be verified by its hash, or only at too high a cost.",
    ),
    "a hash longer than is stored": (
        Row("line 1", UserRecord("susan", "$fake$now$" + "1" * 200 + "$" + "0" * 64)),
        "No password can be verified by its hash, or only at too high a cost.",
    ),
    "no record": (Row("line 1", fault="It is no JSON object."), "It is no JSON object."),
    "a fault in a record": (Row("line 1", UserRecord("susan", HASH), "No."), "No."),
}


@pytest.mark.parametrize(("row", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_row_is_refused_with_the_reason_and_the_others_are_taken(
    move_in: ImportUsers, users: FakeUserRepository, row: Row, reason: str
) -> None:
    outcomes = list(move_in(rows=[row, *rows("miguel")], origin=ORIGIN))

    assert outcomes[0] == Outcome("line 1", row.user.name, Fate.REFUSED, reason)
    assert told(outcomes) == ["refused", "taken"]
    assert [user.name for user in everybody(users)] == ["miguel"]


def test_of_rows_with_one_name_the_first_that_can_be_taken_is(
    move_in: ImportUsers, users: FakeUserRepository
) -> None:
    broken = Row("line 0", UserRecord("dup", "not-a-hash"))

    outcomes = list(move_in(rows=[broken, *rows("dup", "susan", "DUP")], origin=ORIGIN))

    assert told(outcomes) == ["refused", "taken", "taken", "refused"]
    assert outcomes[3].reason == "It has the name of line 1, in this or another spelling."
    assert [user.name for user in everybody(users)] == ["dup", "susan"]


def test_rows_with_one_name_are_all_refused_where_that_is_wanted(
    move_in: ImportUsers, users: FakeUserRepository
) -> None:
    given = rows("dup", "susan", "Dup", None, "", "DUP")

    outcomes = list(move_in(rows=given, on_duplicate=OnDuplicate.REFUSE, origin=ORIGIN))

    assert told(outcomes) == ["refused", "taken", *["refused"] * 4]
    assert outcomes[0].reason == "Several rows have this name, in this or another spelling."
    assert outcomes[3].reason == outcomes[4].reason == "It has no name."
    assert [user.name for user in everybody(users)] == ["susan"]


@pytest.mark.parametrize("on_duplicate", OnDuplicate)
def test_whoever_is_there_keeps_everything_and_is_not_refused(
    move_in: ImportUsers, users: FakeUserRepository, storage: Storage, on_duplicate: OnDuplicate
) -> None:
    miguel = add_user(users, "Miguel", "a password that he chose since")

    outcomes = list(move_in(rows=rows("MIGUEL", "susan"), on_duplicate=on_duplicate, origin=ORIGIN))
    before = dict(storage.tables())
    again = list(move_in(rows=rows("MIGUEL", "susan"), on_duplicate=on_duplicate, origin=ORIGIN))

    assert told(outcomes) == ["already there", "taken"]
    assert told(again) == ["already there", "already there"]
    assert users.find_by_name("miguel") == miguel
    assert storage.tables() == before


def test_a_trial_says_the_same_and_changes_nothing(move_in: ImportUsers, storage: Storage) -> None:
    given = rows("miguel", "MIGUEL", None, "susan")
    list(move_in(rows=rows("susan"), origin=ORIGIN))
    before = dict(storage.tables())

    tried = list(move_in(rows=given, is_trial=True, origin=ORIGIN))

    assert storage.tables() == before
    assert told(tried) == ["taken", "refused", "refused", "already there"]
    assert list(move_in(rows=given, origin=ORIGIN)) == tried


class Failing(FakeUserRepository):
    """Storage that fails at the third batch."""

    calls = 0

    def add_all(self, new: Any) -> Any:
        self.calls += 1
        if self.calls == 3:
            raise StorageUnavailable
        return super().add_all(new)


def test_a_run_that_broke_off_has_kept_whole_batches_and_goes_on_there(
    move_in: ImportUsers, storage: Storage, entries: FakeAuditRepository
) -> None:
    given = rows(*(f"user-{number}" for number in range(3 * BATCH + 1)))
    broken = ImportUsers(
        move_in.usernames,
        move_in.hasher,
        Failing(storage),
        move_in.audit,
        move_in.clock,
        storage.transaction,
    )
    seen: list[Outcome] = []

    with pytest.raises(StorageUnavailable):
        seen.extend(broken(rows=given, origin=ORIGIN))

    assert len(storage.rows(TABLE)) == 2 * BATCH
    again = told(move_in(rows=given, origin=ORIGIN))
    assert again == ["already there"] * 2 * BATCH + ["taken"] * (BATCH + 1)
    details = [each.detail for each in reversed(entries.unsealed(limit=10))]
    assert f"users={BATCH} first=user:1 last=user:{BATCH}" in details
    assert len(details) == 4


def test_what_is_told_is_stored_already(move_in: ImportUsers, storage: Storage) -> None:
    given = rows(*(f"user-{number}" for number in range(2 * BATCH)))

    first = list(islice(move_in(rows=given, origin=ORIGIN), 1))

    assert told(first) == ["taken"]
    assert len(storage.rows(TABLE)) == BATCH


def test_everybody_goes_out_and_comes_in_again_as_they_were(
    move_in: ImportUsers, move_out: ExportUsers, users: FakeUserRepository, storage: Storage
) -> None:
    names = [f"User-{number}" for number in range(BATCH + 1)]
    given = [
        Row("", UserRecord(name, HASH, START, START + timedelta(1), "admin")) for name in names
    ]
    list(move_in(rows=given, origin=ORIGIN))

    records = list(move_out(origin=ORIGIN))

    assert records == [row.user for row in given]
    for user in everybody(users):
        users.remove(user.id)
    list(move_in(rows=[Row("", each) for each in records], origin=ORIGIN))
    assert list(move_out(origin=ORIGIN)) == records


def test_of_nobody_nothing_is_exported(move_out: ExportUsers) -> None:
    assert list(move_out(origin=ORIGIN)) == []
