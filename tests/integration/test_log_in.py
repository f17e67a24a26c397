"""POST /api/sessions: a name and a password start a session."""

import re

import pytest
from falcon.testing import TestClient

from domain.credentials import InvalidCredentials
from entrypoints.bootstrap import create_app
from tests.fakes.clock import FakeClock
from tests.integration.calls import (
    MIGUEL,
    basic,
    bearer,
    by_token,
    field_codes,
    log_in,
    logged_in,
    problem,
    refresh,
    register,
    resource,
    token,
)
from tests.integration.conftest import Execute, MakeSettings
from tests.integration.stores import SQLITE

PAIR = {
    *("access_token", "token_type", "expires_in", "refresh_token", "refresh_expires_in", "session"),
}
DAY = 86_400


def test_a_log_in_is_answered_by_tokens_and_their_session(
    miguel: TestClient, clock: FakeClock
) -> None:
    clock.advance(seconds=42)

    answer = log_in(
        miguel, headers={"User-Agent": "a browser"}, extras={"client": ("203.0.113.9", 50_000)}
    )

    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.text.endswith("}\n")
    body = answer.json
    assert body.keys() == PAIR
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
    assert body["refresh_expires_in"] == 14 * DAY
    assert re.fullmatch(r"varvel_rt_[A-Za-z0-9_-]{22}\.1\.[A-Za-z0-9_-]{43}", body["refresh_token"])
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", body["session"].pop("id"))
    assert body["session"] == {
        "client_id": "varvel",
        "created_at": "2026-03-01T12:00:42+00:00",
        "last_used_at": "2026-03-01T12:00:42+00:00",
        "expires_at": "2026-03-15T12:00:42+00:00",
        "user_agent": "a browser",
        "address": "203.0.113.9",
        "current": True,
    }


def test_the_tokens_of_a_log_in_are_good_at_once(miguel: TestClient) -> None:
    body = logged_in(miguel)

    assert by_token(miguel, "GET", "/api/resource", body["access_token"]).status_code == 200
    assert resource(miguel, body["access_token"], "x").json == {"data": "Hello, miguel!"}
    assert refresh(miguel, body["refresh_token"]).status_code == 200


def test_the_location_leads_to_the_session(miguel: TestClient) -> None:
    answer = log_in(miguel, host="id.example.org", port=8000)

    address, _, session_id = answer.headers["Location"].rpartition("/")
    assert address == "http://id.example.org:8000/api/sessions"
    assert session_id == answer.json["session"]["id"]
    shown = by_token(miguel, "GET", f"/api/sessions/{session_id}", answer.json["access_token"])
    assert shown.json == answer.json["session"]


@pytest.mark.parametrize("url", ["https://id.example.com", "https://example.com/auth/"])
def test_the_location_is_under_the_public_url(make_settings: MakeSettings, url: str) -> None:
    api = TestClient(create_app(make_settings(PUBLIC_URL=url)))
    register(api)

    answer = log_in(api, host="evil.example", headers={"X-Forwarded-Host": "evil.example"})

    session_id = answer.json["session"]["id"]
    assert answer.headers["Location"] == f"{url.rstrip('/')}/api/sessions/{session_id}"


@pytest.mark.parametrize("username", ["MIGUEL", "Miguel", "\uff4diguel"])
def test_a_name_is_taken_in_any_spelling(miguel: TestClient, username: str) -> None:
    assert log_in(miguel, username).status_code == 201


