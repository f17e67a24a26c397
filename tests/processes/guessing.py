"""Guessing at one account through several workers: every place, every spelling, 20 at a time.

Each answer that says a password was wrong has cost a hash; one that says to wait has cost none.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from time import monotonic

from sqlalchemy import NullPool, create_engine, text

from tests.patience import PATIENCE, tries
from tests.processes.commands import run
from tests.processes.connections import Answer, Stream, basic
from tests.processes.databases import Database
from tests.processes.races import spellings
from tests.processes.servers import VARVEL, Server
from tests.processes.workers import one_stream_each

WORKERS = 4
AT_ONCE = 20
SPELLINGS = 10
FREE, MAXIMUM = 5, 12
SETTINGS = {
    "HASH_THREADS": "1",
    # Nobody is turned away for another reason than having guessed too often.
    "HASH_QUEUE": "100",
    "THROTTLE_FREE": str(FREE),
    "THROTTLE_FIRST_DELAY": "1",
    "THROTTLE_MAXIMUM": str(MAXIMUM),
    "THROTTLE_NETWORK_FAILURES": "1000000",
}
UNDER_WAY = WORKERS - 1
"""Tries of all other workers, which may have begun before the first had failed."""

PASSWORD, WRONG = "python", "ruby"
JSON = "Content-Type: application/json"

Request = tuple[bytes, bytes]
"""Head and body."""


def allowed(seconds: float, longest: int) -> int:
    """How many hashes may be spent on one account in this time, at the very most.

    Those that are free, those under way, and one for each delay that has expired.
    """
    hashes, delay, expiry = FREE + UNDER_WAY, 1, 1
    while expiry <= seconds:
        hashes += 1
        delay = min(2 * delay, longest)
        expiry += delay
    return min(hashes, MAXIMUM)


@dataclass
class Tally:
    """What came of guesses, and how many seconds went by from the first to the last."""

    statuses: "Counter[int]" = field(default_factory=Counter)
    hashes: int = 0
    seconds: float = 0

    def note(self, status: int, body: bytes) -> None:
        self.statuses[status] += 1
        code = json.loads(body)["code"]
        assert (status, code) in {
            *((401, "invalid_credentials"), (400, "wrong_password"), (429, "too_many_failures")),
            # Nobody knows then whether a hash was spent; the database does.
            *((503, "storage_unavailable"), (503, "timed_out")),
        }, (status, code)
        self.hashes += status in (400, 401)

    @property
    def unknown(self) -> int:
        return self.statuses[503]


@dataclass(frozen=True)
class Siege:
    """A server under guesses, and its database."""

    server: Server
    database: Database
    directory: Path
    longest: int
    """Seconds of the longest delay."""

    numbers: "count[int]" = field(default_factory=count)

    def victim(self) -> "Victim":
        """Somebody who is registered and logged in."""
        number = next(self.numbers)
        names = spellings(number, SPELLINGS)
        answer = self.server.register(names[0], PASSWORD)
        assert answer.status == 201, answer
        user_id = answer.headers["Location"].rpartition("/")[2]
        return Victim(self, names, f"user:{user_id}", self.server.token(names[0], PASSWORD))

    def nobody(self) -> "Victim":
        """A name that nobody has."""
        return Victim(self, spellings(next(self.numbers), SPELLINGS), None, None)

    def ask(self, statement: str, **parameters: object) -> list[tuple[object, ...]]:
        engine = create_engine(self.database.url, poolclass=NullPool)
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), parameters)]

    def subjects(self) -> set[str]:
        """All that has failures, but for networks."""
        rows = self.ask("SELECT subject FROM throttles WHERE subject NOT LIKE 'network:%'")
        return {str(subject) for (subject,) in rows}


@dataclass(frozen=True)
class Victim:
    """One name in many spellings; `subject` is None while it is not known, `token` a live one."""

    siege: Siege
    names: Sequence[str]
    subject: str | None
    token: str | None

    def guesses(self) -> list[Request]:
        """Every place with every spelling."""
        every = [request for name in self.names for request in _by_name(name)]
        if self.token is not None:
            every += _by_token(self.token) * len(self.names)
        return every

    def failures(self, subject: str) -> int:
        """As the database has counted them."""
        rows = self.siege.ask("SELECT failures FROM throttles WHERE subject = :s", s=subject)
        return int(str(rows[0][0])) if rows else 0

    def written_down(self, subject: str, event: str) -> int:
        """How many entries the audit trail has of it."""
        statement = "SELECT count(*) FROM audit_entries WHERE subject = :s AND event = :e"
        return int(str(self.siege.ask(statement, s=subject, e=event)[0][0]))

    def log_in(self, password: str = PASSWORD) -> Answer:
        body = {"username": self.names[-1], "password": password}
        return self.siege.server.call("POST", "/api/sessions", json=body)

    def is_live(self) -> bool:
        """Whether the token from before is taken yet."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.siege.server.call("GET", "/api/resource", headers=headers).status == 200

    def unlock(self) -> str:
        """What the operators' command line says."""
        variables = SETTINGS | self.siege.database.variables
        command = (VARVEL, "users", "unlock", self.names[1])
        completed = run(self.siege.directory, command, **variables)
        assert completed.returncode == 0, completed
        return completed.stdout


