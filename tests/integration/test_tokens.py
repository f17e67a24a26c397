"""Tokens over HTTP: had for a password or a token, good for their time and no longer."""

import pytest
from falcon.testing import Result, TestClient

from entrypoints.bootstrap import create_app
from tests.fakes.clock import FakeClock
from tests.integration.calls import (
    PROTECTED,
    ask_token,
    claims,
    problem,
    register,
    resource,
    token,
)
from tests.integration.conftest import MakeSettings

DAYS_30 = 30 * 24 * 3600


@pytest.mark.asvs("V14.2.1", "V15.3.7")
@pytest.mark.parametrize("path", PROTECTED)
@pytest.mark.parametrize(
    "query",
    [
        "username=miguel&password=python",
        "token={token}",
        "access_token={token}",
        "auth_token={token}",
        "Authorization=Basic%20bWlndWVsOnB5dGhvbg%3D%3D",
    ],
)
def test_credentials_in_a_query_string_are_ignored(
    miguel: TestClient, path: str, query: str
) -> None:
    answer = miguel.simulate_get(path, query_string=query.format(token=token(miguel)))

    problem(answer, 401, "credentials_required")


def test_credentials_in_a_cookie_are_ignored(miguel: TestClient) -> None:
    cookies = {"token": token(miguel), "access_token": token(miguel)}

    problem(miguel.simulate_get("/api/resource", cookies=cookies), 401, "credentials_required")


def test_a_token_lives_ten_minutes_and_is_never_stored(miguel: TestClient) -> None:
    answer = ask_token(miguel)

    assert answer.status_code == 200
    assert answer.json.keys() == {"duration", "token"}
    assert answer.json["duration"] == 600
    assert answer.text.endswith("}\n")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_refused_token_request_is_not_stored_either(miguel: TestClient) -> None:
    assert miguel.simulate_get("/api/token").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("password", ["x", "", ":", "python", "pa:ss"])
def test_a_token_in_the_names_place_opens_the_resource_with_any_password(
    miguel: TestClient, password: str
) -> None:
    assert resource(miguel, token(miguel), password).json == {"data": "Hello, miguel!"}


@pytest.mark.asvs("V9.2.4")
def test_a_token_says_what_rfc_9068_asks_for(miguel: TestClient) -> None:
    said = claims(token(miguel))

    assert said.pop("jti") != said.pop("sid")
    assert said == {
        "iss": "http://localhost:5000",
        "aud": "http://localhost:5000",
        "sub": "1",
        "client_id": "varvel",
        "scope": "account",
        "preferred_username": "miguel",
        "iat": 1772366400,
        "auth_time": 1772366400,
        "exp": 1772367000,
    }


def test_the_issuer_is_the_public_url(make_settings: MakeSettings) -> None:
    api = TestClient(create_app(make_settings(PUBLIC_URL="https://id.example.com")))
    register(api)

    said = claims(token(api))

    assert (said["iss"], said["aud"]) == ("https://id.example.com", "https://id.example.com")
    assert resource(api, token(api), "x").status_code == 200


def test_a_token_of_another_issuer_with_the_same_key_is_401(make_settings: MakeSettings) -> None:
    elsewhere = TestClient(create_app(make_settings(PUBLIC_URL="https://id.example.com")))
    register(elsewhere)
    here = TestClient(create_app(make_settings(PUBLIC_URL="https://id.example.org")))

    problem(resource(here, token(elsewhere), "x"), 401, "invalid_credentials", token_sent=True)


@pytest.mark.asvs("V9.2.1")
def test_a_token_is_refused_at_its_end_and_not_before(miguel: TestClient, clock: FakeClock) -> None:
    text = token(miguel)

    # Tokens count whole seconds, and this clock began a quarter past one.
    clock.advance(seconds=599.7)
    assert resource(miguel, text, "x").status_code == 200
    clock.advance(seconds=0.05)
    problem(resource(miguel, text, "x"), 401, "invalid_credentials", token_sent=True)
    problem(ask_token(miguel, text, "x"), 401, "invalid_credentials", token_sent=True)


def test_a_token_lives_as_long_as_it_is_set_to(
    make_settings: MakeSettings, clock: FakeClock
) -> None:
    api = TestClient(create_app(make_settings(TOKEN_LIFETIME="7"), clock=clock))
    register(api)

    answer = ask_token(api)

    assert answer.json["duration"] == 7
    clock.advance(seconds=7)
    assert resource(api, answer.json["token"], "x").status_code == 401


@pytest.mark.asvs("V7.2.2")
def test_each_log_in_is_a_session_of_its_own(miguel: TestClient) -> None:
    assert claims(token(miguel))["sid"] != claims(token(miguel))["sid"]


def test_a_renewed_token_keeps_the_session_and_the_time_of_log_in(
    miguel: TestClient, clock: FakeClock
) -> None:
    first = token(miguel)
    clock.advance(minutes=9)

    second = token(miguel, first, "x")

    kept = ("sid", "auth_time", "sub", "preferred_username")
    assert [claims(second)[name] for name in kept] == [claims(first)[name] for name in kept]
    assert claims(second)["jti"] != claims(first)["jti"]
    assert claims(second)["exp"] == claims(first)["exp"] + 540


def _renewed_until_refused(api: TestClient, clock: FakeClock, minutes: int) -> tuple[str, Result]:
    text = token(api)
    while True:
        clock.advance(minutes=minutes)
        answer = ask_token(api, text, "x")
        if answer.status_code != 200:
            return text, answer
        text = answer.json["token"]


@pytest.mark.asvs("V7.3.2")
def test_renewal_by_tokens_ends_thirty_days_after_the_log_in(
    make_settings: MakeSettings, clock: FakeClock
) -> None:
    api = TestClient(create_app(make_settings(TOKEN_LIFETIME="86400"), clock=clock))
    register(api)

    last, refusal = _renewed_until_refused(api, clock, minutes=17 * 60)

    problem(refusal, 401, "invalid_credentials", token_sent=True)
    said = claims(last)
    assert said["exp"] == said["auth_time"] + DAYS_30
    assert said["exp"] - said["iat"] < 86_400
    assert token(api), "a new log-in begins a new session"


def test_the_last_token_of_a_session_says_how_short_it_lives(
    make_settings: MakeSettings, clock: FakeClock
) -> None:
    api = TestClient(create_app(make_settings(TOKEN_LIFETIME="86400"), clock=clock))
    register(api)
    text = token(api)
    for _ in range(30):
        clock.advance(hours=23)
        text = token(api, text, "x")
    clock.advance(hours=22)

    answer = ask_token(api, text, "x")

    assert answer.json["duration"] == 8 * 3600
