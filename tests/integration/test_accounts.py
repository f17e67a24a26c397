"""Accounts over HTTP: users see what is known of them, change their password, and leave."""

import pytest
from falcon.testing import Result, TestClient

from domain.accounts import WrongPassword
from entrypoints.bootstrap import create_app
from tests.fakes.clock import FakeClock
from tests.integration.calls import (
    ask_token,
    basic,
    by_token,
    field_codes,
    log_in,
    logged_in,
    problem,
    refresh,
    register,
    resource,
    sessions,
    token,
)
from tests.integration.conftest import Execute
from tests.integration.stores import SQLITE, Store

PASSWORD = "/api/users/me/password"
REMOVAL = "/api/users/me/removal"


def change(api: TestClient, live: str, current: str = "python", new: str = "monty") -> Result:
    body = {"current_password": current, "new_password": new}
    return by_token(api, "PUT", PASSWORD, live, body)


def remove(api: TestClient, live: str, password: str = "python") -> Result:
    return by_token(api, "POST", REMOVAL, live, {"password": password})


def done(answer: Result) -> None:
    assert (answer.status_code, answer.text) == (204, "")
    assert answer.headers["Cache-Control"] == "no-store"


def over(api: TestClient, live: str) -> None:
    """This token opens nothing any more."""
    for method, path in (("GET", "/api/resource"), ("GET", "/api/token"), ("GET", "/api/users/me")):
        answer = by_token(api, method, path, live)
        problem(answer, 401, "invalid_credentials", token_sent=True)


@pytest.mark.asvs("V8.2.3", "V14.2.6")
def test_users_see_what_is_known_of_them(api: TestClient) -> None:
    register(api, username="José")
    body = logged_in(api, username="JOSÉ")

    answer = by_token(api, "GET", "/api/users/me", body["access_token"])

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.endswith("}\n")
    assert answer.json.keys() == {"id", "username", "created_at"}
    assert (answer.json["id"], answer.json["username"]) == (1, "José")
    assert answer.json["created_at"].startswith("2026-03-01T12:00:00")


def test_each_user_sees_their_own_account(living: TestClient) -> None:
    register(living, username="susan", password="cat")

    by_basic = living.simulate_get(
        "/api/users/me", headers=basic(token(living, "susan", "cat"), "x")
    )

    assert (by_basic.json["id"], by_basic.json["username"]) == (2, "susan")


@pytest.mark.asvs("V6.2.2", "V6.5.6")
def test_a_changed_password_is_the_only_one_from_then_on(living: TestClient) -> None:
    done(change(living, token(living)))

    for answer in (resource(living), log_in(living)):
        problem(answer, 401, "invalid_credentials")
    assert resource(living, password="monty").status_code == 200
    assert log_in(living, password="monty").status_code == 201


@pytest.mark.asvs("V7.4.3")
def test_a_change_of_password_ends_every_other_session_and_keeps_the_present_one(
    living: TestClient,
) -> None:
    register(living, username="susan", password="cat")
    susan = token(living, "susan", "cat")
    thief, own, by_name = logged_in(living), logged_in(living), token(living)

    done(change(living, own["access_token"]))

    for live in (thief["access_token"], by_name):
        over(living, live)
    problem(refresh(living, thief["refresh_token"]), 401, "invalid_refresh_token")
    (left,) = sessions(living, own["access_token"])
    assert left["id"] == own["session"]["id"]
    assert refresh(living, own["refresh_token"]).status_code == 200
    assert by_token(living, "GET", "/api/resource", susan).status_code == 200


@pytest.mark.asvs("V6.2.3", "V7.5.1", "V7.5.3")
@pytest.mark.parametrize("current", ["ruby", "", "Python", "python ", "x" * 257, "\u202epython"])
def test_a_wrong_current_password_is_400_and_changes_nothing(
    living: TestClient, current: str
) -> None:
    other, own = token(living), token(living)

    for answer in (change(living, own, current=current), remove(living, own, current)):
        body = problem(answer, 400, "wrong_password")
        assert body["detail"] == WrongPassword.detail
        assert "errors" not in body

    assert resource(living).status_code == 200
    for live in (other, own):
        assert by_token(living, "GET", "/api/users/me", live).status_code == 200


@pytest.mark.parametrize(
    ("new", "code"),
    [("", "not_a_password"), ("a\tb", "not_a_password"), ("a" * 257, "too_long")],
)
@pytest.mark.parametrize("current", ["python", "wrong"])
def test_a_refused_new_password_is_400_and_named(
    living: TestClient, current: str, new: str, code: str
) -> None:
    other, own = token(living), token(living)

    answer = change(living, own, current=current, new=new)

    problem(answer, 400, "invalid_fields")
    assert field_codes(answer) == [("new_password", code)]
    assert resource(living).status_code == 200
    assert by_token(living, "GET", "/api/users/me", other).status_code == 200


