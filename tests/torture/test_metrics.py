"""Metrics of a server that replaces itself."""

import os
import signal
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.patience import tries
from tests.processes.measured import Measured
from tests.torture.counting import Done

pytestmark = pytest.mark.torture


def test_a_server_that_replaces_itself_serves_metrics_when_the_one_before_it_has_ended(
    tmp_path: Path, record_property: Done
) -> None:
    with Measured(tmp_path) as server:
        server.ask_some()
        os.kill(server.pid, signal.SIGUSR2)
        server.wait_for_listeners(2 * server.workers)
        (successor,) = {pid for pid in server.worker_pids() if children(pid)}
        assert server.counted()[0] == server.answered
        server.ask_to_stop()
        for _ in tries():
            try:
                if not server.counted()[0]:
                    break
            except (OSError, HTTPException):
                continue
        server.answered.clear()
        server.ask_some()
        assert server.counted()[0] == server.answered
        os.kill(successor, signal.SIGTERM)
        server.wait_until_gone()

    record_property("done", "1 replacement")
    assert list(server.temporary.iterdir()) == []


def children(pid: int) -> str:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text()
