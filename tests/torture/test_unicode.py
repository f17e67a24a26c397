"""The long form of tests/integration/test_unicode.py."""

from pathlib import Path

import pytest

from tests.integration.stores import PostgresStores, SqliteStores
from tests.integration.test_unicode import asked
from tests.integration.unicode_texts import disagreements, pairs
from tests.postgresql import PostgresServer
from tests.torture.counting import Done

COUNT = 10_000


@pytest.mark.torture
def test_both_databases_agree_on_ten_thousand_names_and_passwords(
    postgres: PostgresServer, tmp_path: Path, record_property: Done
) -> None:
    chosen = list(pairs(COUNT, seed=4))
    for name in ("a", "b"):
        (tmp_path / name).mkdir()

    one = asked(SqliteStores(tmp_path / "a"), tmp_path / "sqlite", chosen)
    other = asked(PostgresStores(postgres, tmp_path / "b"), tmp_path / "postgresql", chosen)

    assert disagreements(chosen, one, other) == {}
    registered = sum(seen[0] == 201 for seen in one)
    record_property("done", f"{COUNT:,} on both databases, {registered:,} of them registered")
