"""The audit trail of real servers: sealed once, noted in the log, and found out if it is cut."""

from pathlib import Path

import pytest

from tests.processes import sealing
from tests.processes.audits import cut, head_at, heads, verify
from tests.processes.databases import POSTGRESQL, Database
from tests.processes.servers import Server
from tests.processes.session_races import Arena

ROUNDS = 3
BROKEN = "the audit trail is not sealed: The audit trail is not as it was sealed"
"""What each worker logs once it has seen that the chain was cut."""

ON_A_SERVER = pytest.mark.parametrize("database", [POSTGRESQL], indirect=True)
"""What both databases hold to by contract is looked at in one of them."""


def test_a_server_seals_what_happens_and_its_log_tells_where_the_chain_ends(
    tmp_path: Path, database: Database
) -> None:
    with Server(tmp_path, workers=2, settings=database.variables) as server:
        server.register("miguel")
        first = head_at(server, 1)
        server.token("miguel")
        last = head_at(server, 2)
        noted = heads(server)

    for link in (first, last):
        verified = verify(tmp_path, database, "--head", link)
        assert (verified.returncode, verified.stderr) == (0, "")
        assert verified.stdout == f"Checked: 2. Head: 2 {last}\n"
    # Of all workers one seals an entry, and nobody anything when nothing is new.
    assert [sequence for sequence, _ in noted] == [1, 2]


@ON_A_SERVER
def test_an_end_that_is_cut_off_under_a_server_is_told_in_its_log_and_found(
    tmp_path: Path, database: Database
) -> None:
    with Server(tmp_path, workers=2, settings=database.variables) as server:
        for name in ("miguel", "susan", "zoe"):
            server.register(name)
        known = head_at(server, 3)
        cut(database, 1)
        server.register("another")
        server.wait_for(lambda: server.output.count(BROKEN) == 2)

        assert heads(server)[-1] == (3, known)

    alone, compared = verify(tmp_path, database), verify(tmp_path, database, "--head", known)
    assert (alone.returncode, compared.returncode) == (1, 1)
    assert alone.stdout.startswith("fault: The end of the chain at 1 does not fit its seal.")
    assert "fault: The head that was given is not in the chain" in compared.stdout


@ON_A_SERVER
def test_whoever_changed_a_row_under_a_server_is_found_out(
    tmp_path: Path, database: Database
) -> None:
    with Server(tmp_path, settings=database.variables) as server:
        server.register("miguel")
        server.call("GET", "/api/token", auth=("miguel", "wrong"))
        head_at(server, 2)
        database.execute("UPDATE audit_entries SET outcome = 'success'")

    verified = verify(tmp_path, database)
    assert verified.returncode == 1
    fault, *_ = verified.stdout.splitlines()
    assert fault.startswith("fault: Entry 2 (")
    assert fault.endswith(") was changed.")


def test_20_who_write_and_seal_at_once_in_4_processes_make_one_chain(
    standing_arena: Arena,
) -> None:
    racer = standing_arena.register()
    rounds = [sealing.seal_under_load(standing_arena, racer) for _ in range(ROUNDS)]

    checked = sealing.check(standing_arena, [head for each in rounds for head in each.heads])

    assert checked == 1 + sum(each.written for each in rounds)
    assert checked == 1 + ROUNDS * sealing.WRITERS * sealing.LOG_INS
