"""Twenty guess at once through four workers: no more hashes are spent than are allowed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgresql import PostgresServer
from tests.processes.databases import new_postgres
from tests.processes.guessing import WAYS, Besiege, Siege, siege


@pytest.fixture(scope="module")
def standing_siege(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Siege]:
    """On the database of several machines; `make torture` does the same on both."""
    directory: Path = tmp_path_factory.mktemp("siege")
    with siege(directory, new_postgres(postgres, directory)) as opened:
        yield opened


@pytest.mark.parametrize("besiege", WAYS, ids=lambda way: way.__name__)
def test_no_more_hashes_are_spent_on_a_name_than_are_allowed(
    standing_siege: Siege, besiege: Besiege
) -> None:
    besiege(standing_siege)
