"""Backups of storage in memory: its tables, in a file."""

import os
import pickle
from pathlib import Path

from domain.backups import BackupExists, BackupFailed, NotABackup
from tests.fakes import revocations, sessions, signing_keys, users
from tests.fakes.unit_of_work import Storage

MAGIC = b"FAKE"
FAR = 1_000_000
"""More changes of keys than any test makes."""


class FakeBackups:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def write(self, file: Path, *, replace: bool) -> None:
        if file.exists() and not replace:
            raise BackupExists
        try:
            draft = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise BackupFailed(str(error.strerror)) from error
        with os.fdopen(draft, "wb") as opened:
            opened.write(MAGIC + pickle.dumps(self._storage.tables()))

    def restore(self, file: Path) -> None:
        content = file.read_bytes()
        if not content.startswith(MAGIC):
            raise NotABackup
        try:
            tables = pickle.loads(content.removeprefix(MAGIC))
        except (EOFError, pickle.UnpicklingError) as error:
            raise NotABackup from error
        for name in (sessions.TABLE, revocations.TABLE, signing_keys.TABLE):
            tables.pop(name, None)
        counters = tables.setdefault(revocations.COUNTERS, {})
        known = self._storage.rows(revocations.COUNTERS).get("keys_version", 0)
        counters["keys_version"] = max(known, counters.get("keys_version", 0)) + FAR
        with self._storage.transaction():
            present = self._storage.tables()
            present.clear()
            present.update(tables)

    def count_users(self) -> int:
        return len(self._storage.rows(users.TABLE))