def _by_name(name: str) -> list[Request]:
    authorization = f"Authorization: {basic(name, WRONG)}"
    body = json.dumps({"username": name, "password": WRONG}).encode()
    return [
        (f"GET /api/token HTTP/1.1\r\n{authorization}".encode(), b""),
        (f"GET /api/resource HTTP/1.1\r\n{authorization}".encode(), b""),
        (f"POST /api/sessions HTTP/1.1\r\n{JSON}".encode(), body),
    ]


def _by_token(token: str) -> list[Request]:
    headers = f"{JSON}\r\nAuthorization: Bearer {token}"
    change = {"current_password": WRONG, "new_password": "monty"}
    return [
        (f"PUT /api/users/me/password HTTP/1.1\r\n{headers}".encode(), json.dumps(change).encode()),
        (
            f"POST /api/users/me/removal HTTP/1.1\r\n{headers}".encode(),
            json.dumps({"password": WRONG}).encode(),
        ),
    ]


@contextmanager
def siege(directory: Path, database: Database, *, longest: int = 1) -> Iterator[Siege]:
    variables = SETTINGS | database.variables | {"THROTTLE_LONGEST_DELAY": str(longest)}
    with Server(directory, workers=WORKERS, settings=variables) as server:
        yield Siege(server, database, directory, longest)


def guess(victim: Victim, until: Callable[[Tally], bool]) -> Tally:
    """Guesses on 20 connections without a pause, until it is enough, and once more on each."""
    requests = victim.guesses()

    async def flood() -> Tally:
        async with AsyncExitStack() as stack:
            # On the first of them every worker is asked.
            streams = await stack.enter_async_context(one_stream_each(victim.siege.server))
            for _ in range(AT_ONCE - len(streams)):
                streams.append(await Stream.open(victim.siege.server.port))
                stack.push_async_callback(streams[-1].close)
            tally, begun = Tally(), monotonic()
            async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
                for number, stream in enumerate(streams):
                    group.create_task(_guess_on(stream, requests, number, tally, until))
            tally.seconds = monotonic() - begun
            return tally

    return asyncio.run(flood())


async def _guess_on(
    stream: Stream,
    requests: Sequence[Request],
    first: int,
    tally: Tally,
    until: Callable[[Tally], bool],
) -> None:
    is_enough = False
    for number in count(first):
        is_last = is_enough
        status, _, body = await stream.request(*requests[number % len(requests)])
        tally.note(status, body)
        is_enough = until(tally)
        if is_last:
            return


def has_met_a_delay(tally: Tally) -> bool:
    """Whether one at least has expired."""
    return tally.hashes > FREE + UNDER_WAY


def is_capped(tally: Tally) -> bool:
    return tally.hashes + tally.unknown >= MAXIMUM


def check(victim: Victim, tally: Tally) -> None:
    """Fails if more hashes were spent than allowed, or are not counted and written down each."""
    assert tally.statuses[429] > AT_ONCE, tally
    subject = victim.subject
    assert subject is not None
    failures = victim.failures(subject)
    assert failures <= allowed(tally.seconds, victim.siege.longest), (failures, tally)
    for counted in (failures, victim.written_down(subject, "password_refused")):
        assert tally.hashes <= counted <= tally.hashes + tally.unknown, (counted, tally)
    assert victim.written_down(subject, "password_locked") == (failures >= MAXIMUM)


def besiege_for_a_while(siege: Siege) -> Tally:
    """The owner gets in after a delay, and all failures are forgotten."""
    victim = siege.victim()
    tally = guess(victim, has_met_a_delay)
    check(victim, tally)
    assert victim.is_live()
    for _ in tries():
        answer = victim.log_in()
        if answer.status != 429:
            break
        assert 1 <= int(answer.headers["Retry-After"]) <= siege.longest
    assert answer.status == 201, answer
    assert victim.failures(str(victim.subject)) == 0
    return tally


def besiege_to_the_cap(siege: Siege) -> Tally:
    """At the cap nothing opens the account but the operators; the owner's token goes on."""
    victim = siege.victim()
    tally = guess(victim, is_capped)
    check(victim, tally)
    after = guess(victim, lambda tally: tally.statuses.total() >= AT_ONCE)
    assert after.statuses.keys() == {429}, after
    locked = victim.log_in()
    assert (locked.status, locked.headers["Retry-After"]) == (429, str(siege.longest))
    assert victim.failures(str(victim.subject)) == MAXIMUM
    assert victim.is_live()
    assert victim.unlock() == "Unlocked.\n"
    assert victim.log_in().status == 201
    assert victim.log_in(WRONG).status == 401
    return tally


def besiege_nobody(siege: Siege) -> Tally:
    """A name that nobody has is counted in the same way."""
    before = siege.subjects()
    victim = siege.nobody()
    tally = guess(victim, is_capped)
    (subject,) = siege.subjects() - before
    assert subject.startswith("name:")
    check(replace(victim, subject=subject), tally)
    assert victim.log_in().status == 429
    return tally


Besiege = Callable[[Siege], Tally]
WAYS: tuple[Besiege, ...] = (besiege_for_a_while, besiege_to_the_cap, besiege_nobody)
