"""The long form of tests/processes/test_canaries.py."""

from pathlib import Path

import pytest

from tests.postgresql import PostgresServer
from tests.processes.databases import new_postgres, new_sqlite
from tests.processes.nests import Nest, search
from tests.torture.counting import Done

pytestmark = pytest.mark.torture


def done(nest: Nest) -> str:
    return f"{len(nest.canaries.planted)} secrets, none found in {len(nest.haystacks)} places"


def test_no_secret_gets_out_of_a_server_on_sqlite(tmp_path: Path, record_property: Done) -> None:
    record_property("done", done(search(tmp_path, new_sqlite(tmp_path))))


def test_no_secret_gets_out_of_a_server_on_postgresql(
    tmp_path: Path, postgres: PostgresServer, record_property: Done
) -> None:
    record_property("done", done(search(tmp_path, new_postgres(postgres, tmp_path), postgres)))
