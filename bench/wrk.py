"""The load generator: wrk, with requests from a file."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import machine
from bench.subjects import Running

SCRIPT = Path(__file__).parent / "play.lua"


@dataclass(frozen=True)
class Load:
    """What is sent. `pinned` gives wrk a core of its own, and the server the others."""

    requests: Sequence[bytes]
    connections: int = 16
    pinned: bool = True
    rotates: bool = False


@dataclass(frozen=True)
class Sample:
    """What one turn came to: times in seconds, `p50` and `p99` in milliseconds."""

    requests: int
    seconds: float
    cpu: float
    refused: int
    lost: int
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds

    @property
    def cost(self) -> float:
        """Microseconds of processor time for each request, in all processes of the server."""
        return self.cpu / self.requests * 1e6 if self.requests else 0.0


def require() -> str:
    """Wrk's version. Exits if it is not there."""
    wrk = shutil.which("wrk")
    if wrk is None or shutil.which("taskset") is None:
        sys.exit("wrk and taskset are needed: apt-get install wrk util-linux")
    done = subprocess.run([wrk, "-v"], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).split(" [")[0].strip()


def turn(
    server: Running, load: Load, seconds: int, file: Path, others: Sequence[int] = ()
) -> Sample:
    """One turn of a server. `others` are processes whose time counts as the server's."""
    pids = [*server.pids(), *others]
    cores = machine.cores()
    apart = load.pinned and len(cores) > 1
    machine.pin(pids, cores[:-1] if apart else cores)
    before = machine.cpu_seconds(pids)
    command = [
        *("taskset", "-c", ",".join(map(str, cores[-1:] if apart else cores))),
        *("wrk", "-t1", f"-c{load.connections}", f"-d{seconds}s", "--timeout", "30s"),
        *("-s", SCRIPT, f"http://127.0.0.1:{server.port}/", "--", file),
        *(("rotate",) if load.rotates else ()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    cpu = machine.cpu_seconds(pids) - before
    if done.returncode:
        sys.exit(f"wrk failed: {done.stderr or done.stdout}")
    told = json.loads(done.stdout.rstrip().rpartition("\n")[2])
    return Sample(cpu=cpu, **told)


def write(load: Load, file: Path) -> None:
    """Writes the file that wrk plays."""
    file.write_bytes(b"\0".join(load.requests) + b"\0")
