"""The line that a request leaves: who asked, in which session, and what was answered."""

import logging
from collections.abc import Callable

import pytest
from falcon.testing import Result, TestClient

from tests.integration.calls import ask_token, by_token, log_in, logged_in, refresh, resource
from tests.integration.logged import request_entry
from tests.integration.stores import SQLITE

pytestmark = pytest.mark.databases(SQLITE)
"""Who asks is told in the same way on every database."""

OTHERS = "0" * 32

Ask = Callable[[TestClient, dict[str, str]], Result]

BY_ALL: dict[str, Ask] = {
    "renewed": lambda api, body: refresh(api, body["refresh_token"]),
    "by a token": lambda api, body: resource(api, body["access_token"], "x"),
    "token for a token": lambda api, body: ask_token(api, body["access_token"], "x"),
    "refused": lambda api, body: by_token(
        api, "DELETE", f"/api/sessions/{OTHERS}", body["access_token"]
    ),
}


@pytest.fixture(autouse=True)
def logging_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "varvel.requests")


@pytest.mark.asvs("V16.2.1", "V16.3.2")
@pytest.mark.parametrize("ask", BY_ALL.values(), ids=BY_ALL)
def test_it_tells_the_user_and_the_session(
    living: TestClient, caplog: pytest.LogCaptureFixture, ask: Ask
) -> None:
    body = logged_in(living)
    caplog.clear()

    answer = ask(living, body)

    entry = request_entry(caplog)
    assert (entry["user_id"], entry["session_id"]) == (1, body["session"]["id"])
    assert entry["status"] == answer.status_code
    assert entry.get("code") == ("session_not_found" if answer.status_code == 404 else None)


@pytest.mark.asvs("V16.3.1")
def test_a_log_in_tells_the_session_that_it_started(
    living: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    body = logged_in(living)

    entry = request_entry(caplog)
    assert (entry["user_id"], entry["session_id"]) == (1, body["session"]["id"])


@pytest.mark.asvs("V16.3.1")
def test_a_password_that_opens_one_request_tells_a_user_and_no_session(
    living: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    resource(living)

    entry = request_entry(caplog)
    assert entry["user_id"] == 1
    assert "session_id" not in entry


@pytest.mark.asvs("V16.3.1")
@pytest.mark.parametrize("username", ["miguel", "nobody"])
def test_a_wrong_password_tells_its_code_and_nobody(
    living: TestClient, caplog: pytest.LogCaptureFixture, username: str
) -> None:
    caplog.clear()
    answer = log_in(living, username, "wrong")

    entry = request_entry(caplog)
    assert entry["code"] == answer.json["code"] == "invalid_credentials"
    assert not {"user_id", "session_id"} & entry.keys()
