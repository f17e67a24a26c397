"""A process that cannot read the feed: it answers within the bound, refuses after it, recovers."""

from collections.abc import Iterator

import pytest
from falcon.testing import TestClient

from domain.revocations import RevocationsUnknown
from entrypoints.bootstrap import create_app
from tests.fakes.clock import FakeClock
from tests.integration.calls import (
    by_token,
    log_in,
    logged_in,
    problem,
    refresh,
    register,
    resource,
)
from tests.integration.long_lived import first_answer, long_lived
from tests.integration.stores import Store

BOUND = 5
READY = "/health/ready"
BY_TOKEN = (
    *(("GET", "/api/resource"), ("GET", "/api/token"), ("GET", "/api/sessions")),
    *(("DELETE", "/api/sessions"), ("DELETE", "/api/sessions/current"), ("GET", "/api/users/me")),
    *(("PUT", "/api/users/me/password"), ("POST", "/api/users/me/removal")),
)


@pytest.fixture
def api(store: Store, clock: FakeClock) -> Iterator[TestClient]:
    """A process that polls all the time."""
    with long_lived(create_app(store.settings(REVOCATION_POLL="0.01"), clock=clock)) as api:
        register(api)
        yield api


def unknown(api: TestClient, live: str) -> None:
    """No token is judged, by any way at any address."""
    for method, path in BY_TOKEN:
        answer = by_token(api, method, path, live)
        body = problem(answer, 503, "revocations_unknown")
        assert body["detail"] == RevocationsUnknown.detail
        assert answer.headers["Retry-After"] == "1"
        assert answer.headers["Cache-Control"] == "no-store"
    problem(resource(api, live, "x"), 503, "revocations_unknown")
    problem(api.simulate_get(READY), 503, "not_ready")


@pytest.mark.asvs("V16.5.2")
def test_without_its_database_a_process_judges_tokens_within_the_bound_and_not_beyond(
    api: TestClient, store: Store, clock: FakeClock
) -> None:
    body = logged_in(api)
    live = body["access_token"]
    store.take_away()

    clock.advance(seconds=BOUND)
    assert by_token(api, "GET", "/api/resource", live).status_code == 200
    clock.advance(seconds=0.001)

    unknown(api, live)
    for answer in (resource(api), log_in(api), refresh(api, body["refresh_token"])):
        problem(answer, 503, "storage_unavailable")
    assert api.simulate_get("/health/live").status_code == 200
    assert api.simulate_get("/.well-known/jwks.json").status_code == 200

    store.bring_back()

    answer = first_answer(
        lambda: by_token(api, "GET", "/api/resource", live), status=200, until_then=(503,)
    )
    assert answer.json == {"data": "Hello, miguel!"}
    assert api.simulate_get(READY).status_code == 200
    assert refresh(api, body["refresh_token"]).status_code == 200


def test_a_token_that_is_none_is_401_even_while_nothing_is_known(
    api: TestClient, store: Store, clock: FakeClock
) -> None:
    live = logged_in(api)["access_token"]
    store.take_away()
    clock.advance(seconds=BOUND + 1)

    for text in (live[:-1], "eyJ.a.b", "x"):
        answer = by_token(api, "GET", "/api/resource", text)
        problem(answer, 401, "invalid_credentials", token_sent=True)
    store.bring_back()


@pytest.mark.asvs("V16.5.3")
def test_what_ended_while_the_feed_could_not_be_read_is_never_accepted_after_the_bound(
    api: TestClient, store: Store, clock: FakeClock
) -> None:
    ended, kept = logged_in(api), logged_in(api)
    store.execute("ALTER TABLE feed RENAME TO lost_feed")
    store.execute("UPDATE lost_feed SET position = position + 1")
    store.execute(
        "INSERT INTO revocations (position, session_id, expires_at)"
        " SELECT position, sessions.id, tokens_end FROM sessions, lost_feed"
        " WHERE sessions.id = :id",
        id=ended["session"]["id"],
    )
    clock.advance(seconds=BOUND + 0.001)
    unknown(api, ended["access_token"])

    store.execute("ALTER TABLE lost_feed RENAME TO feed")

    answer = first_answer(
        lambda: by_token(api, "GET", "/api/resource", ended["access_token"]),
        status=401,
        until_then=(503,),
    )
    problem(answer, 401, "invalid_credentials", token_sent=True)
    assert by_token(api, "GET", "/api/resource", kept["access_token"]).status_code == 200


def test_a_clock_that_jumps_back_ends_the_bound_too(
    api: TestClient, store: Store, clock: FakeClock
) -> None:
    live = logged_in(api)["access_token"]
    store.take_away()

    clock.advance(seconds=-BOUND)
    assert by_token(api, "GET", "/api/resource", live).status_code == 200
    clock.advance(seconds=-0.001)

    unknown(api, live)
    store.bring_back()


@pytest.mark.parametrize("bound", ["1", "7.5", "600"])
def test_the_bound_is_as_it_is_set(store: Store, clock: FakeClock, bound: str) -> None:
    settings = store.settings(REVOCATION_POLL="0.01", REVOCATION_BOUND=bound)
    with long_lived(create_app(settings, clock=clock)) as api:
        register(api)
        live = logged_in(api)["access_token"]
        store.take_away()

        clock.advance(seconds=float(bound) - 0.3)
        assert by_token(api, "GET", "/api/resource", live).status_code == 200
        clock.advance(seconds=0.301)
        problem(api.simulate_get(READY), 503, "not_ready")
        assert by_token(api, "GET", "/api/resource", live).status_code != 200
    store.bring_back()
