"""The real application on a real database, in this process."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import TestClient

from entrypoints.bootstrap import create_app
from entrypoints.settings import Settings
from tests.fakes.clock import FakeClock
from tests.integration import calls
from tests.integration.applications import Application, Door, door
from tests.integration.browsers import Browser
from tests.integration.clients import standing
from tests.integration.forge import Forge, signing_key
from tests.integration.granted import Applications, applications_beside
from tests.integration.long_lived import long_lived
from tests.integration.stores import (
    BACKENDS,
    LOSE_USERS,
    SQLITE,
    PostgresStores,
    SqliteStores,
    Store,
    Stores,
)
from tests.postgresql import PostgresServer

MakeSettings = Callable[..., Settings]
Execute = Callable[..., list[tuple[Any, ...]]]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "databases(*backends): the databases to run on, if not on all"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs whatever reaches a database on each of them."""
    if "backend" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("databases")
        backends = marker.args if marker else BACKENDS
        metafunc.parametrize("backend", backends, indirect=True, scope="session")


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def sqlite_stores(tmp_path_factory: pytest.TempPathFactory) -> SqliteStores:
    return SqliteStores(tmp_path_factory.mktemp("prepared-sqlite"))


@pytest.fixture(scope="session")
def postgres_stores(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> PostgresStores:
    return PostgresStores(postgres, tmp_path_factory.mktemp("prepared-postgresql"))


@pytest.fixture(scope="session")
def stores(backend: str, request: pytest.FixtureRequest) -> Stores:
    # Asked for by name, so that no server is started for tests that need none.
    found: Stores = request.getfixturevalue(
        "sqlite_stores" if backend == SQLITE else "postgres_stores"
    )
    return found


@pytest.fixture
def store(stores: Stores, tmp_path: Path) -> Iterator[Store]:
    """A database of this test's own."""
    with stores.lent(tmp_path / "var") as store:
        yield store


@pytest.fixture
def make_settings(store: Store) -> MakeSettings:
    """Makes settings for this test's database; keywords are variables without VARVEL_."""
    return store.settings


@pytest.fixture
def execute(store: Store) -> Execute:
    """Runs one statement on this test's database, behind the application's back."""
    return store.execute


@pytest.fixture
def api(store: Store, make_settings: MakeSettings, clock: FakeClock) -> Iterator[TestClient]:
    with standing(make_settings(), clock) as api:
        store.let_go.append(api.stop)
        yield api


@pytest.fixture
def miguel(api: TestClient) -> TestClient:
    """The API with the seed's user registered."""
    calls.register(api)
    return api


@pytest.fixture
def gate(miguel: TestClient, make_settings: MakeSettings, clock: FakeClock) -> Iterator[Door]:
    """Where applications are registered and let in."""
    with door(make_settings(), clock) as opened:
        yield opened


@pytest.fixture
def shop(gate: Door) -> Application:
    """A confidential application."""
    return gate.application()


@pytest.fixture
def trusted(gate: Door) -> Application:
    """For which nobody has to be asked."""
    return gate.application(is_trusted=True)


@pytest.fixture
def applications(store: Store, clock: FakeClock) -> Iterator[Applications]:
    with applications_beside(store.settings(), clock) as applications:
        yield applications


@pytest.fixture
def living(store: Store, clock: FakeClock) -> Iterator[TestClient]:
    """The same in a process that starts once, and reads the feed no second time in a test.

    So it judges tokens for ten minutes of the clock's.
    """
    settings = store.settings(REVOCATION_POLL="60", REVOCATION_BOUND="600")
    with long_lived(create_app(settings, clock=clock)) as api:
        calls.register(api)
        yield api


@pytest.fixture(scope="module")
def standing_store(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A database that the tests of one module share."""
    with stores.lent(tmp_path_factory.mktemp("standing") / "var") as store:
        yield store


@pytest.fixture(scope="module")
def standing_api(standing_store: Store) -> Iterator[TestClient]:
    """An API where miguel is user 1, for tests that leave everything as it is."""
    with standing(standing_store.settings(), FakeClock()) as api:
        calls.register(api)
        yield api


@pytest.fixture(scope="module")
def standing_gate(standing_store: Store, standing_api: TestClient) -> Iterator[Door]:
    """Where applications of that API are registered."""
    with door(standing_store.settings(), FakeClock()) as opened:
        yield opened


@pytest.fixture
def browser(api: TestClient) -> Browser:
    """One in which miguel is logged in."""
    return Browser(api).logged_in()


@pytest.fixture(scope="module")
def forge(standing_store: Store, standing_api: TestClient) -> Forge:
    """The signing key of that API, for who makes tokens of their own with it."""
    return Forge(signing_key(standing_store.settings()), calls.token(standing_api))


@pytest.fixture(scope="module")
def blind_api(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """An API that has lost its users: whoever needs to be looked up there gets a 503."""
    with (
        stores.lent(tmp_path_factory.mktemp("blind") / "var") as store,
        standing(store.settings(), FakeClock()) as api,
    ):
        store.execute(LOSE_USERS)
        assert calls.resource(api).status_code == 503
        yield api


@pytest.fixture
def empty_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without a schema."""
    if backend == SQLITE:
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create_database()
    yield url
    server.drop_database(url)


@pytest.fixture
def admin(api: TestClient, execute: Execute) -> str:
    """The token of miguel (1), who is an admin, beside susan (2)."""
    calls.register(api)
    calls.register(api, username="susan")
    execute("UPDATE users SET role = 'admin' WHERE id = 1")
    return str(calls.logged_in(api)["access_token"])
