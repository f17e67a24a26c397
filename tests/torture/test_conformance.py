"""The long form of tests/integration/test_conformance.py."""

import secrets
from pathlib import Path

import pytest

from tests.integration.conformance import Conformance, check, conform
from tests.integration.stores import PostgresStores, SqliteStores, Stores
from tests.postgresql import PostgresServer
from tests.torture.counting import Done

CASES = 5_000
EXAMPLES = 110
ROUNDS = 10


@pytest.mark.torture
def test_5_000_cases_made_of_the_description_are_answered_as_it_says(
    postgres: PostgresServer, tmp_path: Path, record_property: Done
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()

    runs = [
        made_of_the_description(SqliteStores(tmp_path / "a"), tmp_path / "sqlite"),
        made_of_the_description(PostgresStores(postgres, tmp_path / "b"), tmp_path / "postgresql"),
    ]

    cases, probed = sum(run.cases for run in runs), sum(run.peers_probed for run in runs)
    seeds = " and ".join(str(run.seed) for run in runs)
    record_property(
        "done",
        f"{cases:,} cases with seeds {seeds}, {probed} users asked for what is another's",
    )
    for run in runs:
        check(run)
    assert cases >= CASES


def made_of_the_description(stores: Stores, directory: Path) -> Conformance:
    with stores.lent(directory) as store:
        return conform(store, examples=EXAMPLES, rounds=ROUNDS, seed=secrets.randbits(32))
