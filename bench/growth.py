"""What token checks, log-ins and users by id cost as the number of users grows."""

import random
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import contract, machine, users
from bench.scenarios import FEW, MANY, by_id, resource
from bench.subjects import SUBJECTS, Database, Running, running
from bench.wrk import Load, Sample, turn, write
from scripts.floods import PASSWORD
from tests.postgresql import PostgresServer, running_server

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"


@dataclass(frozen=True)
class Grown:
    """A server on a database with so many users. `database` is the database's own process."""

    server: Running
    count: int
    database: int | None

    def loads(self) -> dict[str, Load]:
        """What is measured."""
        chosen = random.Random(self.count)  # noqa: S311 - the same ones in every run
        names = [f"u{chosen.randint(1, self.count)}" for _ in range(500)]
        token = contract.token(self.server.port, "u1")
        return {
            "hot": Load([resource(token, "x")], MANY),
            "user": Load(by_id(self.count, chosen), FEW),
            "log-in": Load([resource(name, PASSWORD) for name in names], FEW, pinned=False),
        }


def measure(
    kind: str, counts: tuple[int, ...], rounds: int, seconds: int
) -> dict[str, dict[int, list[Sample]]]:
    """For each scenario and number of users the samples; all numbers take turns."""
    found: dict[str, dict[int, list[Sample]]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(running_server()) if kind == POSTGRESQL else None
        grown = [stack.enter_context(_grown(folder, server, count)) for count in counts]
        loads = {each.count: each.loads() for each in grown}
        for scenario in ("hot", "user", "log-in"):
            found[scenario] = {count: [] for count in counts}
            for number in range(rounds + 1):
                for each in grown:
                    load = loads[each.count][scenario]
                    file = folder / f"{each.count}-{scenario}"
                    write(load, file)
                    sample = _turn(each, load, seconds if number else 1, file)
                    if number:
                        found[scenario][each.count].append(sample)
    return found


def _turn(each: Grown, load: Load, seconds: int, file: Path) -> Sample:
    others = machine.family(each.database) if each.database else []
    return turn(each.server, load, seconds, file, others)


@contextmanager
def _grown(folder: Path, server: PostgresServer | None, count: int) -> Iterator[Grown]:
    directory = folder / str(count)
    directory.mkdir()
    url = server.create_database() if server else f"sqlite:///{directory / 'varvel.sqlite'}"
    database = Database(directory, url)
    users.fill(SUBJECTS["varvel"], database, count, server)
    with running(SUBJECTS["varvel"], database) as started:
        contract.check(started)
        yield Grown(started, count, server.pid if server else None)
        contract.check(started)
