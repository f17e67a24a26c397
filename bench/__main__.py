"""Measures Varvel beside its peers and ceilings; writes bench/results/ and docs/performance.md."""

import argparse
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from bench import beside, contract, environments, growth, machine, profile, report, starting, users
from bench import scenarios as throughput
from bench.scenarios import SCENARIOS, USERS, Context
from bench.subjects import (
    HASH_MEMORY,
    HASH_TIME,
    LIFETIME,
    SUBJECTS,
    THREADS,
    WORKERS,
    Database,
    Running,
    all_running,
)
from bench.wrk import Sample, require
from scripts.floods import registered_token
from tests.postgresql import PostgresServer, running_server

KINDS = (growth.SQLITE, growth.POSTGRESQL)
PARTS = (*(each.name for each in SCENARIOS), "floods", "growth", "starts", "profile")


def said(samples: list[Sample]) -> list[dict[str, float]]:
    """Samples as they are kept."""
    return [{**asdict(each), "rate": each.rate, "cost": each.cost} for each in samples]


def measure(chosen: argparse.Namespace) -> dict[str, Any]:
    """Everything that was asked for, as it is kept."""
    found: dict[str, Any] = {}
    for kind in chosen.databases:
        found[kind] = {}
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="varvel-bench-")))
            server = stack.enter_context(running_server()) if kind == growth.POSTGRESQL else None
            databases = filled(folder, server)
            found[kind] = _side_by_side(kind, databases, chosen)
            if kind == growth.SQLITE:
                found |= _apart(databases, chosen)
    if "growth" in chosen.only:
        found["growth"] = _growth(chosen)
    if "profile" in chosen.only and not chosen.quick:
        progress("Where a token check's time goes")
        found["profile"] = profile.measure()
    return found


def filled(folder: Path, server: PostgresServer | None) -> dict[str, Database]:
    """A database for each peer, with the same users."""
    found: dict[str, Database] = {}
    for subject in SUBJECTS.values():
        if subject.peer not in found:
            directory = folder / (subject.peer or "varvel")
            directory.mkdir()
            url = server.create_database() if server else f"sqlite:///{directory / 'bench.sqlite'}"
            found[subject.peer] = Database(directory, url)
            if not subject.is_ceiling:
                users.fill(subject, found[subject.peer], USERS, server)
    return found


def _side_by_side(
    kind: str, databases: dict[str, Database], chosen: argparse.Namespace
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    wanted = [each for each in SCENARIOS if each.name in chosen.only]
    names = [name for each in wanted for name in each.subjects]
    with all_running(dict.fromkeys(names), databases) as servers:
        contexts = {
            name: Context(each, _token(each), chosen.tokens) for name, each in servers.items()
        }
        for each in servers.values():
            contract.check(each)
        for scenario in wanted:
            progress(f"{scenario.title}, on {kind}")
            among = [contexts[name] for name in scenario.subjects]
            samples = throughput.measure(scenario, among, chosen.rounds, chosen.seconds)
            found[scenario.name] = {name: said(each) for name, each in samples.items()}
        for each in servers.values():
            contract.check(each)
    return found


def _apart(databases: dict[str, Database], chosen: argparse.Namespace) -> dict[str, Any]:
    """What needs servers that have done nothing yet."""
    found: dict[str, Any] = {}
    if "floods" in chosen.only:
        progress("Token checks beside floods")
        with all_running(beside.SUBJECTS, databases) as servers:
            contexts = [Context(each, _token(each), chosen.tokens) for each in servers.values()]
            found["floods"] = beside.measure(contexts, chosen.rounds, chosen.seconds)
    if "starts" in chosen.only:
        progress("Starts and memory")
        found["starts"] = starting.measure(databases, chosen.rounds)
    return found


def _token(server: Running) -> str:
    # For who answers everything alike, one of the same length: they read the same request.
    return "x" * 640 if server.subject.is_ceiling else registered_token(server.port)


def _growth(chosen: argparse.Namespace) -> dict[str, Any]:
    found = {}
    for kind in chosen.databases:
        progress(f"Growth on {kind}")
        samples = growth.measure(kind, chosen.counts, min(3, chosen.rounds), chosen.seconds)
        found[kind] = {
            scenario: {str(count): said(each) for count, each in counts.items()}
            for scenario, counts in samples.items()
        }
    return found


def progress(what: str) -> None:
    """Says what is measured now."""
    print(f"{datetime.now(UTC):%H:%M:%S} {what}", flush=True)


def options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of everything, 3 minutes")
    parser.add_argument("--rounds", type=int, help="rounds of each scenario (5; quick: 1)")
    parser.add_argument("--seconds", type=int, help="of each turn (2; quick: 1)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="these parts alone")
    parser.add_argument("--lock", action="store_true", help="resolve the peers' locks anew")
    chosen = parser.parse_args()
    chosen.rounds = chosen.rounds or (1 if chosen.quick else 5)
    chosen.seconds = chosen.seconds or (1 if chosen.quick else 2)
    chosen.databases = KINDS[:1] if chosen.quick else KINDS
    chosen.tokens = 1_000 if chosen.quick else 10_000
    chosen.counts = (1_000, 100_000) if chosen.quick else (1_000, 100_000, 1_000_000)
    return chosen


def main() -> None:
    """Measures, writes, and prints what came of the aims."""
    chosen = options()
    if chosen.lock:
        environments.resolve()
        return
    wrk = require()
    for name in (environments.VARVEL, environments.PROFILER, *environments.PEERS):
        environments.make(name)
    about = {
        "begun": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "run": "quick" if chosen.quick else "full",
        "rounds": chosen.rounds,
        "seconds": chosen.seconds,
        "tokens": chosen.tokens,
        "workers": WORKERS,
        "threads": THREADS,
        "hash": f"argon2id, {HASH_MEMORY} KiB, {HASH_TIME} passes, 1 lane",
        "token_lifetime": LIFETIME,
        "wrk": wrk,
        **machine.described(),
        "peers": {peer: environments.versions(peer) for peer in environments.PEERS},
    }
    begun = perf_counter()
    results = {"about": about, "found": measure(chosen)}
    about["minutes"] = round((perf_counter() - begun) / 60, 1)
    report.write(results, is_whole=chosen.only == PARTS)
    print(report.aims_table(results))


if __name__ == "__main__":
    main()
