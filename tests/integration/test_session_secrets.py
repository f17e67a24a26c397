"""Nothing that opens something is repeated: not in a log line, not in a refusal."""

import logging

import pytest
from falcon.testing import Result, TestClient

from tests.fakes.clock import FakeClock
from tests.integration.calls import (
    ask_token,
    basic,
    by_token,
    log_in,
    logged_in,
    refresh,
    sessions,
    token,
)
from tests.integration.logged import lines
from tests.integration.stores import Store


def refusals(api: TestClient, live: str, refresh_token: str) -> list[Result]:
    """Requests that carry secrets and are refused, by whatever is wrong at the time."""
    change = {"current_password": "plantedwrong", "new_password": "plantednew"}
    bad_change = {"current_password": "python", "new_password": "planted\tnew"}
    unknown = {"extra": refresh_token, "password": "plantedpassword"}
    path = "/api/users/me/password"
    return [
        log_in(api, "plantedname", "plantedpassword"),
        log_in(api, "miguel", "plantedpassword"),
        log_in(api, live, "plantedpassword"),
        api.simulate_post("/api/sessions", json=unknown),
        api.simulate_post("/api/sessions", body=f'{{"password": "{live}', headers=JSON),
        refresh(api, refresh_token[:-1]),
        refresh(api, live),
        api.simulate_post("/api/token", json={"refresh_token": [refresh_token]}),
        by_token(api, "PUT", path, live, change),
        by_token(api, "PUT", path, live, bad_change),
        by_token(api, "PUT", path, live, unknown),
        by_token(api, "POST", "/api/users/me/removal", live, {"password": "plantedpassword"}),
        by_token(api, "GET", f"/api/sessions/{live}", live),
        by_token(api, "DELETE", f"/api/sessions/{refresh_token}", live),
        by_token(api, "GET", "/api/sessions", live[:-1]),
        by_token(api, "GET", "/api/sessions", refresh_token),
        api.simulate_get("/api/sessions", headers=basic("plantedname", "plantedpassword")),
        ask_token(api, "plantedname", "plantedpassword"),
    ]


JSON = {"Content-Type": "application/json"}


def our_lines(caplog: pytest.LogCaptureFixture) -> str:
    ours = lines(caplog)
    assert len(ours) > 20
    return "\n".join(ours)


@pytest.mark.asvs("V16.2.5")
def test_no_password_and_no_token_reaches_a_log_line_or_a_refusal(
    living: TestClient, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        first = logged_in(living)
        second = refresh(living, first["refresh_token"]).json
        live = second["access_token"]
        sessions(living, live)
        answers = refusals(living, live, second["refresh_token"])
        body = {"current_password": "python", "new_password": "plantednew"}
        assert by_token(living, "PUT", "/api/users/me/password", live, body).status_code == 204
        clock.advance(seconds=11)
        answers.append(refresh(living, first["refresh_token"]))
        answers.append(refresh(living, second["refresh_token"]))
        last = token(living, password="plantednew")
        by_token(living, "POST", "/api/users/me/removal", last, {"password": "plantednew"})

    assert {answer.status_code for answer in answers} == {400, 401, 404}
    secrets = [first["access_token"], first["refresh_token"], live, second["refresh_token"], last]
    for text in [our_lines(caplog), *(answer.text for answer in answers)]:
        assert "planted" not in text
        for secret in secrets:
            assert secret[:-1] not in text
            assert secret.rpartition(".")[2] not in text


@pytest.mark.parametrize("lost", ["users", "sessions", "revocations"])
def test_a_failing_database_makes_nobody_talk(
    living: TestClient, store: Store, caplog: pytest.LogCaptureFixture, lost: str
) -> None:
    body = logged_in(living)
    live, refresh_token = body["access_token"], body["refresh_token"]
    store.execute(f"ALTER TABLE {lost} RENAME TO lost")
    with caplog.at_level(logging.DEBUG):
        answers = refusals(living, live, refresh_token)
        answers.append(refresh(living, refresh_token))
        change = {"current_password": "python", "new_password": "plantednew"}
        answers.append(by_token(living, "PUT", "/api/users/me/password", live, change))
        answers.append(by_token(living, "DELETE", "/api/sessions/current", live))

    assert {answer.status_code for answer in answers} >= {400, 401, 503}
    for text in [our_lines(caplog), *(answer.text for answer in answers)]:
        assert "planted" not in text
        for secret in (live, refresh_token):
            assert secret.rpartition(".")[2] not in text
