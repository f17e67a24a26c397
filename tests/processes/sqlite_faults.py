"""What can happen to a SQLite database."""

import resource
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from tests.processes.faults import EVERYTHING, WRITES, Fault, Stage

_WITHOUT_PRIVILEGES = """
import ctypes, os, sys
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
libc = ctypes.CDLL(None, use_errno=True)
for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
    if os.geteuid() == 0 and libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0):
        sys.exit("Cannot give up a capability: " + os.strerror(ctypes.get_errno()))
os.execv(sys.argv[1], sys.argv[1:])
"""


def without_privileges(command: Sequence[str]) -> tuple[str, ...]:
    """The command, held to the modes of files even when it is run by root."""
    return (sys.executable, "-c", _WITHOUT_PRIVILEGES, *command)


@contextmanager
def locked(stage: Stage) -> Iterator[None]:
    other = sqlite3.connect(stage.database.file, isolation_level=None)
    with closing(other):
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def full(stage: Stage) -> Iterator[None]:
    """No file of the server's can grow beyond its first page."""
    workers = stage.server.worker_pids()
    limits = [resource.prlimit(worker, resource.RLIMIT_FSIZE) for worker in workers]
    for worker, (_, hard) in zip(workers, limits, strict=True):
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (4096, hard))
    yield
    for worker, limit in zip(workers, limits, strict=True):
        resource.prlimit(worker, resource.RLIMIT_FSIZE, limit)


@contextmanager
def read_only(stage: Stage) -> Iterator[None]:
    """What was open for writing stays so; hence a new worker, which finds the files as they are."""
    file = stage.database.file
    with ExitStack() as changed:
        changed.enter_context(_modes(file.parent, 0o500))
        for path in (file, _beside(file, "-wal"), _beside(file, "-shm")):
            changed.enter_context(_modes(path, 0o400))
        stage.server.kill_worker()
        yield


@contextmanager
def moved(stage: Stage) -> Iterator[None]:
    """The files are somewhere else, and come back."""
    file = stage.database.file
    away = file.parent / "away"
    away.mkdir()
    for path in file.parent.glob(file.name + "*"):
        path.rename(away / path.name)
    yield
    for path in away.iterdir():
        path.replace(file.parent / path.name)
    away.rmdir()


def _beside(file: Path, suffix: str) -> Path:
    return file.with_name(file.name + suffix)


@contextmanager
def _modes(path: Path, mode: int) -> Iterator[None]:
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        yield
    finally:
        path.chmod(before)


SQLITE_FAULTS = [
    Fault("locked", locked, WRITES),
    Fault("full", full, WRITES),
    Fault("read-only", read_only, WRITES),
    Fault("moved", moved, EVERYTHING),
]
