"""Processes that race, start together and are killed, more often than the short tests do it."""

import asyncio
from pathlib import Path

import pytest

from tests.processes import first_starts, kills, races
from tests.processes.servers import Server
from tests.torture.counting import Done

pytestmark = pytest.mark.torture

NAMES = 200
SPELLINGS = 50
STARTS = 20
KILLS = 20


def test_exactly_one_of_50_parallel_registrations_of_each_of_200_names_succeeds(
    tmp_path: Path, record_property: Done
) -> None:
    names = [races.spellings(number, SPELLINGS) for number in range(NAMES)]

    with Server(tmp_path, workers=2) as server:
        outcomes = asyncio.run(races.race(server.port, names))

    record_property("done", f"{len(outcomes)} names in {SPELLINGS} spellings")
    races.check(outcomes, spellings=SPELLINGS)


def test_20_first_starts_agree_on_one_secret_and_one_key(
    tmp_path: Path, record_property: Done
) -> None:
    with (
        first_starts.Watch(tmp_path / "var") as watch,
        first_starts.started_at_once(tmp_path, STARTS) as servers,
    ):
        record_property("done", f"{len(servers)} first starts")
        first_starts.check(servers)

    watch.check()


def test_whoever_was_told_to_be_registered_is_after_20_kills(
    tmp_path: Path, record_property: Done
) -> None:
    with Server(tmp_path, workers=2) as server:
        registrations = asyncio.run(kills.register_through_kills(server, KILLS))
        record_property("done", f"{KILLS} kills, {len(registrations.acknowledged)} users")
        kills.check(registrations)
