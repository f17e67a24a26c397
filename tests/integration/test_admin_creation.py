"""What admins create users with: a password, or the hash that another program kept of one."""

from typing import Any

import pytest
from falcon.testing import TestClient

from tests.integration.calls import by_token, field_codes, log_in, logged_in, problem, register
from tests.integration.conftest import Execute

USERS = "/api/admin/users"
PYTHON = (
    "pbkdf2:sha256:1000$pepper$0eccb6d3519355dd2985834baf250dc301f3a8d595264fa6bd1dd853213a53d0"
)
"""Werkzeug's, of `python`."""


@pytest.fixture
def admin(api: TestClient, execute: Execute) -> str:
    """The token of miguel, who is an admin."""
    register(api)
    execute("UPDATE users SET role = 'admin' WHERE id = 1")
    return str(logged_in(api)["access_token"])


def test_a_user_who_is_created_with_a_hash_logs_in_with_the_old_password_and_gets_argon2id(
    api: TestClient, admin: str, execute: Execute
) -> None:
    created = by_token(api, "POST", USERS, admin, {"username": "Susan", "password_hash": PYTHON})

    assert created.status_code == 201
    assert "password_hash" not in created.json
    rows = execute("SELECT event, subject, actor FROM audit_entries WHERE subject = 'user:2'")
    assert [tuple(row) for row in rows] == [("user_registered", "user:2", "user:1")]
    assert log_in(api, "susan", "wrong").status_code == 401
    assert log_in(api, "susan").status_code == 201
    ((stored,),) = execute("SELECT password_hash FROM users WHERE id = 2")
    assert stored.startswith("$argon2id$")
    assert log_in(api, "susan").status_code == 201


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({}, ("password", "missing")),
        ({"password": "python", "password_hash": PYTHON}, ("password_hash", "ambiguous")),
        ({"password_hash": "python"}, ("password_hash", "unknown_hash")),
        ({"password_hash": "{SHA}hunter2"}, ("password_hash", "unknown_hash")),
        ({"password_hash": None}, ("password_hash", "not_text")),
        ({"password": "python", "role": "admin"}, ("role", "unknown")),
    ],
    ids=["neither", "both", "no hash", "unsalted", "null", "role"],
)
def test_nobody_is_created_without_one_of_the_two(
    api: TestClient, admin: str, execute: Execute, given: dict[str, Any], fault: tuple[str, str]
) -> None:
    answer = by_token(api, "POST", USERS, admin, {"username": "susan", **given})

    problem(answer, 400, "invalid_fields")
    assert field_codes(answer) == [fault]
    assert "hunter2" not in answer.text
    ((number,),) = execute("SELECT count(*) FROM users")
    assert number == 1


def test_a_hash_registers_nobody(api: TestClient) -> None:
    answer = api.simulate_post("/api/users", json={"username": "susan", "password_hash": PYTHON})

    problem(answer, 400, "invalid_fields")
    assert sorted(field_codes(answer)) == [("password", "missing"), ("password_hash", "unknown")]
