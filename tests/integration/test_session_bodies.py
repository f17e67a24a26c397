"""Bodies of what starts, renews and changes: JSON within the limit, as everywhere."""

import json

import pytest
from falcon.testing import Result, TestClient

from entrypoints.http.json import MAXIMUM_BODY
from tests.integration.calls import bearer, problem, token
from tests.integration.stores import SQLITE

pytestmark = pytest.mark.databases(SQLITE)
"""A body is judged before any database is asked."""

BODIES = {
    ("POST", "/api/sessions"): {"username": "miguel", "password": "python"},
    ("POST", "/api/token"): {"refresh_token": "x"},
    ("PUT", "/api/users/me/password"): {"current_password": "x", "new_password": "y"},
    ("POST", "/api/users/me/removal"): {"password": "x"},
}
everywhere = pytest.mark.parametrize("address", BODIES, ids=" ".join)


def sent(
    api: TestClient, address: tuple[str, str], body: bytes, content_type: str = "application/json"
) -> Result:
    headers = bearer(token(api)) | {"Content-Type": content_type}
    return api.simulate_request(*address, body=body, headers=headers)


@everywhere
def test_a_good_body_is_read(standing_api: TestClient, address: tuple[str, str]) -> None:
    answer = sent(standing_api, address, json.dumps(BODIES[address]).encode())

    assert answer.json.get("code") in (None, "invalid_refresh_token", "wrong_password")


@everywhere
@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_declared_as_anything_else_is_415(
    standing_api: TestClient, address: tuple[str, str], content_type: str
) -> None:
    body = json.dumps(BODIES[address]).encode()

    problem(sent(standing_api, address, body, content_type), 415, "unsupported_media_type")


@everywhere
@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"\xff", b'{"password": "a", "password": "b"}', b'{"password": "\\u0000"}'),
        *(b'{"refresh_token": "\\ud800"}', b"NaN", b"[" * 10_000),
    ],
)
def test_a_body_that_is_no_json_is_400(
    standing_api: TestClient, address: tuple[str, str], body: bytes
) -> None:
    problem(sent(standing_api, address, body), 400, "invalid_json")


@everywhere
def test_a_body_beyond_the_limit_is_413(standing_api: TestClient, address: tuple[str, str]) -> None:
    answer = sent(standing_api, address, b" " * (MAXIMUM_BODY + 1))

    problem(answer, 413, "content_too_large")
    assert answer.headers["Connection"] == "close"


@everywhere
@pytest.mark.parametrize("field", range(2))
def test_a_field_that_is_no_text_is_400(
    standing_api: TestClient, address: tuple[str, str], field: int
) -> None:
    names = list(BODIES[address])
    body = BODIES[address] | {names[field % len(names)]: 1}

    problem(sent(standing_api, address, json.dumps(body).encode()), 400, "invalid_fields")
