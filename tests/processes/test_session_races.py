"""Twenty at once: nothing lives on that was ended, whoever came first."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.databases import BACKENDS, SQLITE, new_postgres, new_sqlite
from tests.processes.session_races import RACES, Arena, Race, arena

ROUNDS = 2


@pytest.fixture(scope="module", params=BACKENDS)
def standing_arena(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Arena]:
    directory: Path = tmp_path_factory.mktemp("arena")
    if request.param == SQLITE:
        database = new_sqlite(directory)
    else:
        database = new_postgres(request.getfixturevalue("postgres"), directory)
    with arena(directory, database) as opened:
        yield opened


@pytest.mark.asvs("V15.4.2")
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_nothing_that_was_ended_lives_on_whoever_of_20_came_first(
    standing_arena: Arena, race: Race
) -> None:
    for _ in range(ROUNDS):
        race(standing_arena)
