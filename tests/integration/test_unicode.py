"""Names and passwords from all of Unicode: both databases say the same of each."""

from pathlib import Path

from tests.fakes.clock import FakeClock
from tests.integration.clients import standing
from tests.integration.stores import PostgresStores, SqliteStores, Stores
from tests.integration.unicode_texts import Outcome, Pair, disagreements, outcomes, pairs

COUNT = 400


def asked(stores: Stores, directory: Path, chosen: list[Pair]) -> list[Outcome]:
    with stores.lent(directory) as store, standing(store.settings(), FakeClock()) as api:
        return outcomes(api, chosen)


def test_both_databases_agree_on_every_name_and_password(
    sqlite_stores: SqliteStores, postgres_stores: PostgresStores, tmp_path: Path
) -> None:
    chosen = list(pairs(COUNT))

    one = asked(sqlite_stores, tmp_path / "sqlite", chosen)
    other = asked(postgres_stores, tmp_path / "postgresql", chosen)

    assert disagreements(chosen, one, other) == {}
    statuses = {(outcome[0], outcome[3]) for outcome in one}
    assert statuses >= {(201, 200), (400, 401)}, "Some are taken and some are not."
    assert sum(outcome[0] == 201 for outcome in one) > COUNT / 10
    assert any("username_taken" in str(outcome[2]) for outcome in one)
