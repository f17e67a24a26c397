"""What a worker asks of the kernel, seen by strace where that is there and allowed."""

import re
import shutil
import signal
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.processes.connections import TIMEOUT

CALLS = "fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg"
ATTACHED = " attached"

_WRITTEN = re.compile(r"pwrite64\(\d+<[^>]*-wal>")
_SYNCED = re.compile(r"(fsync|fdatasync)\(\d+<[^>]*-wal>\) += 0$")
_SYNCING = re.compile(r"^(?P<thread>\d+) +(fsync|fdatasync)\(\d+<[^>]*-wal>? *<unfinished")
_RESUMED = re.compile(r"^(?P<thread>\d+) .*(fsync|fdatasync) resumed>.* = 0$")
_ANSWERED = re.compile(r"(write|writev|sendto|sendmsg)\(.*HTTP/1\.1 201 ")


@contextmanager
def traced(pid: int, log: Path) -> Iterator[bool]:
    """Whether the process is traced into the log for as long as the block lasts."""
    strace = shutil.which("strace")
    if strace is None:
        yield False
        return
    tracer = subprocess.Popen(
        [strace, "-f", "-y", "-e", f"trace={CALLS}", "-s", "40", "-o", log, "-p", str(pid)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert tracer.stderr is not None
    with tracer.stderr as said:
        # Where tracing is forbidden it ends without having attached.
        attached = any(ATTACHED in line for line in iter(said.readline, ""))
        yield attached
        tracer.send_signal(signal.SIGINT)
        said.read()
    tracer.wait(TIMEOUT)


def order(lines: Iterable[str]) -> str:
    """The commits of a trace in short: w for written, s for synced, a for answered with 201."""
    events = []
    syncing: set[str] = set()
    for line in lines:
        begun = _SYNCING.search(line)
        resumed = _RESUMED.search(line)
        if begun:
            syncing.add(begun["thread"])
        elif _SYNCED.search(line) or (resumed and resumed["thread"] in syncing):
            events.append("s")
        elif _WRITTEN.search(line):
            events.append("w")
        elif _ANSWERED.search(line):
            events.append("a")
    return re.sub("w+", "w", "".join(events))
