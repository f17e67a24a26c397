"""Twenty guess at once through four workers: no more hashes are spent than are allowed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.databases import BACKENDS, SQLITE, new_postgres, new_sqlite
from tests.processes.guessing import WAYS, Besiege, Siege, siege


@pytest.fixture(scope="module", params=BACKENDS)
def standing_siege(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Siege]:
    directory: Path = tmp_path_factory.mktemp("siege")
    if request.param == SQLITE:
        database = new_sqlite(directory)
    else:
        database = new_postgres(request.getfixturevalue("postgres"), directory)
    with siege(directory, database) as opened:
        yield opened


@pytest.mark.parametrize("besiege", WAYS, ids=lambda way: way.__name__)
def test_no_more_hashes_are_spent_on_a_name_than_are_allowed(
    standing_siege: Siege, besiege: Besiege
) -> None:
    besiege(standing_siege)