@pytest.mark.parametrize(
    ("username", "password"),
    [
        *(("miguel", text) for text in ("ruby", "", "python ", "Python", "x" * 257, "x" * 60_000)),
        *((text, "python") for text in ("nobody", "", " ", "a b", "a:b", "x" * 65, "x" * 60_000)),
        # What looks like a token is neither a name nor taken as a token here.
        *((text, "python") for text in ("eyJ.a.b", "EYJ..", "\uff45\uff59\uff2a.a.b")),
        ("\u202emiguel", "python"),
        ("miguel", "\u202epython"),
    ],
)
def test_credentials_that_are_nobodys_are_401_in_the_same_words(
    standing_api: TestClient, username: str, password: str
) -> None:
    answer = log_in(standing_api, username, password)

    body = problem(answer, 401, "invalid_credentials")
    assert body["detail"] == InvalidCredentials.detail
    assert "errors" not in body
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_live_token_is_no_name_to_log_in_with(miguel: TestClient) -> None:
    for live in (token(miguel), logged_in(miguel)["access_token"]):
        for password in ("python", ""):
            problem(log_in(miguel, live, password), 401, "invalid_credentials")


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, [("username", "missing"), ("password", "missing")]),
        ({"username": "miguel"}, [("password", "missing")]),
        ({"password": "python"}, [("username", "missing")]),
        (MIGUEL | {"remember": True}, [("remember", "unknown")]),
        (MIGUEL | {"username": 1}, [("username", "not_text")]),
        (MIGUEL | {"password": None}, [("password", "not_text")]),
        (MIGUEL | {"password": ["python"]}, [("password", "not_text")]),
        ([], [("body", "not_an_object")]),
        ("miguel", [("body", "not_an_object")]),
    ],
)
@pytest.mark.databases(SQLITE)
def test_a_body_of_another_form_is_400(
    standing_api: TestClient, body: object, faults: list[tuple[str, str]]
) -> None:
    answer = standing_api.simulate_post("/api/sessions", json=body)

    problem(answer, 400, "invalid_fields")
    assert sorted(field_codes(answer)) == sorted(faults)


def test_a_disabled_user_cannot_log_in(miguel: TestClient, execute: Execute) -> None:
    execute("UPDATE users SET disabled_at = created_at")

    problem(log_in(miguel), 401, "invalid_credentials")
    assert execute("SELECT count(*) FROM sessions") == [(0,)]


@pytest.mark.parametrize(
    "headers",
    [basic("miguel", "wrong"), basic("nobody", "x"), bearer("x"), {"Authorization": "Basic \xff"}],
)
def test_a_log_in_does_not_look_at_the_authorization_header(
    standing_api: TestClient, headers: dict[str, str]
) -> None:
    answer = log_in(standing_api, headers=headers)

    assert answer.status_code == 201
    refusal = log_in(standing_api, password="wrong", headers=headers)
    problem(refusal, 401, "invalid_credentials")


def test_a_log_in_beside_a_live_token_starts_a_session_of_its_own(miguel: TestClient) -> None:
    first = logged_in(miguel)

    second = logged_in(miguel, headers=bearer(first["access_token"]))

    assert second["session"]["id"] != first["session"]["id"]


def test_credentials_in_the_authorization_header_alone_start_nothing(
    standing_api: TestClient,
) -> None:
    headers = basic("miguel", "python")

    answer = standing_api.simulate_post("/api/sessions", json={}, headers=headers)

    problem(answer, 400, "invalid_fields")


def test_the_refresh_token_lives_as_long_as_the_session_idles_and_never_beyond_its_end(
    make_settings: MakeSettings, clock: FakeClock
) -> None:
    settings = make_settings(SESSION_IDLE="7200", SESSION_LIFETIME="3600", TOKEN_LIFETIME="5000")
    api = TestClient(create_app(settings, clock=clock))
    register(api)

    body = logged_in(api)

    # The session's end falls on a whole second, a quarter before that of a log-in in its middle.
    assert (body["expires_in"], body["refresh_expires_in"]) == (3600, 3600)
    clock.advance(seconds=3599.7)
    assert by_token(api, "GET", "/api/resource", body["access_token"]).status_code == 200
    clock.advance(seconds=0.1)
    problem(refresh(api, body["refresh_token"]), 401, "invalid_refresh_token")
    answer = by_token(api, "GET", "/api/resource", body["access_token"])
    problem(answer, 401, "invalid_credentials", token_sent=True)


@pytest.mark.databases(SQLITE)
def test_a_refused_log_in_leaves_no_session_behind(miguel: TestClient, execute: Execute) -> None:
    log_in(miguel, password="ruby")

    assert execute("SELECT count(*) FROM sessions") == [(0,)]
