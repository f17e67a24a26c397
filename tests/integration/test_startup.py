"""A process that starts while the database is away: it serves what it can, and goes on trying."""

import asyncio
import threading
from base64 import urlsafe_b64encode
from contextlib import ExitStack

import pytest
from falcon.testing import ASGIConductor, Result, TestClient

from domain.signing_keys import SigningKeysNotLoaded
from entrypoints.bootstrap import create_app
from tests.fakes.clock import FakeClock
from tests.integration.calls import ask_token, problem, resource, token
from tests.integration.long_lived import first_answer, long_lived
from tests.integration.stores import SQLITE, Store

OTHER_SECRET = urlsafe_b64encode(b"w" * 32).decode()
KEYS = "/.well-known/jwks.json"
OFTEN = {"REVOCATION_POLL": "0.01"}


def keys_once_loaded(api: TestClient) -> Result:
    return first_answer(lambda: api.simulate_get(KEYS), status=200, until_then=(503,))


def test_token_checks_wait_for_the_key_and_then_go_on_without_a_restart(
    store: Store, miguel: TestClient, clock: FakeClock
) -> None:
    live = token(miguel)
    store.take_away()
    with long_lived(create_app(store.settings(**OFTEN), clock=clock)) as api:
        for refusal in (resource(api, live, "x"), ask_token(api, live, "x")):
            body = problem(refusal, 503, "signing_keys_not_loaded")
            assert body["detail"] == SigningKeysNotLoaded.detail
            assert refusal.headers["Retry-After"] == "1"
        problem(api.simulate_get(KEYS), 503, "signing_keys_not_loaded")
        problem(resource(api), 503, "storage_unavailable")
        assert api.simulate_get("/").status_code == 200

        store.bring_back()

        answer = first_answer(lambda: resource(api, live, "x"), status=200, until_then=(503,))
        assert answer.json == {"data": "Hello, miguel!"}
        for path in (KEYS, "/health/ready"):
            assert api.simulate_get(path).status_code == 200
        assert ask_token(api).status_code == 200


def test_a_process_whose_secret_opens_no_key_says_so_and_goes_on_trying(
    store: Store, miguel: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    live = token(miguel)
    with long_lived(create_app(store.settings(SECRET=OTHER_SECRET, **OFTEN))) as api:
        problem(resource(api, live, "x"), 503, "signing_keys_not_loaded")
        said = "signing keys and revocations cannot be read: The stored signing key"
        assert said in caplog.text
        assert OTHER_SECRET not in caplog.text

        # Without the key that it cannot open, it makes one of its own.
        store.execute("DELETE FROM signing_keys")

        assert len(keys_once_loaded(api).json["keys"]) == 1


def test_a_process_that_is_told_to_stop_stops_trying(store: Store) -> None:
    app, others = create_app(store.settings(**OFTEN)), set(threading.enumerate())

    async def stop() -> set[asyncio.Task[object]]:
        store.take_away()
        async with ASGIConductor(app) as conductor:
            assert (await conductor.simulate_get("/health/live")).status_code == 200
        await asyncio.sleep(0)
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(stop()) == set()
    assert set(threading.enumerate()) <= others
    store.bring_back()


def test_the_first_of_several_to_reach_a_new_database_makes_the_key_for_all(store: Store) -> None:
    store.execute("DELETE FROM signing_keys")
    with ExitStack() as stack:
        store.take_away()
        apps = [create_app(store.settings(**OFTEN)) for _ in range(3)]
        apis = [stack.enter_context(long_lived(app)) for app in apps]
        store.bring_back()

        assert len({keys_once_loaded(api).text for api in apis}) == 1

    assert store.execute("SELECT count(*) FROM signing_keys") == [(1,)]


# Only SQLite takes a moment that is none.
@pytest.mark.databases(SQLITE)
def test_a_fault_that_nobody_foresaw_is_logged_and_tried_again(
    store: Store, miguel: TestClient, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    live = token(miguel)
    ((kept,),) = store.execute("SELECT use_from FROM signing_keys")
    store.execute("UPDATE signing_keys SET use_from = 'soon'")
    with long_lived(create_app(store.settings(**OFTEN), clock=clock)) as api:
        problem(resource(api, live, "x"), 503, "signing_keys_not_loaded")
        assert "Traceback" in caplog.text

        store.execute("UPDATE signing_keys SET use_from = :kept", kept=kept)

        first_answer(lambda: resource(api, live, "x"), status=200, until_then=(503,))
