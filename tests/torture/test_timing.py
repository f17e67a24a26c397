"""How long a refusal takes tells nobody why it was one."""

from pathlib import Path

import pytest

from tests.processes.connections import Answer, Wire
from tests.processes.databases import new_sqlite
from tests.processes.servers import Server
from tests.processes.timing import PASSWORD, Pairs, Request, add_users, ask, by_basic, log_in
from tests.torture.counting import Done

pytestmark = pytest.mark.torture

PAIRS = 500
AT_MOST = 2.0
"""Per cent of a log-in."""

AS_IT_SHIPS = {
    "HASH_MEMORY": "19456",
    "HASH_TIME": "2",
    # So that the process computes little else.
    "REVOCATION_POLL": "60",
    "REVOCATION_BOUND": "600",
    "THROTTLE_FREE": "1000000",
    "THROTTLE_NETWORK_FAILURES": "1000000",
}

OTHERS = {
    "unknown name": ("nobody", PASSWORD),
    "disabled user": ("barred", PASSWORD),
    "empty password": ("second", ""),
    "over-long password": ("second", "p" * 257),
}
"""Which of the users the other request of a pair asks for, and by which password."""

WAYS: dict[str, Request] = {"sessions": log_in, "Basic": by_basic}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("other", OTHERS)
def test_a_refusal_takes_as_long_as_that_of_a_wrong_password(
    tmp_path: Path, other: str, way: str, record_property: Done
) -> None:
    database = new_sqlite(tmp_path)
    with Server(tmp_path, settings=AS_IT_SHIPS | database.variables) as server:
        for kind in ("first", "second", "barred"):
            names = [f"{kind}-{number:06}" for number in range(PAIRS)]
            add_users(database, names, disabled=kind == "barred")
        pairs = measure(server, WAYS[way], *OTHERS[other])

    clock = pairs.interval(lambda spent: spent.waited)
    processor = pairs.interval(lambda spent: spent.computed)
    record_property(
        "done",
        f"{len(pairs.wrong)} pairs, {pairs.log_in * 1000:.0f} ms a log-in, differ by "
        f"{clock[0]:+.2f} to {clock[1]:+.2f} % in time, "
        f"{processor[0]:+.2f} to {processor[1]:+.2f} % in processor time"
        + ("" if pairs.is_undisturbed else "; the machine was too busy to judge by the clock"),
    )
    assert len(pairs.answers) == 1
    assert max(map(abs, processor)) <= AT_MOST
    if pairs.is_undisturbed:
        assert max(map(abs, clock)) <= AT_MOST
    # Where others keep the processor busy, the clock can at least tell a difference from noise.
    assert clock[0] <= AT_MOST
    assert clock[1] >= -AT_MOST


def measure(server: Server, request: Request, kind: str, password: str) -> Pairs:
    """Each of a pair on a name that was never asked for before; now one is first, now the other."""
    pairs = Pairs()
    (worker,) = server.worker_pids()
    with Wire(server.port) as wire:
        for number in range(PAIRS):
            wrong = (pairs.wrong, request(f"first-{number:06}", "cat"))
            other = (pairs.other, request(f"{kind}-{number:06}", password))
            for times, sent in (wrong, other) if number % 2 else (other, wrong):
                spent, answer = ask(wire, worker, sent)
                times.append(spent)
                pairs.answers.add(without_id(answer))
    return pairs


def without_id(answer: Answer) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    """Everything in an answer but the id and the moment of its request."""
    request_id = answer.headers["X-Request-ID"]
    headers = tuple(
        (name, value)
        for name, value in answer.headers.items()
        if name.lower() not in ("x-request-id", "date")
    )
    return answer.status, headers, answer.body.replace(request_id.encode(), b"")
