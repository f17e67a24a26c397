"""Every fault of a database, over and over."""

from pathlib import Path

import pytest

from tests.postgresql import PostgresServer
from tests.processes.faults import Fault, Stage, endure
from tests.processes.postgres_faults import POSTGRES_FAULTS, SLOW_POSTGRES_FAULTS
from tests.processes.sqlite_faults import SQLITE_FAULTS
from tests.processes.stages import postgres_stage, sqlite_stage
from tests.torture.counting import Done

pytestmark = pytest.mark.torture

TIMES = 20
RECOVERY = 5.0
"""Seconds from a fault's end until everything works."""


@pytest.mark.parametrize("fault", SQLITE_FAULTS, ids=lambda fault: fault.name)
def test_a_fault_of_sqlite_20_times(tmp_path: Path, fault: Fault, record_property: Done) -> None:
    with sqlite_stage(tmp_path) as stage:
        endure_often(stage, fault, record_property)


@pytest.mark.parametrize(
    "fault", [*POSTGRES_FAULTS, *SLOW_POSTGRES_FAULTS], ids=lambda fault: fault.name
)
def test_a_fault_of_postgresql_20_times(
    tmp_path: Path, fault: Fault, frail_postgres: PostgresServer, record_property: Done
) -> None:
    with postgres_stage(tmp_path, frail_postgres) as stage:
        endure_often(stage, fault, record_property)


def endure_often(stage: Stage, fault: Fault, record_property: Done) -> None:
    recoveries = [endure(stage, fault) for _ in range(TIMES)]
    record_property("done", f"{len(recoveries)} times, back within {max(recoveries):.1f} s")
    assert max(recoveries) <= RECOVERY