@pytest.mark.asvs("V6.2.1", "V6.2.11")
@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("monty", "too_short"),
        ("passwordstandard", "too_common"),
        ("correct MIGUEL battery", "too_obvious"),
        ("my Varvel password", "too_obvious"),
        ("correct horse battery", None),
    ],
)
def test_production_judges_a_new_password_as_at_registration(
    store: Store, living: TestClient, clock: FakeClock, new: str, code: str | None
) -> None:
    settings = store.settings(
        PROFILE="production", PUBLIC_URL="https://id.example.com", SECRET=store.secret()
    )
    production = TestClient(create_app(settings, clock=clock))

    answer = change(production, token(production), new=new)

    if code is None:
        done(answer)
        assert resource(production, password=new).status_code == 200
    else:
        problem(answer, 400, "invalid_fields")
        assert field_codes(answer) == [("new_password", code)]


def test_a_removed_account_is_gone_with_all_its_sessions(
    living: TestClient, execute: Execute
) -> None:
    register(living, username="susan", password="cat")
    susan = token(living, "susan", "cat")
    body, other = logged_in(living), token(living)

    done(remove(living, body["access_token"]))

    for live in (body["access_token"], other):
        over(living, live)
    problem(refresh(living, body["refresh_token"]), 401, "invalid_refresh_token")
    for answer in (resource(living), ask_token(living), log_in(living)):
        problem(answer, 401, "invalid_credentials")
    problem(living.simulate_get("/api/users/1"), 400, "user_not_found")
    assert by_token(living, "GET", "/api/resource", susan).status_code == 200
    assert execute("SELECT name FROM users") == [("susan",)]
    assert execute("SELECT user_id FROM sessions") == [(2,)]


@pytest.mark.asvs("V10.3.3")
def test_a_removed_users_name_is_free_and_the_id_never_returns(living: TestClient) -> None:
    old = token(living)
    done(remove(living, old))

    answer = register(living, username="MIGUEL", password="another")

    assert answer.status_code == 201
    assert answer.headers["Location"].endswith("/api/users/2")
    over(living, old)
    live = token(living, "miguel", "another")
    assert by_token(living, "GET", "/api/users/me", live).json["username"] == "MIGUEL"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE users SET disabled_at = created_at",
        "UPDATE sessions SET ended_at = created_at",
        "DELETE FROM sessions",
    ],
)
def test_who_came_to_an_end_unheard_of_changes_and_removes_nothing(
    living: TestClient, execute: Execute, statement: str
) -> None:
    live = token(living)
    execute(statement)
    before = execute("SELECT * FROM users")

    for answer in (change(living, live), remove(living, live)):
        problem(answer, 401, "invalid_credentials", token_sent=True)

    assert execute("SELECT * FROM users") == before


def test_a_user_who_was_deleted_unheard_of_has_no_account(
    living: TestClient, execute: Execute
) -> None:
    live = token(living)
    execute("DELETE FROM sessions")
    execute("DELETE FROM users")

    answers = [change(living, live), remove(living, live)]
    answers += [by_token(living, "GET", path, live) for path in ("/api/users/me", "/api/token")]
    answers.append(by_token(living, "DELETE", "/api/sessions", live))
    for answer in answers:
        problem(answer, 401, "invalid_credentials", token_sent=True)


@pytest.mark.asvs("V6.2.3")
@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize(
    ("method", "path", "body", "faults"),
    [
        ("PUT", PASSWORD, {}, {("current_password", "missing"), ("new_password", "missing")}),
        (
            *("PUT", PASSWORD),
            {"current_password": 1, "new_password": None},
            {("current_password", "not_text"), ("new_password", "not_text")},
        ),
        (
            *("PUT", PASSWORD),
            {"current_password": "python", "new_password": "x", "user": 2},
            {("user", "unknown")},
        ),
        ("POST", REMOVAL, {}, {("password", "missing")}),
        ("POST", REMOVAL, {"password": "python", "id": 2}, {("id", "unknown")}),
        ("POST", REMOVAL, ["python"], {("body", "not_an_object")}),
    ],
)
def test_a_body_of_another_form_is_400(
    standing_api: TestClient,
    method: str,
    path: str,
    body: dict[str, object],
    faults: set[tuple[str, str]],
) -> None:
    answer = by_token(standing_api, method, path, token(standing_api), body)

    problem(answer, 400, "invalid_fields")
    assert set(field_codes(answer)) == faults
