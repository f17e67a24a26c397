"""From a start to the first answer, and the memory of a worker after a thousand requests."""

from collections.abc import Mapping
from statistics import mean

from bench import contract, machine
from bench.subjects import SUBJECTS, Database, running
from scripts.facts import REQUESTS
from scripts.floods import NAME, basic

NAMES = ("varvel-logged", "flask-sync", "flask-threads", "fastapi-users", "drf")


def measure(databases: Mapping[str, Database], rounds: int) -> dict[str, dict[str, list[float]]]:
    """Seconds to the first answer, and MiB for a worker, of each subject and round."""
    found: dict[str, dict[str, list[float]]] = {
        name: {"seconds": [], "memory": [], "all": []} for name in NAMES
    }
    for _ in range(rounds):
        for name in NAMES:
            subject = SUBJECTS[name]
            with running(subject, databases[subject.peer]) as server:
                authorization = basic(contract.token(server.port, NAME), "x")
                # Each on a connection of its own, so that every worker gets some.
                for _ in range(REQUESTS):
                    contract.greets(server, authorization, NAME)
                pids = server.pids()
                sizes = {pid: machine.pss(pid) for pid in pids}
            found[name]["seconds"].append(server.seconds)
            found[name]["memory"].append(mean(_workers(sizes)))
            found[name]["all"].append(sum(sizes.values()))
    return found


def _workers(sizes: dict[int, float]) -> list[float]:
    """What serves: neither the master, which is first, nor what Python starts to track it."""
    rest = list(sizes.values())[1:]
    return [size for size in rest if size > max(rest) / 2]
