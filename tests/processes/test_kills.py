"""Workers that are killed while users register."""

import asyncio
from pathlib import Path

from tests.processes.kills import check, register_through_kills
from tests.processes.servers import Server


def test_whoever_was_told_to_be_registered_is_after_a_worker_was_killed(tmp_path: Path) -> None:
    with Server(tmp_path, workers=2) as server:
        registrations = asyncio.run(register_through_kills(server, 2))
        check(registrations)
