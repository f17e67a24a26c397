"""What every way to back storage up promises."""

import os
from pathlib import Path

import pytest

from adapters.sql.backups import SqlBackups
from domain.backups import BackupExists, BackupFailed, Backups, NotABackup
from tests.contracts.conftest import Stores
from tests.contracts.entries import add_sessions, add_user, end_all
from tests.contracts.test_signing_keys import KEY
from tests.fakes.backups import FakeBackups
from tests.fakes.clock import START
from tests.fakes.users import FakeUserRepository
from tests.postgresql import PostgresServer


@pytest.fixture
def backups(
    stores: Stores, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Backups:
    if stores.database is None:
        assert isinstance(stores.users, FakeUserRepository)
        return FakeBackups(stores.users._storage)
    if not stores.database.is_embedded:
        server: PostgresServer = request.getfixturevalue("postgres")
        monkeypatch.setenv("PATH", f"{server.binaries}{os.pathsep}{os.environ['PATH']}")
    return SqlBackups(stores.database)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    # A name that a shell, or an option, would be made of.
    return tmp_path / "-a 'backup' %s"


def test_users_come_back_as_they_were_and_nobody_else(
    stores: Stores, backups: Backups, file: Path
) -> None:
    miguel = add_user(stores)
    backups.write(file, replace=False)
    stores.users.replace_password_hash(miguel.id, old="hash", new="another")
    add_user(stores, "susan")

    backups.restore(file)

    assert stores.users.find_by_name("miguel") == miguel
    assert stores.users.find_by_name("susan") is None
    assert backups.count_users() == 1
    assert add_user(stores, "zoe").id > miguel.id


def test_sessions_revocations_and_keys_do_not_come_back_and_processes_load_the_keys_anew(
    stores: Stores, backups: Backups, file: Path
) -> None:
    miguel = add_user(stores)
    add_sessions(stores, miguel, "ended")
    end_all(stores, miguel)
    add_sessions(stores, miguel, "live")
    stores.signing_keys.add(KEY)
    backups.write(file, replace=False)
    before = stores.feed.read(after=0, alive_at=START)

    backups.restore(file)

    page = stores.feed.read(after=0, alive_at=START)
    assert page.keys_version > before.keys_version + 1000
    assert page.revocations == []
    assert stores.sessions.find("live") is None
    assert stores.sessions.find("ended") is None
    assert stores.signing_keys.list() == []


def test_a_backup_is_its_owners_alone_and_nothing_lies_beside_it(
    backups: Backups, file: Path
) -> None:
    backups.write(file, replace=False)

    assert file.stat().st_mode & 0o777 == 0o600
    assert not [each for each in file.parent.iterdir() if each.name.startswith(f".{file.name}")]


def test_a_file_that_is_there_is_replaced_only_where_that_is_wanted(
    stores: Stores, backups: Backups, file: Path
) -> None:
    file.write_text("somebody's")

    with pytest.raises(BackupExists):
        backups.write(file, replace=False)

    assert file.read_text() == "somebody's"
    add_user(stores)
    backups.write(file, replace=True)
    backups.restore(file)
    assert backups.count_users() == 1


def test_a_place_that_cannot_be_written_is_told(backups: Backups, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(BackupFailed):
        backups.write(tmp_path / "file" / "below", replace=False)


@pytest.mark.parametrize("kept", [0, 4, 0.5], ids=["empty", "its beginning", "half of it"])
def test_a_file_that_is_no_whole_backup_changes_nothing(
    stores: Stores, backups: Backups, file: Path, kept: float
) -> None:
    backups.write(file, replace=False)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * kept) if kept < 1 else int(kept)])
    add_user(stores)

    with pytest.raises(NotABackup):
        backups.restore(file)

    assert backups.count_users() == 1
