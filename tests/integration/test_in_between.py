"""What changes after a password was checked, and before its session starts: nothing starts then."""

import asyncio
from threading import Event
from time import monotonic
from typing import Any

import pytest
from falcon.testing import ASGIConductor, TestClient

from entrypoints.bootstrap import build
from entrypoints.http.app import create_http_app
from entrypoints.http.lanes import Lane
from tests.fakes.clock import FakeClock
from tests.integration.calls import MIGUEL, basic, problem
from tests.integration.long_lived import DEADLINE
from tests.integration.stores import Store

LOG_INS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "POST /api/sessions": ("POST", "/api/sessions", {"json": MIGUEL}),
    "GET /api/token": ("GET", "/api/token", {"headers": basic("miguel", "python")}),
}


async def waiting(lane: Lane) -> None:
    """Returns when a call waits in this lane for its only thread."""
    deadline = monotonic() + DEADLINE
    while lane._executor._work_queue.qsize() == 0:
        assert monotonic() < deadline
        await asyncio.sleep(0)


@pytest.mark.asvs("V15.4.2")
@pytest.mark.parametrize("log_in", LOG_INS.values(), ids=LOG_INS)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE users SET disabled_at = created_at",
        "UPDATE users SET password_hash = 'another'",
        "DELETE FROM users",
    ],
)
def test_a_log_in_that_was_overtaken_starts_no_session(
    store: Store,
    miguel: TestClient,
    clock: FakeClock,
    statement: str,
    log_in: tuple[str, str, dict[str, Any]],
) -> None:
    assert miguel, "is registered"
    settings = store.settings(STORAGE_THREADS="1", REVOCATION_POLL="60", REVOCATION_BOUND="120")
    services, database = build(settings, clock=clock)
    app = create_http_app(services, settings, on_close=database.dispose)
    gate, (method, path, options) = Event(), log_in

    async def overtake() -> None:
        async with ASGIConductor(app) as conductor:
            holding = asyncio.create_task(services.storage.run(gate.wait))
            await asyncio.sleep(0)
            asking = asyncio.create_task(conductor.simulate_request(method, path, **options))
            # The password is checked by then, in the other lane.
            await waiting(services.storage)
            store.execute(statement)
            gate.set()
            await holding
            problem(await asking, 401, "invalid_credentials")

    asyncio.run(overtake())
    assert store.execute("SELECT count(*) FROM sessions") == [(0,)]
