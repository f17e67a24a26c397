"""Measures what floods do to token checks, and to memory.

Starts the server as it ships, asks for the protected resource with a token on several connections,
and takes the times: alone, beside 32 clients that ask for the cheapest answer without pause,
beside 32 clients that log in without pause, and beside log-ins that come four times as fast as
they can be answered, or as many of the cheapest requests. All take turns; medians of all rounds are
shown, and the memory in the end.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import sleep

from scripts.floods import (
    CHEAPEST,
    CLIENTS,
    FLOODS,
    LOG_INS,
    UNFINISHED_BODIES,
    Crowd,
    Flood,
    beside,
    capacity,
    flooded,
    registered_token,
)

PORT = 5099
OVERLOAD = 4
"""Times as many log-ins as can be answered."""

ALONE, BESIDE_CHEAPEST = "alone", f"beside {CLIENTS} of the cheapest request"
BESIDE_LOG_INS, BESIDE_PACED = f"beside {CLIENTS} log-ins", f"beside {OVERLOAD}x as many log-ins"
BESIDE_PACED_CHEAPEST = "beside as many of the cheapest request"
BETWEEN_READINGS = 0.25
"""Seconds."""

RATIOS = ((BESIDE_LOG_INS, BESIDE_CHEAPEST, 1.25), (BESIDE_PACED, ALONE, 2.0))
"""What is compared, and how many times as long it should take at most (decision 1)."""

MEMORY: dict[str, Flood | Crowd] = {
    "with 1,000 idle connections": FLOODS["idle connections"],
    "with 1,000 bodies of 64 KiB to come": UNFINISHED_BODIES,
    f"after {CLIENTS} log-ins without pause": LOG_INS,
}


@dataclass
class Measured:
    """What was measured beside one flood, a time in milliseconds for each round."""

    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    counts: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True)
class Lanes:
    """Token checks beside each flood, and for how many seconds each flood went on."""

    measured: dict[str, Measured]
    seconds: float

    def ratios(self, one: str, other: str) -> list[float]:
        """How many times as long the 99th percentile was beside one as beside the other."""
        pairs = zip(self.measured[one].p99, self.measured[other].p99, strict=True)
        return [slow / quick for slow, quick in pairs]


def measure(port: int, token: str, *, rounds: int, seconds: float) -> Lanes:
    """Token checks beside every flood, each in its turn."""
    rate = OVERLOAD * capacity(port, seconds)
    floods = {
        ALONE: None,
        BESIDE_CHEAPEST: CHEAPEST,
        BESIDE_LOG_INS: LOG_INS,
        BESIDE_PACED: replace(LOG_INS, clients=2 * CLIENTS, rate=rate),
        BESIDE_PACED_CHEAPEST: replace(CHEAPEST, clients=2 * CLIENTS, rate=rate),
    }
    lanes = Lanes({case: Measured() for case in floods}, rounds * (seconds + 0.6))
    for _ in range(rounds):
        for case, flood in floods.items():
            times, counts = beside(flood, port, token, seconds)
            measured = lanes.measured[case]
            measured.p50.append(percentile(times, 0.50))
            measured.p99.append(percentile(times, 0.99))
            measured.counts += counts
    return lanes


def percentile(times: list[float], share: float) -> float:
    """The time that this share of the times stays below."""
    return sorted(times)[int(share * (len(times) - 1))]


def memory(pid: int) -> tuple[float, float]:
    """RSS and PSS of a server with its workers, in MiB; Linux only."""
    pids = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    rollups = [Path(f"/proc/{each}/smaps_rollup").read_text() for each in pids]
    rss, pss = (
        sum(int(rollup.split(f"{name}:")[1].split()[0]) for rollup in rollups) / 1024
        for name in ("Rss", "Pss")
    )
    return rss, pss


def highest_memory(
    pid: int, port: int, flood: Flood | Crowd, seconds: float
) -> tuple[float, float]:
    """The most memory that a server has during a flood and just after."""
    readings = []
    with flooded(flood, port, seconds) as counted:
        for _ in range(int(seconds / BETWEEN_READINGS)):
            readings.append(memory(pid))
            sleep(BETWEEN_READINGS)
        counted()
        readings.append(memory(pid))
    return max(readings)


def memories(seconds: float) -> dict[str, tuple[float, float]]:
    """The memory of a server at rest, and of one that has just started in each flood."""
    found = {}
    for case, flood in MEMORY.items():
        with tempfile.TemporaryDirectory() as directory, started(directory) as pid:
            registered_token(PORT)
            found["at rest"] = memory(pid)
            found[case] = highest_memory(pid, PORT, flood, seconds)
    return found


@contextmanager
def started(directory: str) -> Iterator[int]:
    """A server with an empty database, once it answers; yields its process id."""
    environment = os.environ | {
        "VARVEL_DATA_DIR": directory,
        "VARVEL_BIND": f"127.0.0.1:{PORT}",
    }
    server = subprocess.Popen(
        [Path(sys.executable).parent / "varvel", "serve"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        if not any(b"ASGI server listening" in line for line in server.stderr or ()):
            raise SystemExit("The server did not start.")
        yield server.pid
    finally:
        server.terminate()
        server.wait()


def show(lanes: Lanes) -> None:
    """Prints the times, and what they come to."""
    print(f"{'Token checks, in milliseconds':40}{'p50':>8}{'p99':>8}   flood answered per second")
    for case, each in lanes.measured.items():
        rates = [f"{status}: {n / lanes.seconds:.1f}" for status, n in sorted(each.counts.items())]
        middle, high = statistics.median(each.p50), statistics.median(each.p99)
        print(f"{case:40}{middle:8.2f}{high:8.2f}   {', '.join(rates)}")
    for one, other, most in RATIOS:
        ratios = lanes.ratios(one, other)
        print(
            f"p99 {one} / {other}: {statistics.median(ratios):.2f} "
            f"({min(ratios):.2f} to {max(ratios):.2f}; aim {most:g})"
        )


def main() -> None:
    """Measures, and prints two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of all four (default 5)")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each (default 3)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, started(directory):
        token = registered_token(PORT)
        lanes = measure(PORT, token, rounds=chosen.rounds, seconds=chosen.seconds)
    show(lanes)
    found = memories(chosen.seconds)
    print(f"\n{'Memory of master and workers, in MiB':40}{'RSS':>8}{'PSS':>8}")
    for case, (rss, pss) in found.items():
        print(f"{case:40}{rss:8.1f}{pss:8.1f}")


if __name__ == "__main__":
    main()
