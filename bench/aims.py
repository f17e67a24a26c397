"""What is aimed at, and what was seen: ratios of figures of one run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

Found = dict[str, Any]
FLASK = ("flask-sync", "flask-threads")


@dataclass(frozen=True)
class Aim:
    """A ratio, or a time, and its bound. `seen` gives one for each round."""

    text: str
    bound: float
    is_least: bool
    seen: Callable[[Found], Sequence[float]]
    needs: tuple[str, ...]
    unit: str = ""
    by_time: Callable[[Found], Sequence[float]] | None = None
    """The same ratio of processor time, which tells less of whatever else the machine did."""

    def was_run(self, found: Found) -> bool:
        """Whether the run has all that it compares."""
        for name in self.needs:
            if name not in found:
                return False
            found = found[name]
        return True

    def is_met(self, found: Found) -> bool:
        """Whether the median keeps the bound."""
        middle = median(self.seen(found))
        return middle >= self.bound if self.is_least else middle <= self.bound


def column(samples: Sequence[dict[str, float]], name: str) -> list[float]:
    """One figure of every sample."""
    return [each[name] for each in samples]


def better(found: Found, scenario: str, subjects: Sequence[str]) -> str:
    """Whichever of these was quicker."""
    return max(subjects, key=lambda name: median(column(found[scenario][name], "rate")))


def _pairs(ones: Sequence[float], others: Sequence[float]) -> list[float]:
    return [one / other for one, other in zip(ones, others, strict=True)]


def _rates(kind: str, scenario: str, one: str, *others: str) -> Callable[[Found], list[float]]:
    def seen(found: Found) -> list[float]:
        samples = found[kind][scenario]
        other = better(found[kind], scenario, others)
        return _pairs(column(samples[one], "rate"), column(samples[other], "rate"))

    return seen


def _times(kind: str, scenario: str, one: str, *others: str) -> Callable[[Found], list[float]]:
    def seen(found: Found) -> list[float]:
        samples = found[kind][scenario]
        other = better(found[kind], scenario, others)
        return _pairs(column(samples[other], "cost"), column(samples[one], "cost"))

    return seen


def _as_hot(kind: str) -> Callable[[Found], list[float]]:
    def seen(found: Found) -> list[float]:
        # Each against Falcon beside it, since the two were not measured at the same time.
        return _pairs(
            _rates(kind, "distinct", "varvel", "falcon")(found),
            _rates(kind, "hot", "varvel", "falcon")(found),
        )

    return seen


def _beside_hash(kind: str, scenario: str) -> Callable[[Found], list[float]]:
    def seen(found: Found) -> list[float]:
        samples = found[kind][scenario]
        hashes, costs = (column(samples[name], "cost") for name in ("argon2", "varvel"))
        return [1 - share for share in _pairs(hashes, costs)]

    return seen


def _flask_waits(found: Found) -> list[float]:
    floods = found["floods"]
    best = min(FLASK, key=lambda name: median(floods[name]["beside log-ins"]["p99"]))
    return _pairs(floods[best]["beside log-ins"]["p99"], floods["varvel"]["beside log-ins"]["p99"])


def _beside(one: str, other: str) -> Callable[[Found], list[float]]:
    def seen(found: Found) -> list[float]:
        cases = found["floods"]["varvel"]
        return _pairs(cases[one]["p99"], cases[other]["p99"])

    return seen


def _flood_memory(found: Found) -> list[float]:
    floods, case = found["floods"], "beside log-ins"
    return _pairs(floods["varvel"][case]["memory"], floods["flask-threads"][case]["memory"])


def _growth(kind: str, scenario: str) -> Callable[[Found], list[float]]:
    def seen(found: Found) -> list[float]:
        counts = found["growth"][kind][scenario]
        least, most = min(counts, key=int), max(counts, key=int)
        return _pairs(column(counts[most], "cost"), column(counts[least], "cost"))

    return seen


def _start(found: Found) -> list[float]:
    seconds: list[float] = found["starts"]["varvel-logged"]["seconds"]
    return seconds


def _worker_memory(found: Found) -> list[float]:
    starts = found["starts"]
    best = min(FLASK, key=lambda name: median(starts[name]["memory"]))
    return _pairs(starts["varvel-logged"]["memory"], starts[best]["memory"])


MANY, FEW = "with the most users, times its cost with the fewest", "after 1,000 requests"


def _of(kind: str) -> tuple[Aim, ...]:
    """What is aimed at on each database."""

    def rate(text: str, bound: float, scenario: str, one: str, *others: str) -> Aim:
        subjects = (kind, scenario, one, *others)
        seen, by_time = _rates(*subjects), _times(*subjects)
        return Aim(f"{text}, {kind}", bound, True, seen, (kind, scenario), by_time=by_time)

    def least(text: str, bound: float, seen: Callable[[Found], list[float]], scenario: str) -> Aim:
        return Aim(f"{text}, {kind}", bound, True, seen, (kind, scenario))

    def most(text: str, bound: float, seen: Callable[[Found], list[float]], scenario: str) -> Aim:
        return Aim(f"{text}, {kind}", bound, False, seen, (kind, scenario))

    return (
        rate("Token check: times Flask's rate", 8, "hot", "varvel", *FLASK),
        rate("Token check: times fastapi-users' rate", 8, "hot", "varvel", "fastapi-users"),
        rate("Token check: times Django REST framework's rate", 12, "hot", "varvel", "drf"),
        rate("Token check: share of bare Falcon's rate", 0.75, "hot", "varvel", "falcon"),
        least("Many tokens: share of the rate with one", 0.95, _as_hot(kind), "distinct"),
        rate("Every token new: share of bare Falcon's rate", 0.35, "new", "varvel", "falcon"),
        most("Log-in: time beside the hash, of all", 0.08, _beside_hash(kind, "log-in"), "log-in"),
        most(
            "Registration: time beside the hash, of all",
            0.08,
            _beside_hash(kind, "registration"),
            "registration",
        ),
        rate("Log-ins: share of argon2's rate alone", 0.9, "log-in", "varvel", "argon2"),
        *(
            Aim(f"{title} {MANY}, {kind}", bound, False, _growth(kind, name), ("growth", kind))
            for name, title, bound in (
                ("hot", "Token check", 1.05),
                ("user", "User by id", 1.15),
                ("log-in", "Log-in", 1.15),
            )
        ),
    )


FLOODS, STARTS = ("floods",), ("starts",)
AIMS = (
    *_of("SQLite"),
    *_of("PostgreSQL"),
    Aim(
        "Log-in flood: Flask's p99 of token checks, times Varvel's", 100, True, _flask_waits, FLOODS
    ),
    Aim(
        "Log-in flood: p99, times that beside the cheapest request",
        1.25,
        False,
        _beside("beside log-ins", "beside the cheapest request"),
        FLOODS,
    ),
    Aim(
        "4x the log-ins that can be answered: p99, times that alone",
        2,
        False,
        _beside("beside 4x the log-ins", "alone"),
        FLOODS,
    ),
    Aim("Log-in flood: memory of all, of Flask's with threads", 0.5, False, _flood_memory, FLOODS),
    Aim("Warm start to the first answer", 1.5, False, _start, STARTS, " s"),
    Aim(f"Memory of a worker {FEW}, of Flask's", 0.6, False, _worker_memory, STARTS),
)
