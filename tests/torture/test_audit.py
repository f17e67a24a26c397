"""Audit trails that many write into and seal at once, for long, and killed in the middle of it."""

from pathlib import Path

import pytest

from tests.processes import kills, sealing
from tests.processes.audits import head_at, heads, verify
from tests.processes.databases import Database
from tests.processes.kills import Victim
from tests.processes.servers import Server
from tests.processes.session_races import AT_ONCE, PROCESSES, arena
from tests.torture.counting import Done

pytestmark = pytest.mark.torture

ROUNDS = 100
KILLS = [*[Victim.WORKER] * 4, Victim.MASTER] * 4


def test_20_who_write_and_seal_at_once_in_4_processes_make_one_chain_in_100_rounds(
    tmp_path: Path, database: Database, record_property: Done
) -> None:
    with arena(tmp_path, database) as opened:
        racer = opened.register()
        rounds = [sealing.seal_under_load(opened, racer) for _ in range(ROUNDS)]
        ends = [head for each in rounds for head in each.heads]
        record_property(
            "done",
            f"{ROUNDS} rounds of {AT_ONCE} at once in {PROCESSES} processes, "
            f"{sum(each.written for each in rounds):,} entries, sealed {len(ends):,} times",
        )
        checked = sealing.check(opened, ends)

    assert checked == 1 + ROUNDS * sealing.WRITERS * sealing.LOG_INS


def test_the_chain_is_whole_after_20_kills_of_who_writes_and_seals_it(
    tmp_path: Path, database: Database, record_property: Done
) -> None:
    with Server(tmp_path, workers=2, settings=database.variables) as server:
        registrations = kills.register_through_kills(server, KILLS)
        kills.check(registrations, database)
        server.register("last")
        ((number,),) = database.execute("SELECT count(*) FROM audit_entries")
        link = head_at(server, number)
        noted = heads(server)

    record_property(
        "done", f"{len(KILLS)} kills, {number:,} entries, {len(noted)} heads in the log"
    )
    # A process that was killed may have sealed what it could not tell of, but never otherwise.
    assert len({sequence for sequence, _ in noted}) == len(noted)
    for each in {link, *(link for _, link in noted[:5])}:
        verified = verify(tmp_path, database, "--head", each)
        assert verified.returncode == 0, verified.stdout
