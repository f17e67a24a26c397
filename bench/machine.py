"""What the kernel tells of processes: their children, time, memory and cores. Linux only."""

import os
import platform
import subprocess
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from scripts.lock import ROOT

TICK = 1 / os.sysconf("SC_CLK_TCK")
"""Seconds."""


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += family(int(child))
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """Processor time that these processes have taken, in user and in kernel mode."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total * TICK


def pss(pid: int) -> float:
    """Proportional set size of a process, in MiB."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(rollup.split("Pss:")[1].split()[0]) / 1024


def own(pid: int) -> float:
    """What a process shares with no file and no other process, in MiB."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(rollup.split("Private_Dirty:")[1].split()[0]) / 1024


def pin(pids: Iterable[int], cores: Iterable[int]) -> None:
    """Keeps all threads of these processes on these cores."""
    wanted = set(cores)
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), wanted)


def cores() -> list[int]:
    """The cores that this process may use."""
    return sorted(os.sched_getaffinity(0))


def described() -> dict[str, str]:
    """The machine, the interpreter, the server, and the commit that is measured."""
    line = Path("/proc/cpuinfo").read_text().partition("model name")[2].split("\n")[0]
    processor = line.strip(" :\t") or platform.machine()
    git = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=False)
    return {
        "commit": done.stdout.strip() or "unknown",
        "processor": f"{len(cores())} cores of {processor}",
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": f"{os.getloadavg()[0]:.1f} before the run",
        **{name: version(name) for name in ("gunicorn", "uvloop", "gunicorn-h1c", "falcon")},
    }
