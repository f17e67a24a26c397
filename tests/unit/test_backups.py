"""Restoring a backup: what it replaces, and what is told of it."""

from pathlib import Path

import pytest

from domain.audit import AuditTrail
from domain.backups import BackupFailed, NotABackup, RestoreBackup, StorageHoldsUsers
from domain.origins import Origin
from tests.fakes.audit import FakeAuditRepository, FakeSeals
from tests.fakes.backups import FakeBackups
from tests.fakes.clock import FakeClock
from tests.fakes.identifiers import FakeIdentifiers
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import FakeUserRepository
from tests.unit.log_ins import PASSWORD, add_user

OPERATOR = Origin(actor="operator")


class Place:
    """A storage, with these users, and what restores into it."""

    def __init__(self, *names: str) -> None:
        self.storage = Storage()
        self.users = FakeUserRepository(self.storage)
        for name in names:
            add_user(self.users, name, PASSWORD)
        self.entries = FakeAuditRepository(self.storage)
        self.backups = FakeBackups(self.storage)
        audit = AuditTrail(self.entries, FakeSeals(), FakeClock(), FakeIdentifiers())
        self.restore = RestoreBackup(self.backups, audit, self.storage.transaction)

    def told(self) -> list[tuple[str, str, str | None]]:
        return [(each.event, each.actor, each.detail) for each in self.entries.unsealed(limit=9)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A backup with miguel and susan in it."""
    Place("miguel", "susan").backups.write(tmp_path / "backup", replace=False)
    return tmp_path / "backup"


def test_a_backup_goes_into_storage_without_users_and_is_told(file: Path) -> None:
    place = Place()

    assert place.restore(file=file, replace=False, origin=OPERATOR) == 2

    assert place.users.find_by_name("susan")
    assert place.told() == [("backup_restored", "operator", "users=2")]


def test_users_who_are_there_are_not_replaced_by_themselves(file: Path) -> None:
    place = Place("zoe")

    with pytest.raises(StorageHoldsUsers):
        place.restore(file=file, replace=False, origin=OPERATOR)

    assert place.users.find_by_name("zoe")
    assert place.told() == []


def test_users_who_are_there_are_replaced_where_that_is_wanted(file: Path) -> None:
    place = Place("zoe")

    assert place.restore(file=file, replace=True, origin=OPERATOR) == 2

    assert place.users.find_by_name("zoe") is None


def test_what_is_no_backup_changes_nothing_and_tells_nothing(tmp_path: Path) -> None:
    place = Place("zoe")
    (tmp_path / "backup").write_text("none")

    with pytest.raises(NotABackup):
        place.restore(file=tmp_path / "backup", replace=True, origin=OPERATOR)

    assert place.users.find_by_name("zoe")
    assert place.told() == []


def test_a_failure_says_why() -> None:
    assert BackupFailed("no space left").reason == "no space left"
