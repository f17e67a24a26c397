"""A process that starts while the database is away: it serves what it can, and goes on trying."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from falcon.testing import ASGIConductor, Result, TestClient

from domain.signing_keys import SigningKeysNotLoaded
from entrypoints.bootstrap import create_app
from entrypoints.http import app as http_app
from tests.fakes.clock import FakeClock
from tests.integration.calls import basic, problem, token
from tests.integration.stores import SQLITE, Store

OTHER_SECRET = urlsafe_b64encode(b"w" * 32).decode()
TRIES = 5_000
"""Far more than are needed; each takes about as long as a request."""


async def first_good(ask: Callable[[], Awaitable[Result]]) -> Result:
    for _ in range(TRIES):
        answer = await ask()
        if answer.status_code < 500:
            return answer
    raise AssertionError(answer.text)


@pytest.fixture(autouse=True)
def _no_pause_between_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_app, "LOADING_INTERVAL", 0)


def test_token_checks_wait_for_the_key_and_then_go_on_without_a_restart(
    store: Store, miguel: TestClient, clock: FakeClock
) -> None:
    by_token = {"headers": basic(token(miguel), "x")}
    by_password = {"headers": basic("miguel", "python")}
    app = create_app(store.settings(), clock=clock)

    async def ask() -> None:
        store.take_away()
        async with ASGIConductor(app) as conductor:
            for path in ("/api/resource", "/api/token"):
                refusal = await conductor.simulate_get(path, **by_token)
                body = problem(refusal, 503, "signing_keys_not_loaded")
                assert body["detail"] == SigningKeysNotLoaded.detail
                assert refusal.headers["Retry-After"] == "1"
            keys = await conductor.simulate_get("/.well-known/jwks.json")
            problem(keys, 503, "signing_keys_not_loaded")
            refusal = await conductor.simulate_get("/api/resource", **by_password)
            problem(refusal, 503, "storage_unavailable")
            assert (await conductor.simulate_get("/")).status_code == 200

            store.bring_back()

            answer = await first_good(lambda: conductor.simulate_get("/api/resource", **by_token))
            assert answer.json == {"data": "Hello, miguel!"}
            for path in ("/.well-known/jwks.json", "/health/ready"):
                assert (await conductor.simulate_get(path)).status_code == 200
            assert (await conductor.simulate_get("/api/token", **by_password)).status_code == 200

    asyncio.run(ask())


def test_a_process_whose_secret_opens_no_key_says_so_and_goes_on_trying(
    store: Store, miguel: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    by_token = basic(token(miguel), "x")
    app = create_app(store.settings(SECRET=OTHER_SECRET))

    async def ask() -> None:
        async with ASGIConductor(app) as conductor:
            refusal = await conductor.simulate_get("/api/resource", headers=by_token)
            problem(refusal, 503, "signing_keys_not_loaded")
            assert "the signing keys are not loaded: The stored signing key" in caplog.text
            assert OTHER_SECRET not in caplog.text

            # Without the key that it cannot open, it makes one of its own.
            store.execute("DELETE FROM signing_keys")

            keys = "/.well-known/jwks.json"
            answer = await first_good(partial(conductor.simulate_get, keys))
            assert len(answer.json["keys"]) == 1

    asyncio.run(ask())


def test_a_process_that_is_told_to_stop_stops_trying(store: Store) -> None:
    app = create_app(store.settings())

    async def stop() -> set[asyncio.Task[object]]:
        store.take_away()
        async with ASGIConductor(app) as conductor:
            assert (await conductor.simulate_get("/health/live")).status_code == 200
        await asyncio.sleep(0)
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(stop()) == set()
    store.bring_back()


def test_the_first_of_several_to_reach_a_new_database_makes_the_key_for_all(store: Store) -> None:
    store.execute("DELETE FROM signing_keys")
    apps = [create_app(store.settings()) for _ in range(3)]

    async def ask() -> None:
        store.take_away()
        async with (
            ASGIConductor(apps[0]) as a,
            ASGIConductor(apps[1]) as b,
            ASGIConductor(apps[2]) as c,
        ):
            store.bring_back()
            keys = "/.well-known/jwks.json"
            published = [
                await first_good(partial(conductor.simulate_get, keys)) for conductor in (a, b, c)
            ]
            assert len({answer.text for answer in published}) == 1

    asyncio.run(ask())
    assert store.execute("SELECT count(*) FROM signing_keys") == [(1,)]


# Only SQLite takes a moment that is none.
@pytest.mark.databases(SQLITE)
def test_a_fault_that_nobody_foresaw_is_logged_and_tried_again(
    store: Store, miguel: TestClient, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    by_token = {"headers": basic(token(miguel), "x")}
    ((kept,),) = store.execute("SELECT use_from FROM signing_keys")
    app = create_app(store.settings(), clock=clock)

    async def ask() -> None:
        store.execute("UPDATE signing_keys SET use_from = 'soon'")
        async with ASGIConductor(app) as conductor:
            refusal = await conductor.simulate_get("/api/resource", **by_token)
            problem(refusal, 503, "signing_keys_not_loaded")
            assert "Traceback" in caplog.text

            store.execute("UPDATE signing_keys SET use_from = :kept", kept=kept)

            answer = await first_good(lambda: conductor.simulate_get("/api/resource", **by_token))
            assert answer.status_code == 200

    asyncio.run(ask())
