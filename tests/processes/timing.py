"""Pairs of requests, one after the other, and how sure their difference in time is."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import NullPool, create_engine, text

from adapters.passwords import Argon2PasswordHasher
from tests.processes.connections import Answer, Wire, basic
from tests.processes.databases import Database

PASSWORD = "python"
RESAMPLES = 2_000
CONFIDENCE = 0.99
DISTURBED = 1.2
"""How many times as long as it computes a log-in may take; more is somebody else's doing."""

Request = Callable[[str, str], bytes]
Interval = tuple[float, float]


def log_in(username: str, password: str) -> bytes:
    body = f'{{"username": "{username}", "password": "{password}"}}'.encode()
    return (
        b"POST /api/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )


def by_basic(username: str, password: str) -> bytes:
    head = (
        f"GET /api/token HTTP/1.1\r\nHost: localhost\r\nAuthorization: {basic(username, password)}"
    )
    return head.encode() + b"\r\n\r\n"


@dataclass
class Spent:
    """What one request took: seconds by the clock, and seconds of the server's processor."""

    waited: float
    computed: float


@dataclass
class Pairs:
    """What the wrong password took, and what the other case did, pair by pair."""

    wrong: list[Spent] = field(default_factory=list)
    other: list[Spent] = field(default_factory=list)
    answers: set[tuple[int, tuple[tuple[str, str], ...], bytes]] = field(default_factory=set)

    @property
    def log_in(self) -> float:
        """The seconds that the refusal of a wrong password takes."""
        return median(spent.waited for spent in self.wrong)

    @property
    def is_undisturbed(self) -> bool:
        """Whether the server had a processor whenever it wanted one."""
        computed = median(spent.computed for spent in self.wrong)
        return self.log_in <= DISTURBED * computed

    def interval(self, of: Callable[[Spent], float]) -> Interval:
        """Where the median difference lies, in % of a log-in, with 99 % confidence."""
        differences = [of(b) - of(a) for a, b in zip(self.wrong, self.other, strict=True)]
        whole = median(map(of, self.wrong)) / 100
        low, high = bootstrap(differences)
        return low / whole, high / whole


def bootstrap(values: Sequence[float]) -> Interval:
    """The interval of the median, by drawing as many of them again and again."""
    chosen = random.Random(5)
    medians = sorted(median(chosen.choices(values, k=len(values))) for _ in range(RESAMPLES))
    outside = int(RESAMPLES * (1 - CONFIDENCE) / 2)
    return medians[outside], medians[-1 - outside]


def ask(wire: Wire, worker: int, request: bytes) -> tuple[Spent, Answer]:
    before = processor_seconds(worker)
    began = perf_counter()
    answer = wire.ask(request)
    waited = perf_counter() - began
    return Spent(waited, processor_seconds(worker) - before), answer


def processor_seconds(process: int) -> float:
    """What all threads of this process have computed so far."""
    schedules = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(path.read_text().split()[0]) for path in schedules) / 1e9


def add_users(database: Database, names: Sequence[str], *, disabled: bool) -> None:
    """Users that were not registered over HTTP, all of one password; its hash is as they ship."""
    password_hash = Argon2PasswordHasher(memory=19_456, time=2).hash(PASSWORD)
    at = "2026-03-01 12:00:00.000000" + ("" if database.url.startswith("sqlite") else "+00")
    rows = [
        {"name": name, "hash": password_hash, "at": at, "disabled": at if disabled else None}
        for name in names
    ]
    engine = create_engine(database.url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO users (name, canonical_name, password_hash, created_at, disabled_at) "
                "VALUES (:name, :name, :hash, :at, :disabled)"
            ),
            rows,
        )
