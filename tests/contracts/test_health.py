"""What every view of the storage's health promises."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.sql.database import Database
from adapters.sql.health import SqlStorage
from domain.health import Storage
from tests.contracts.conftest import DATABASES, opened_database
from tests.fakes.health import FakeHealthStorage


@pytest.fixture(params=["fake", *DATABASES])
def well(request: pytest.FixtureRequest) -> Iterator[Storage]:
    if request.param == "fake":
        yield FakeHealthStorage()
        return
    with opened_database(request.param, request) as database:
        yield SqlStorage(database)


@pytest.fixture(params=["fake", "empty", "away"])
def unwell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    if request.param == "fake":
        yield FakeHealthStorage(usable=False)
        return
    file = tmp_path / ("nowhere/varvel.sqlite" if request.param == "away" else "varvel.sqlite")
    database = Database(f"sqlite:///{file}")
    yield SqlStorage(database)
    database.dispose()


def test_storage_with_the_newest_schema_is_usable(well: Storage) -> None:
    assert well.is_usable()


def test_storage_that_is_empty_or_away_is_not_usable(unwell: Storage) -> None:
    assert not unwell.is_usable()
