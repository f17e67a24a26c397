"""Requests as clients write them, and what every answer has to look like."""

from base64 import b64encode
from collections.abc import Iterable
from typing import Any

from falcon.testing import Result, TestClient

from entrypoints.http.errors import CHALLENGE

MIGUEL = {"username": "miguel", "password": "python"}
PROTECTED = ("/api/token", "/api/resource")
PROBLEM_FIELDS = {"type", "title", "status", "detail", "code", "request_id"}


def basic(username: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{username}:{password}".encode()).decode()}


def register(api: TestClient, **fields: str) -> Result:
    return api.simulate_post("/api/users", json=MIGUEL | fields)


def ask_token(api: TestClient, username: str = "miguel", password: str = "python") -> Result:
    return api.simulate_get("/api/token", headers=basic(username, password))


def token(api: TestClient, username: str = "miguel", password: str = "python") -> str:
    return str(ask_token(api, username, password).json["token"])


def resource(api: TestClient, username: str = "miguel", password: str = "python") -> Result:
    return api.simulate_get("/api/resource", headers=basic(username, password))


def raw(
    api: TestClient,
    method: str,
    path: str,
    headers: Iterable[tuple[str, str]] = (("Host", "localhost:5000"),),
    body: bytes = b"",
) -> Result:
    """A request with exactly these headers, in latin-1, whether they make sense or not."""
    return api.simulate_request(method, path, body=body, extras=exactly(headers))


def exactly(headers: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """What makes a simulated request have these headers and no others."""
    encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return {"headers": encoded}


def post_raw(api: TestClient, body: bytes, content_type: str = "application/json") -> Result:
    return api.simulate_post("/api/users", body=body, headers={"Content-Type": content_type})


def problem(answer: Result, status: int, code: str) -> dict[str, Any]:
    """The problem in this answer, after a look at all that every problem has."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.text.endswith("}\n")
    body: dict[str, Any] = answer.json
    assert body.keys() - {"errors"} == PROBLEM_FIELDS
    assert body["type"] == "about:blank"
    assert body["title"] == answer.status.partition(" ")[2]
    assert body["status"] == status
    assert body["code"] == code
    assert body["detail"].endswith(".")
    assert body["request_id"] == answer.headers["X-Request-ID"]
    if status == 401:
        assert answer.headers["WWW-Authenticate"] == CHALLENGE
    else:
        assert "WWW-Authenticate" not in answer.headers
    return body


def field_codes(answer: Result) -> list[tuple[str, str]]:
    """Which fields a problem names, and why."""
    assert all(fault.keys() == {"field", "code", "detail"} for fault in answer.json["errors"])
    return [(fault["field"], fault["code"]) for fault in answer.json["errors"]]
