"""Token checks beside floods, as `make lanes` measures them, for Varvel and for its forerunner."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from threading import Event, Thread
from typing import Any

from bench import machine
from bench.scenarios import Context
from scripts.floods import CHEAPEST, CLIENTS, LOG_INS, Flood, beside, capacity
from scripts.lanes import BETWEEN_READINGS, OVERLOAD, percentile

SUBJECTS = ("varvel", "flask-sync", "flask-threads")
ALONE, CHEAP, HASHES = "alone", "beside the cheapest request", "beside log-ins"
PACED = f"beside {OVERLOAD}x the log-ins"


@dataclass
class Times:
    """A time in milliseconds for each round, and the most memory (PSS of all, in MiB)."""

    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    flood: dict[str, int] = field(default_factory=dict)


def measure(
    contexts: Sequence[Context], rounds: int, seconds: float
) -> dict[str, dict[str, dict[str, Any]]]:
    """For each subject and each flood the times; all take turns."""
    floods = {}
    for context in contexts:
        machine.pin(context.server.pids(), machine.cores())
        rate = OVERLOAD * capacity(context.server.port, seconds)
        floods[context.server.subject.name] = {
            ALONE: None,
            CHEAP: CHEAPEST,
            HASHES: LOG_INS,
            PACED: replace(LOG_INS, clients=2 * CLIENTS, rate=rate),
        }
    found = {name: {case: Times() for case in cases} for name, cases in floods.items()}
    for _ in range(rounds):
        for context in contexts:
            name = context.server.subject.name
            for case, flood in floods[name].items():
                _turn(context, flood, seconds, found[name][case])
    for context in contexts:
        context.check()
    return {
        name: {case: asdict(times) for case, times in cases.items()}
        for name, cases in found.items()
    }


def _turn(context: Context, flood: Flood | None, seconds: float, times: Times) -> None:
    ended, readings = Event(), [_memory(context)]

    def read() -> None:
        while not ended.wait(BETWEEN_READINGS):
            readings.append(_memory(context))

    reader = Thread(target=read)
    reader.start()
    try:
        taken, counts = beside(flood, context.server.port, context.token, seconds)
    finally:
        ended.set()
        reader.join()
    times.p50.append(percentile(taken, 0.50))
    times.p99.append(percentile(taken, 0.99))
    times.memory.append(max(readings))
    for status, count in counts.items():
        times.flood[str(status)] = times.flood.get(str(status), 0) + count


def _memory(context: Context) -> float:
    return sum(map(machine.pss, context.server.pids()))
