"""POST /api/token: a refresh token gets the next pair, once, and again where an answer was lost."""

from typing import Any

import pytest
from falcon.testing import TestClient

from entrypoints.bootstrap import create_app
from tests.fakes.clock import FakeClock
from tests.integration.calls import (
    basic,
    bearer,
    by_token,
    claims,
    field_codes,
    log_in,
    logged_in,
    not_refreshed,
    problem,
    refresh,
    refreshed,
    register,
    sessions,
)
from tests.integration.conftest import Execute, MakeSettings
from tests.integration.stores import SQLITE


def test_a_refresh_token_gets_a_new_pair_in_the_same_session(
    living: TestClient, clock: FakeClock
) -> None:
    first = logged_in(living, headers={"User-Agent": "a browser"})
    clock.advance(minutes=5)

    answer = refresh(living, first["refresh_token"])

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.endswith("}\n")
    second = answer.json
    assert second.keys() == first.keys()
    assert (second["token_type"], second["expires_in"]) == ("Bearer", 600)
    assert second["refresh_expires_in"] == 14 * 86_400
    assert second["refresh_token"] != first["refresh_token"]
    assert second["session"] == first["session"] | {
        "last_used_at": "2026-03-01T12:05:00+00:00",
        "expires_at": "2026-03-15T12:05:00+00:00",
    }
    assert by_token(living, "GET", "/api/resource", second["access_token"]).status_code == 200


def test_the_next_access_token_keeps_the_session_and_the_time_of_log_in(
    living: TestClient, clock: FakeClock
) -> None:
    first = logged_in(living)
    clock.advance(minutes=5)
    second = refreshed(living, first["refresh_token"])

    old, new = claims(first["access_token"]), claims(second["access_token"])
    assert {name for name in old if old[name] != new[name]} == {"jti", "iat", "exp"}
    assert (new["iat"], new["exp"]) == (old["iat"] + 300, old["exp"] + 300)


def test_an_access_token_outlives_the_refresh_that_replaced_it(living: TestClient) -> None:
    first = logged_in(living)
    refreshed(living, first["refresh_token"])

    assert by_token(living, "GET", "/api/resource", first["access_token"]).status_code == 200


@pytest.mark.asvs("V7.3.2", "V10.4.8")
def test_a_session_is_renewed_as_long_as_it_lives_and_no_longer(
    make_settings: MakeSettings, clock: FakeClock
) -> None:
    settings = make_settings(SESSION_IDLE="3600", SESSION_LIFETIME="9000")
    api = TestClient(create_app(settings, clock=clock))
    register(api)
    body: dict[str, Any] = logged_in(api)
    left = []
    for _ in range(4):
        clock.advance(seconds=2000)
        body = refreshed(api, body["refresh_token"])
        left.append((body["expires_in"], body["refresh_expires_in"]))

    assert left == [(600, 3600), (600, 3600), (600, 3000), (600, 1000)]
    clock.advance(seconds=1000)
    not_refreshed(refresh(api, body["refresh_token"]))
    assert log_in(api).status_code == 201


@pytest.mark.asvs("V7.3.1")
def test_a_session_that_idles_too_long_is_over(
    make_settings: MakeSettings, clock: FakeClock
) -> None:
    api = TestClient(create_app(make_settings(SESSION_IDLE="3600"), clock=clock))
    register(api)
    body = logged_in(api)

    clock.advance(seconds=3600)

    not_refreshed(refresh(api, body["refresh_token"]))


def test_a_lost_answer_is_had_again_within_the_grace(living: TestClient, clock: FakeClock) -> None:
    first = logged_in(living)
    clock.advance(minutes=1)
    lost = refreshed(living, first["refresh_token"])
    clock.advance(seconds=10)

    again = refreshed(living, first["refresh_token"])

    assert again["refresh_token"] == lost["refresh_token"]
    assert claims(again["access_token"]) == claims(lost["access_token"])
    assert again["session"] == lost["session"]
    # What is left of them is told, not what they had.
    assert (lost["expires_in"], again["expires_in"]) == (600, 590)
    assert again["refresh_expires_in"] == 14 * 86_400 - 10
    assert refresh(living, again["refresh_token"]).status_code == 200


