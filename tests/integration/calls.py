"""Requests as clients write them, and what every answer has to look like."""

import json
from base64 import b64encode, urlsafe_b64decode
from collections.abc import Iterable, Mapping
from typing import Any

from falcon.testing import Result, TestClient

from entrypoints.http.errors import BAD_TOKEN, CHALLENGE

MIGUEL = {"username": "miguel", "password": "python"}
PROTECTED = ("/api/token", "/api/resource")
"""Where GET asks for a user, by password or by token."""

TOKEN_ONLY = (
    ("GET", "/api/sessions"),
    ("DELETE", "/api/sessions"),
    ("GET", "/api/sessions/{session_id}"),
    ("DELETE", "/api/sessions/{session_id}"),
    ("GET", "/api/consents"),
    ("DELETE", "/api/consents/{client_id}"),
    ("GET", "/api/users/me"),
    ("PUT", "/api/users/me/password"),
    ("POST", "/api/users/me/removal"),
)
"""What asks for a user by token."""

PROFILE = (("GET", "/api/users/me"),)
"""What of it an application can be let do."""

ADMIN_ONLY = (
    ("GET", "/api/admin/users"),
    ("POST", "/api/admin/users"),
    ("GET", "/api/admin/users/{user_id}"),
    ("DELETE", "/api/admin/users/{user_id}"),
    ("POST", "/api/admin/users/{user_id}/disable"),
    ("POST", "/api/admin/users/{user_id}/enable"),
    ("POST", "/api/admin/users/{user_id}/unlock"),
    ("GET", "/api/admin/users/{user_id}/sessions"),
    ("DELETE", "/api/admin/users/{user_id}/sessions"),
    ("DELETE", "/api/admin/users/{user_id}/sessions/{session_id}"),
    ("GET", "/api/admin/audit"),
)
"""What asks for an admin."""

PROBLEM_FIELDS = {"type", "title", "status", "detail", "code", "request_id"}


def basic(username: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{username}:{password}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def register(api: TestClient, **fields: str) -> Result:
    return api.simulate_post("/api/users", json=MIGUEL | fields)


def ask_token(api: TestClient, username: str = "miguel", password: str = "python") -> Result:
    return api.simulate_get("/api/token", headers=basic(username, password))


def token(api: TestClient, username: str = "miguel", password: str = "python") -> str:
    return str(ask_token(api, username, password).json["token"])


def log_in(
    api: TestClient,
    username: str = "miguel",
    password: str = "python",
    headers: Mapping[str, str] | None = None,
    **options: Any,
) -> Result:
    """Starts a session that has a refresh token."""
    return api.simulate_post(
        "/api/sessions",
        json={"username": username, "password": password},
        headers=headers,
        **options,
    )


def logged_in(api: TestClient, **options: Any) -> dict[str, Any]:
    """The tokens of a new session of miguel's."""
    answer = log_in(api, **options)
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def refresh(api: TestClient, refresh_token: str) -> Result:
    return api.simulate_post("/api/token", json={"refresh_token": refresh_token})


def refreshed(api: TestClient, refresh_token: str) -> dict[str, Any]:
    answer = refresh(api, refresh_token)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def not_refreshed(answer: Result, code: str = "invalid_refresh_token") -> None:
    """A refusal without a word of the access token: none was sent."""
    problem(answer, 401, code)
    assert answer.headers["Cache-Control"] == "no-store"


def by_token(
    api: TestClient, method: str, path: str, token: str, body: Mapping[str, object] | None = None
) -> Result:
    """A request by a token, sent as Bearer."""
    return api.simulate_request(method, path, headers=bearer(token), json=body)


def sessions(api: TestClient, token: str) -> list[dict[str, Any]]:
    """The user's live sessions, as listed."""
    answer = by_token(api, "GET", "/api/sessions", token)
    assert answer.status_code == 200, answer.text
    return list(answer.json["sessions"])


def resource(api: TestClient, username: str = "miguel", password: str = "python") -> Result:
    return api.simulate_get("/api/resource", headers=basic(username, password))


def account(api: TestClient, token: str) -> Result:
    return api.simulate_get("/api/users/me", headers=bearer(token))


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


def problem(answer: Result, status: int, code: str, *, token_sent: bool = False) -> dict[str, Any]:
    """The problem in this answer, after a look at all that every problem has.

    Where a token was sent, and only there, a 401 says that it was the token.
    """
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
        assert answer.headers["WWW-Authenticate"] == CHALLENGE + BAD_TOKEN * token_sent
    else:
        assert "WWW-Authenticate" not in answer.headers
    return body


def claims(token: str) -> dict[str, Any]:
    """What a token says."""
    payload = token.split(".")[1]
    read: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return read


def field_codes(answer: Result) -> list[tuple[str, str]]:
    """Which fields a problem names, and why."""
    assert all(fault.keys() == {"field", "code", "detail"} for fault in answer.json["errors"])
    return [(fault["field"], fault["code"]) for fault in answer.json["errors"]]
