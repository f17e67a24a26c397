"""Health: whether a process lives and can serve, and not a word more."""

import asyncio
from threading import Event

import pytest
from falcon.testing import ASGIConductor, Result, TestClient

from adapters.sql.schema import HEAD
from domain.health import NotReady
from entrypoints.bootstrap import build, create_app
from entrypoints.http.app import create_http_app
from entrypoints.http.headers import FOR_BROWSERS
from tests.fakes.clock import FakeClock
from tests.integration.calls import problem
from tests.integration.conftest import MakeSettings
from tests.integration.stores import SQLITE, Store

LIVE = "/health/live"
READY = "/health/ready"


def refused(answer: Result) -> None:
    """Not ready, in the same words whatever the reason is."""
    body = problem(answer, 503, "not_ready")
    assert "errors" not in body
    assert body["detail"] == NotReady.detail
    assert answer.headers["Retry-After"] == "2"


def set_revision(store: Store, revision: str) -> None:
    store.execute("UPDATE alembic_version SET version_num = :revision", revision=revision)
    store.schema_changed = True


@pytest.mark.parametrize(("path", "status"), [(LIVE, "live"), (READY, "ready")])
def test_a_healthy_process_says_so_and_nothing_else(
    standing_api: TestClient, path: str, status: str
) -> None:
    answer = standing_api.simulate_get(path)

    assert answer.status_code == 200
    assert answer.text == f'{{"status": "{status}"}}\n'
    assert answer.headers.keys() == {
        *("content-type", "content-length", "cache-control", "x-request-id"),
        *map(str.lower, FOR_BROWSERS),
    }
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_process_with_an_older_schema_is_not_ready(store: Store) -> None:
    set_revision(store, "0000")
    api = TestClient(create_app(store.settings()))

    refused(api.simulate_get(READY))
    assert api.simulate_get(LIVE).status_code == 200


def test_a_process_without_a_schema_is_not_ready(store: Store) -> None:
    store.execute("DROP TABLE alembic_version")

    refused(TestClient(create_app(store.settings())).simulate_get(READY))


def test_a_process_on_another_programs_schema_is_not_ready(store: Store) -> None:
    set_revision(store, "a1b2c3d4e5f6")

    refused(TestClient(create_app(store.settings())).simulate_get(READY))


def test_a_process_with_the_next_schema_is_ready(store: Store) -> None:
    set_revision(store, f"{int(HEAD) + 1:04}")

    assert TestClient(create_app(store.settings())).simulate_get(READY).status_code == 200


def test_a_process_whose_database_goes_away_is_not_ready_until_it_is_back(
    store: Store, clock: FakeClock
) -> None:
    # By this clock, which stands still, what was read at the start does not grow old.
    settings = store.settings(REVOCATION_POLL="60", REVOCATION_BOUND="120")
    services, database = build(settings, clock=clock)
    app = create_http_app(services, settings, on_close=database.dispose)

    async def ask() -> None:
        async with ASGIConductor(app) as conductor:
            assert (await conductor.simulate_get(READY)).status_code == 200
            database.dispose()
            store.take_away()
            refused(await conductor.simulate_get(READY))
            assert (await conductor.simulate_get(LIVE)).status_code == 200
            store.bring_back()
            assert (await conductor.simulate_get(READY)).status_code == 200

    asyncio.run(ask())


def test_a_process_that_has_not_read_its_key_is_not_ready(store: Store) -> None:
    # One try at the start, and no other within this test.
    app = create_app(store.settings(REVOCATION_POLL="60", REVOCATION_BOUND="120"))

    async def ask() -> None:
        store.take_away()
        async with ASGIConductor(app) as conductor:
            refused(await conductor.simulate_get(READY))
            store.bring_back()
            refused(await conductor.simulate_get(READY))
            assert (await conductor.simulate_get(LIVE)).status_code == 200

    asyncio.run(ask())


def test_a_process_that_has_not_read_the_feed_within_the_bound_is_not_ready(
    store: Store, clock: FakeClock
) -> None:
    app = create_app(store.settings(REVOCATION_POLL="60", REVOCATION_BOUND="120"), clock=clock)

    async def ask() -> None:
        async with ASGIConductor(app) as conductor:
            clock.advance(seconds=120)
            assert (await conductor.simulate_get(READY)).status_code == 200
            clock.advance(seconds=0.001)
            refused(await conductor.simulate_get(READY))
            assert (await conductor.simulate_get(LIVE)).status_code == 200

    asyncio.run(ask())


@pytest.mark.databases(SQLITE)
def test_a_process_whose_storage_lane_is_full_lives_and_takes_no_more(
    make_settings: MakeSettings,
) -> None:
    settings = make_settings(STORAGE_THREADS="1", REVOCATION_POLL="60", REVOCATION_BOUND="120")
    services, database = build(settings)
    app = create_http_app(services, settings, on_close=database.dispose)
    gate = Event()

    async def ask() -> None:
        async with ASGIConductor(app) as conductor:
            places = services.storage._capacity
            held = [asyncio.create_task(services.storage.run(gate.wait)) for _ in range(places)]
            await asyncio.sleep(0)
            problem(await conductor.simulate_get(READY), 503, "overloaded")
            assert (await conductor.simulate_get(LIVE)).status_code == 200
            gate.set()
            await asyncio.gather(*held)

    asyncio.run(ask())
