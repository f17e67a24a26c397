"""Backups: the whole storage in a file, and back again with nobody logged in."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from domain.audit import AuditTrail, Event
from domain.errors import DomainError, ErrorKind
from domain.origins import Origin
from domain.unit_of_work import UnitOfWork


class BackupExists(DomainError):
    """There is a file of this name already."""

    code = "backup_exists"
    kind = ErrorKind.CONFLICT
    detail = "This file exists already and was left as it is: name another one, or give --force."


class BackupFailed(DomainError):
    """A backup could not be written or read; the storage is as it was.

    `reason` is what the operating system or the database's program says.
    """

    code = "backup_failed"
    kind = ErrorKind.UNAVAILABLE
    detail = "It failed, and the database is as it was; mend the cause and try again."

    def __init__(self, reason: str = "unknown") -> None:
        super().__init__()
        self.reason = reason


class BackupProgramMissing(DomainError):
    """The programs with which a server's database is copied are not installed."""

    code = "backup_program_missing"
    kind = ErrorKind.UNAVAILABLE
    detail = (
        "PostgreSQL is copied by pg_dump, pg_restore and psql, which are not all in PATH: install "
        "PostgreSQL's client programs, of the server's version or a newer one."
    )


class BackupProgramTooOld(DomainError):
    """These programs are older than the server, or than what wrote the file."""

    code = "backup_program_too_old"
    kind = ErrorKind.UNAVAILABLE
    detail = (
        "The pg_dump or pg_restore in PATH is older than the database's server or than what wrote "
        "this backup: install PostgreSQL's client programs of that version or a newer one."
    )


class NotABackup(DomainError):
    """The file is none that this program wrote from a storage of this kind, or is damaged."""

    code = "not_a_backup"
    kind = ErrorKind.INVALID
    detail = (
        "This file is no whole backup of Varvel for this kind of database; nothing was changed. "
        "Take one that varvel backup has written from the same kind."
    )


class SchemaIsNewer(DomainError):
    """The backup or the storage has a schema that this program does not know."""

    code = "schema_is_newer"
    kind = ErrorKind.CONFLICT
    detail = "Its schema is newer than this program; use the release of Varvel that made it."


class StorageHoldsUsers(DomainError):
    """A restore would replace people who are there."""

    code = "storage_holds_users"
    kind = ErrorKind.CONFLICT
    detail = (
        "This database holds users, and was left as it is: restore gives them up for those of the "
        "backup. Set VARVEL_DATABASE_URL to another one, or give --force."
    )


class Backups(Protocol):
    """Copies the storage into files, and back. Both happen wholly or not at all."""

    def write(self, file: Path, *, replace: bool) -> None:
        """Writes what is committed at one moment into the file, which its owner alone may read.

        Others go on writing meanwhile. Raises BackupExists unless it may `replace` the file,
        SchemaIsNewer, BackupFailed, BackupProgramMissing and BackupProgramTooOld.
        """

    def restore(self, file: Path) -> None:
        """Replaces all of the storage by the backup, in the newest schema.

        But for sessions, revocations and signing keys, which are gone then: every process loads
        its keys anew, and no token from before is taken. Raises NotABackup, SchemaIsNewer,
        BackupFailed, BackupProgramMissing and BackupProgramTooOld.
        """

    def count_users(self) -> int:
        """How many users the storage holds; none if it has no schema yet."""


@dataclass(frozen=True, slots=True)
class RestoreBackup:
    """Puts a backup in the place of the storage, and ends all sessions by that."""

    backups: Backups
    audit: AuditTrail
    unit_of_work: UnitOfWork

    def __call__(self, *, file: Path, replace: bool, origin: Origin) -> int:
        """Restores; says how many users there are now.

        Raises StorageHoldsUsers unless it may `replace` them, and what Backups.restore raises.
        """
        if not replace and self.backups.count_users():
            raise StorageHoldsUsers
        self.backups.restore(file)
        number = self.backups.count_users()
        with self.unit_of_work():
            self.audit.record(Event.BACKUP_RESTORED, origin=origin, detail=f"users={number}")
        return number
