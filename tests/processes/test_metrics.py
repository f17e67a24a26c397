"""Metrics over all workers: what clients counted, whatever became of those who answered them."""

import socket
from pathlib import Path

from tests.processes.commands import SERVE, assert_refused, run
from tests.processes.connections import HOST, exchange
from tests.processes.measured import Measured


def test_metrics_agree_with_what_the_client_counted_after_a_killed_worker_and_a_reload(
    tmp_path: Path,
) -> None:
    with Measured(tmp_path) as server:
        server.ask(
            "POST", "/api/users", "/api/users", json={"username": "miguel", "password": "python"}
        )
        server.ask_some()
        killed = server.worker_pids()[0]
        assert server.gauges_of(killed)
        server.kill_worker()
        assert not server.gauges_of(killed)
        server.ask_some()
        server.reload()
        server.ask_some()

        requests, log_ins = server.counted()
        # What is not HTTP, and who leaves in the middle, leaves no traceback.
        exchange(server.metrics_port, b"\x00\xff\r\n\r\n")
        assert server.counted() == (requests, log_ins)

    assert requests == server.answered
    assert log_ins == {"success": 3, "refused": 3}
    assert list(server.temporary.iterdir()) == []


def test_a_port_for_metrics_that_is_taken_keeps_the_server_from_starting(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        address = f"{HOST}:{taken.getsockname()[1]}"
        completed = run(tmp_path, SERVE, METRICS_BIND=address)

    assert_refused(completed, f"Cannot listen on {address}", "VARVEL_METRICS_BIND")