def ended_by_reuse(api: TestClient, first: dict[str, Any], last: dict[str, Any]) -> None:
    """Presents an old refresh token: whatever the session has given out is worth nothing then."""
    other = logged_in(api)["access_token"]

    not_refreshed(refresh(api, first["refresh_token"]), "refresh_token_reused")

    for each in (first, last):
        answer = by_token(api, "GET", "/api/resource", each["access_token"])
        problem(answer, 401, "invalid_credentials", token_sent=True)
        not_refreshed(refresh(api, each["refresh_token"]))
    (left,) = sessions(api, other)
    assert left["current"] is True


def test_a_refresh_token_presented_after_the_grace_ends_its_session(
    living: TestClient, clock: FakeClock
) -> None:
    first = logged_in(living)
    last = refreshed(living, first["refresh_token"])
    clock.advance(seconds=10.001)

    ended_by_reuse(living, first, last)


@pytest.mark.asvs("V2.3.1")
def test_a_refresh_token_before_the_last_ends_its_session_even_within_the_grace(
    living: TestClient,
) -> None:
    first = logged_in(living)
    second = refreshed(living, first["refresh_token"])
    last = refreshed(living, second["refresh_token"])

    ended_by_reuse(living, first, last)


def test_without_a_grace_a_second_use_at_another_moment_is_reuse(
    make_settings: MakeSettings, clock: FakeClock
) -> None:
    api = TestClient(create_app(make_settings(REFRESH_GRACE="0"), clock=clock))
    register(api)
    first = logged_in(api)
    last = refreshed(api, first["refresh_token"])
    clock.advance(seconds=0.001)

    ended_by_reuse(api, first, last)


@pytest.mark.asvs("V10.4.9")
def test_a_session_that_was_ended_is_not_refreshed(living: TestClient) -> None:
    body = logged_in(living)
    by_token(living, "DELETE", "/api/sessions/current", body["access_token"])

    not_refreshed(refresh(living, body["refresh_token"]))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE users SET disabled_at = created_at",
        "DELETE FROM sessions",
        # A session of a client's own, as later grants may have; nobody refreshes it here.
        "UPDATE sessions SET user_id = NULL",
        "UPDATE sessions SET client_id = 'other'",
    ],
)
def test_a_session_without_its_user_or_of_another_client_is_not_refreshed(
    living: TestClient, execute: Execute, statement: str
) -> None:
    body = logged_in(living)
    execute(statement)

    not_refreshed(refresh(living, body["refresh_token"]))


@pytest.mark.parametrize(
    "headers", [bearer("eyJ.a.b"), basic("miguel", "wrong"), {"Authorization": "Bearer \xff"}]
)
def test_a_refresh_does_not_look_at_the_authorization_header(
    living: TestClient, headers: dict[str, str]
) -> None:
    body = {"refresh_token": logged_in(living)["refresh_token"]}

    good = living.simulate_post("/api/token", json=body, headers=headers)
    bad = living.simulate_post("/api/token", json={"refresh_token": "x"}, headers=headers)

    assert good.status_code == 200
    not_refreshed(bad)


@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, [("refresh_token", "missing")]),
        ({"refresh_token": None}, [("refresh_token", "not_text")]),
        ({"refresh_token": 1}, [("refresh_token", "not_text")]),
        (
            {"refresh_token": "x", "grant_type": "refresh_token"},
            [("grant_type", "unknown")],
        ),
        (["x"], [("body", "not_an_object")]),
    ],
)
def test_a_body_of_another_form_is_400(
    standing_api: TestClient, body: object, faults: list[tuple[str, str]]
) -> None:
    answer = standing_api.simulate_post("/api/token", json=body)

    problem(answer, 400, "invalid_fields")
    assert field_codes(answer) == faults
