"""Sessions that are ended, raced for and revoked; keys that are rotated: in full numbers."""

from collections import Counter
from pathlib import Path

import pytest

from tests.postgresql import PostgresServer
from tests.processes import outages
from tests.processes.databases import Database
from tests.processes.faults import Stage
from tests.processes.grant_ends import GRANT_WAYS
from tests.processes.grant_races import GRANT_RACES, WITHDRAWAL_RACES
from tests.processes.outages import POSTGRES_OUTAGES, SQLITE_OUTAGES, Outage, outlast
from tests.processes.revocations import WAYS, WORKERS, Way, crowd, revoke
from tests.processes.rotations import rotate_under_load
from tests.processes.session_races import AT_ONCE, RACES, Race, arena
from tests.torture.counting import Done

pytestmark = pytest.mark.torture

RACE_ROUNDS = 50
ROUNDS = 20
SESSIONS = 50
AT_LATEST = 1.0
"""Seconds after the answer that ended a session in which its tokens may still be taken."""

LONGER = 1.5
"""Seconds for which they are asked for after that answer."""

TIMES = 20
RECOVERY = 5.0
"""Seconds from an outage's end until everything works."""

ROTATIONS = 10


@pytest.mark.parametrize(
    "race", [*RACES, *GRANT_RACES, *WITHDRAWAL_RACES], ids=lambda race: race.__name__
)
def test_nothing_that_was_ended_lives_on_in_50_rounds_of_20_at_once(
    tmp_path: Path, database: Database, race: Race, record_property: Done
) -> None:
    outcomes: Counter[str] = Counter()
    with arena(tmp_path, database) as opened:
        for _ in range(RACE_ROUNDS):
            outcomes.update(race(opened))

    counted = ", ".join(f"{number} {outcome}" for outcome, number in outcomes.items())
    record_property("done", f"{RACE_ROUNDS} rounds of {AT_ONCE} at once, {counted}")


@pytest.mark.parametrize("way", [*WAYS, *GRANT_WAYS], ids=lambda way: way.__name__)
def test_no_token_is_taken_a_second_after_its_session_was_ended(
    tmp_path: Path, database: Database, way: Way, record_property: Done
) -> None:
    with crowd(tmp_path, database) as opened:
        latest = [revoke(opened, way, SESSIONS, longer=LONGER) for _ in range(ROUNDS)]

    late = sum(seconds > AT_LATEST for seconds in latest)
    record_property(
        "done",
        f"{ROUNDS} rounds of {SESSIONS} sessions at {WORKERS} workers, "
        f"taken for {max(latest):.2f} s at most, too long in {late} rounds",
    )
    assert max(latest) <= AT_LATEST


@pytest.mark.parametrize("outage", SQLITE_OUTAGES, ids=lambda outage: outage.name)
def test_sqlite_is_away_20_times_and_no_wrong_token_is_taken(
    tmp_path: Path, outage: Outage, record_property: Done
) -> None:
    with outages.sqlite_stage(tmp_path) as stage:
        outlast_often(stage, outage, record_property)


@pytest.mark.parametrize("outage", POSTGRES_OUTAGES, ids=lambda outage: outage.name)
def test_postgresql_is_away_20_times_and_no_wrong_token_is_taken(
    tmp_path: Path, outage: Outage, frail_postgres: PostgresServer, record_property: Done
) -> None:
    with outages.postgres_stage(tmp_path, frail_postgres) as stage:
        outlast_often(stage, outage, record_property)


def outlast_often(stage: Stage, outage: Outage, record_property: Done) -> None:
    recoveries = [outlast(stage, outage) for _ in range(TIMES)]
    record_property(
        "done",
        f"{len(recoveries)} times, 503 within {outages.BOUND} s, 0 wrong tokens taken, "
        f"back within {max(recoveries):.1f} s",
    )
    assert max(recoveries) <= RECOVERY


def test_10_rotations_under_load_refuse_no_token(
    tmp_path: Path, database: Database, record_property: Done
) -> None:
    with crowd(tmp_path, database) as opened:
        traffic = rotate_under_load(opened, times=ROTATIONS)

    record_property(
        "done",
        f"{ROTATIONS} rotations, {traffic.verified:,} tokens of {WORKERS} workers, "
        f"{traffic.refused} refused",
    )
    assert traffic.refused == 0
