"""One name, registered many times at once."""

import asyncio
from pathlib import Path

import pytest

from adapters.precis import username_profile
from tests.processes.databases import Database
from tests.processes.races import ROOM, check, race, spellings
from tests.processes.servers import Server

NAMES = 10
SPELLINGS = 50


def test_the_spellings_differ_and_are_one_name() -> None:
    profile = username_profile()
    name = spellings(7, SPELLINGS)

    assert len(set(name)) == SPELLINGS
    assert {profile.enforce(spelling) for spelling in name} == {"\u00e9zo7"}


@pytest.mark.asvs("V2.3.4")
def test_exactly_one_of_50_parallel_registrations_of_a_name_succeeds(
    tmp_path: Path, database: Database
) -> None:
    names = [spellings(number, SPELLINGS) for number in range(NAMES)]

    with Server(tmp_path, workers=2, settings=ROOM | database.variables) as server:
        outcomes = asyncio.run(race(server.port, names))

    check(outcomes, spellings=SPELLINGS)
