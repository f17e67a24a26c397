"""The long form of tests/contracts/test_session_histories.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.contracts.conftest import Stores, fake_stores, sql_stores
from tests.contracts.databases import PostgresDatabases, SqliteFiles
from tests.contracts.session_histories import run_histories
from tests.torture.counting import Done

pytestmark = pytest.mark.torture

RANDOM = settings.get_profile("torture")
STEPS = 50
IN_MEMORY = 2_000
IN_A_DATABASE = 500


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    if request.param == "fake":
        yield fake_stores()
    elif request.param == "sqlite":
        with SqliteFiles(tmp_path / "prepared.sqlite").lent(tmp_path) as database:
            yield sql_stores(database)
    else:
        with PostgresDatabases(request.getfixturevalue("postgres")).lent() as database:
            yield sql_stores(database)


def test_after_thousands_of_histories_exactly_those_are_logged_in_who_may_be(
    stores: Stores, record_property: Done
) -> None:
    asked = IN_MEMORY if stores.database is None else IN_A_DATABASE

    count = run_histories(stores, settings(RANDOM, max_examples=asked, stateful_step_count=STEPS))

    record_property("done", f"{count:,} histories of up to {STEPS} steps")
    assert count >= asked
