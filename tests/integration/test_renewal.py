"""GET /api/token by a token: it goes on in the session; and how many sessions a user has."""

import pytest
from falcon.testing import TestClient

from entrypoints.bootstrap import create_app
from tests.fakes.clock import FakeClock
from tests.integration.calls import (
    ask_token,
    basic,
    bearer,
    by_token,
    claims,
    log_in,
    logged_in,
    problem,
    refresh,
    register,
    sessions,
    token,
)
from tests.integration.conftest import Execute
from tests.integration.long_lived import long_lived
from tests.integration.stores import Store

MOST = 100


def renewed(api: TestClient, live: str, form: str) -> str:
    headers = bearer(live) if form == "bearer" else basic(live, "x")
    answer = api.simulate_get("/api/token", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json.keys() == {"duration", "token"}
    assert answer.headers["Cache-Control"] == "no-store"
    return str(answer.json["token"])


@pytest.mark.parametrize("form", ["bearer", "basic"])
def test_a_token_gets_the_next_one_in_the_same_session_and_moves_its_end(
    miguel: TestClient, clock: FakeClock, form: str
) -> None:
    first = token(miguel)
    (before,) = sessions(miguel, first)
    clock.advance(minutes=7)

    second = renewed(miguel, first, form)

    (after,) = sessions(miguel, second)
    assert after == before | {
        "last_used_at": "2026-03-01T12:07:00+00:00",
        "expires_at": "2026-03-01T12:17:00+00:00",
    }
    assert claims(second)["sid"] == claims(first)["sid"] == before["id"]
    clock.advance(minutes=9)
    assert len(sessions(miguel, second)) == 1


def test_a_session_without_a_refresh_token_ends_with_its_last_token(
    miguel: TestClient, clock: FakeClock
) -> None:
    live = token(miguel)
    clock.advance(minutes=10)
    other = token(miguel)

    (left,) = sessions(miguel, other)

    assert left["id"] == claims(other)["sid"] != claims(live)["sid"]


def test_a_session_with_a_refresh_token_outlives_its_last_token(
    miguel: TestClient, clock: FakeClock
) -> None:
    body = logged_in(miguel)
    clock.advance(days=13)

    live = refresh(miguel, body["refresh_token"]).json["access_token"]

    assert claims(live)["sid"] == body["session"]["id"]


def test_a_token_renews_a_session_with_a_refresh_token_and_leaves_that_alone(
    miguel: TestClient, clock: FakeClock
) -> None:
    body = logged_in(miguel)
    clock.advance(minutes=5)

    live = renewed(miguel, body["access_token"], "bearer")

    (shown,) = sessions(miguel, live)
    assert shown["expires_at"] == "2026-03-15T12:05:00+00:00"
    assert refresh(miguel, body["refresh_token"]).status_code == 200


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE users SET disabled_at = created_at",
        "UPDATE sessions SET ended_at = created_at",
        "DELETE FROM sessions",
        "UPDATE sessions SET idle_end = created_at",
    ],
)
def test_a_session_that_came_to_an_end_unheard_of_is_not_renewed(
    miguel: TestClient, execute: Execute, statement: str
) -> None:
    live = token(miguel)
    execute(statement)

    problem(ask_token(miguel, live, "x"), 401, "invalid_credentials", token_sent=True)


@pytest.mark.asvs("V2.3.2")
@pytest.mark.parametrize("by_basic", [True, False], ids=["GET /api/token", "POST /api/sessions"])
def test_a_user_has_at_most_a_hundred_live_sessions_and_the_oldest_goes(
    store: Store, clock: FakeClock, by_basic: bool
) -> None:
    settings = store.settings(REVOCATION_POLL="60", REVOCATION_BOUND="600")
    with long_lived(create_app(settings, clock=clock)) as api:
        register(api)
        register(api, username="susan", password="cat")
        susan = token(api, "susan", "cat")
        live = []
        for _ in range(MOST):
            live.append(token(api))
            clock.advance(seconds=1)
        oldest, second, *_, last = live
        assert len(sessions(api, oldest)) == MOST

        new = token(api) if by_basic else logged_in(api)["access_token"]

        answer = by_token(api, "GET", "/api/resource", oldest)
        problem(answer, 401, "invalid_credentials", token_sent=True)
        listed = [each["id"] for each in sessions(api, new)]
        assert len(listed) == MOST
        assert (listed[0], listed[-1]) == (claims(new)["sid"], claims(second)["sid"])
        for each in (second, last, new, susan):
            assert by_token(api, "GET", "/api/resource", each).status_code == 200


KEPT = (
    "user_id, client_id, scope, audience, counter, created_at, rotated_at, used_at, tokens_end,"
    " absolute_end"
)
COPIES = f"""INSERT INTO sessions (id, {KEPT}, idle_end, ended_at)
WITH RECURSIVE n(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM n WHERE number < 150)
SELECT 'copy-' || number, {KEPT}, {{idle_end}}, {{ended_at}} FROM sessions, n WHERE counter = 1
"""


@pytest.mark.parametrize(
    "over",
    [
        {"idle_end": "idle_end", "ended_at": "created_at"},
        {"idle_end": "created_at", "ended_at": "ended_at"},
    ],
    ids=["ended", "idle for too long"],
)
def test_sessions_that_are_over_take_no_place_of_the_hundred(
    miguel: TestClient, execute: Execute, over: dict[str, str]
) -> None:
    kept = logged_in(miguel)
    execute(COPIES.format(**over))
    execute(
        "UPDATE sessions SET created_at = '2026-03-01 00:00:00.000000' WHERE id = :id",
        id=kept["session"]["id"],
    )

    assert log_in(miguel).status_code == 201

    assert refresh(miguel, kept["refresh_token"]).status_code == 200
