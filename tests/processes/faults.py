"""Databases that fail while a server is asked: what fails, and what has to be seen meanwhile."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from time import monotonic

from tests.patience import BETWEEN_TRIES, tries
from tests.postgresql import PostgresServer
from tests.processes.connections import Answer, connect, send
from tests.processes.databases import Database
from tests.processes.servers import Server

REGISTER, SHOW, LOG_IN, READY = "register", "show", "log in", "ready"
WRITES = frozenset({REGISTER, LOG_IN})
EVERYTHING = frozenset({REGISTER, SHOW, LOG_IN, READY})
NOTHING: frozenset[str] = frozenset()

USUAL = {REGISTER: 201, SHOW: 200, LOG_IN: 200, READY: 200}

PARALLEL_REGISTRATIONS = 3


@dataclass
class Stage:
    """A server, its database, and miguel, who is registered there and holds a token."""

    server: Server
    database: Database
    postgres: PostgresServer | None = None
    acknowledged: dict[int, str] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.register("miguel")
        (self.miguel,) = self.acknowledged
        self.token = self.server.token("miguel")

    def register(self, name: str) -> Answer:
        answer = self.server.register(name)
        if answer.status == 201:
            self.acknowledged[int(answer.headers["Location"].rpartition("/")[2])] = name
        return answer

    def new_name(self) -> str:
        return f"user-{next(self.numbers)}"


@dataclass(frozen=True)
class Fault:
    """A fault that lasts as long as `strike` is entered, and what is refused meanwhile."""

    name: str
    strike: Callable[[Stage], AbstractContextManager[None]]
    refuses: frozenset[str]
    undecided: bool = False
    """Whether what was refused may happen all the same, once the fault has ended."""


def endure(stage: Stage, fault: Fault) -> float:
    """Fails unless the fault is survived; returns the seconds until everything worked again.

    What needs the database is refused with 503 and has done nothing; tokens are checked on, since
    the fault does not last as long as the server goes without news of revocations.
    Whoever was told to be registered is, and nobody is twice.
    """
    names = [stage.new_name() for _ in range(PARALLEL_REGISTRATIONS)]
    with fault.strike(stage):
        answers = _ask(stage, names)
        _compare(answers, fault)
    ended = monotonic()
    is_free = REGISTER in fault.refuses and not fault.undecided
    _recover(stage, names if is_free else [stage.new_name()])
    seconds = monotonic() - ended
    stage.database.check_users(stage.acknowledged)
    return seconds


def _ask(stage: Stage, names: list[str]) -> list[tuple[str, Answer]]:
    server = stage.server
    login = ("miguel", "python")
    with ThreadPoolExecutor(PARALLEL_REGISTRATIONS + 3) as threads:
        asked: list[tuple[str, Future[Answer]]] = [
            *((REGISTER, threads.submit(stage.register, name)) for name in names),
            (SHOW, threads.submit(server.call, "GET", f"/api/users/{stage.miguel}")),
            (LOG_IN, threads.submit(server.call, "GET", "/api/token", auth=login)),
            (READY, threads.submit(server.call, "GET", "/health/ready")),
        ]
        _check_tokens_until([future for _, future in asked], stage)
    return [(question, future.result()) for question, future in asked]


def _check_tokens_until(futures: list[Future[Answer]], stage: Stage) -> None:
    with closing(connect(stage.server.port)) as connection:
        pending = set(futures)
        while True:
            taken = send(connection, "GET", "/api/resource", auth=(stage.token, "x"))
            assert taken.status == 200
            assert send(connection, "GET", "/health/live").status == 200
            assert send(connection, "GET", "/.well-known/jwks.json").status == 200
            if not pending:
                return
            pending = wait(pending, timeout=BETWEEN_TRIES).not_done


def _compare(answers: list[tuple[str, Answer]], fault: Fault) -> None:
    for question, answer in answers:
        expected = 503 if question in fault.refuses else USUAL[question]
        assert answer.status == expected, f"{fault.name}, {question}: {answer}"
        if expected == 503:
            assert int(answer.headers["Retry-After"]) >= 1
            assert answer.json["code"] in ("storage_unavailable", "not_ready", "timed_out")


def _recover(stage: Stage, names: list[str]) -> None:
    """Waits until everything works, and these names, which have to be free, are registered."""
    eventually(lambda: stage.server.call("GET", "/health/ready"), {503: False, 200: True})
    for name in names:
        eventually(partial(stage.register, name), {503: False, 201: True})
        # A log-in writes, and may come to a worker that has not found out yet.
        log_in = partial(stage.server.call, "GET", "/api/token", auth=(name, "python"))
        eventually(log_in, {503: False, 200: True})
    shown = stage.server.call("GET", f"/api/users/{stage.miguel}")
    assert shown.json == {"username": "miguel"}


def eventually(ask: Callable[[], Answer], meanings: Mapping[int, bool]) -> None:
    """Asks until the answer's status means yes. Fails on one without a meaning."""
    for _ in tries():
        answer = ask()
        assert answer.status in meanings, answer
        if meanings[answer.status]:
            return
    raise AssertionError("It does not work again.")
