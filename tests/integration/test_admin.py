"""Admins over HTTP: what they can do, and what of it is told."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from falcon.testing import Result, TestClient

from tests.fakes.clock import FakeClock
from tests.integration.calls import (
    bearer,
    by_token,
    log_in,
    logged_in,
    problem,
    register,
    resource,
    sessions,
)
from tests.integration.conftest import Execute
from tests.integration.stores import SQLITE

USERS = "/api/admin/users"
AUDIT = "/api/admin/audit"


def get(api: TestClient, token: str, path: str, **query: object) -> Result:
    return api.simulate_get(path, headers=bearer(token), params=query)


def follow(api: TestClient, token: str, answer: Result) -> Result:
    """The page that this one links to."""
    found = re.fullmatch(r"<([^>]+)>; rel=next", answer.headers["Link"])
    assert found
    address = urlsplit(found[1])
    return api.simulate_get(address.path, query_string=address.query, headers=bearer(token))


def pages(api: TestClient, token: str, path: str, **query: object) -> list[list[Any]]:
    """The items of every page."""
    answer = get(api, token, path, **query)
    found = []
    while True:
        assert answer.status_code == 200, answer.text
        (items,) = answer.json.values()
        found.append(items)
        if "Link" not in answer.headers:
            return found
        answer = follow(api, token, answer)


def names(page: list[Any]) -> list[str]:
    return [user["username"] for user in page]


def test_users_are_listed_page_by_page(api: TestClient, admin: str) -> None:
    for name in ("Mimi", "mia", "zoe"):
        register(api, username=name)

    assert [names(page) for page in pages(api, admin, USERS, limit=2)] == [
        ["miguel", "susan"],
        ["Mimi", "mia"],
        ["zoe"],
    ]
    assert [names(page) for page in pages(api, admin, USERS, prefix="MI", limit=2)] == [
        ["miguel", "Mimi"],
        ["mia"],
    ]
    assert pages(api, admin, USERS, prefix="x") == [[]]


def test_a_user_is_shown_with_all_that_admins_may_know(api: TestClient, admin: str) -> None:
    shown = get(api, admin, f"{USERS}/1").json

    assert shown.pop("created_at").startswith("20")
    expected = {"id": 1, "username": "miguel", "disabled_at": None, "role": "admin"}
    assert shown == expected | {"state": "active"}


def test_a_user_is_created_where_registration_is_closed_to_others(
    api: TestClient, admin: str
) -> None:
    answer = by_token(api, "POST", USERS, admin, {"username": "Zoë", "password": "python"})

    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(f"{USERS}/3")
    assert get(api, admin, f"{USERS}/3").json == answer.json
    assert resource(api, "zoë").status_code == 200
    again = by_token(api, "POST", USERS, admin, {"username": "zoë", "password": "python"})
    problem(again, 400, "username_taken")


def test_a_disabled_user_is_out_until_enabled(api: TestClient, admin: str) -> None:
    theirs = logged_in(api, username="susan")["access_token"]

    assert by_token(api, "POST", f"{USERS}/2/disable", admin).status_code == 204

    shown = get(api, admin, f"{USERS}/2").json
    assert shown["disabled_at"]
    assert shown["state"] == "disabled"
    assert by_token(api, "GET", "/api/users/me", theirs).status_code == 401
    assert log_in(api, "susan").status_code == 401
    assert by_token(api, "POST", f"{USERS}/2/enable", admin).status_code == 204
    assert log_in(api, "susan").status_code == 201


def test_a_locked_password_is_unlocked(api: TestClient, admin: str, execute: Execute) -> None:
    assert log_in(api, "susan", "wrong").status_code == 401
    execute("UPDATE throttles SET failures = 1000000, recent = 1000000")
    problem(log_in(api, "susan"), 429, "too_many_failures")
    states = [user["state"] for page in pages(api, admin, USERS) for user in page]
    assert states == ["active", "locked"]

    assert by_token(api, "POST", f"{USERS}/2/unlock", admin).status_code == 204

    assert log_in(api, "susan").status_code == 201


def test_a_deleted_user_is_gone(api: TestClient, admin: str) -> None:
    theirs = logged_in(api, username="susan")["access_token"]

    assert by_token(api, "DELETE", f"{USERS}/2", admin).status_code == 204

    assert by_token(api, "GET", "/api/sessions", theirs).status_code == 401
    problem(by_token(api, "DELETE", f"{USERS}/2", admin), 404, "unknown_user")


def test_sessions_of_others_are_listed_and_ended(
    api: TestClient, admin: str, clock: FakeClock
) -> None:
    begun = []
    for _ in range(3):
        begun.append(logged_in(api, username="susan"))
        clock.advance(seconds=1)
    first, second, third = begun
    listed = get(api, admin, f"{USERS}/2/sessions").json["sessions"]
    assert [each["id"] for each in listed] == [
        each["session"]["id"] for each in (third, second, first)
    ]
    assert not any(each["current"] for each in listed)

    path = f"{USERS}/2/sessions"
    assert by_token(api, "DELETE", f"{path}/{listed[1]['id']}", admin).status_code == 204

    assert by_token(api, "GET", "/api/sessions", second["access_token"]).status_code == 401
    assert len(sessions(api, first["access_token"])) == 2
    problem(by_token(api, "DELETE", f"{path}/{listed[1]['id']}", admin), 404, "unknown_session")
    assert by_token(api, "DELETE", path, admin).status_code == 204
    assert by_token(api, "GET", "/api/sessions", first["access_token"]).status_code == 401
    assert get(api, admin, path).json == {"sessions": []}


def test_what_admins_do_is_in_the_trail_under_their_id(
    api: TestClient, admin: str, clock: FakeClock
) -> None:
    clock.advance(seconds=1)
    by_token(api, "POST", f"{USERS}/2/disable", admin)
    clock.advance(seconds=1)
    by_token(api, "DELETE", f"{USERS}/2", admin)

    entries = get(api, admin, AUDIT, subject="user:2").json["entries"]

    told = [(each["event"], each["actor"]) for each in entries]
    assert told == [
        ("user_removed", "user:1"),
        ("user_disabled", "user:1"),
        ("user_registered", "user:2"),
    ]


def test_the_trail_is_listed_page_by_page_and_by_what_is_wanted(
    api: TestClient, admin: str
) -> None:
    whole = pages(api, admin, AUDIT, limit=200)[0]

    parts = pages(api, admin, AUDIT, limit=1)

    assert [part[0] for part in parts] == whole
    assert {each["event"] for each in whole} == {"user_registered", "logged_in"}
    registered = pages(api, admin, AUDIT, event="user_registered", outcome="success", limit=1)
    assert {part[0]["subject"] for part in registered} == {"user:1", "user:2"}
    assert pages(api, admin, AUDIT, since="9999-12-31T23:59:59Z") == [[]]
    assert pages(api, admin, AUDIT, until="0001-01-01T00:00:00") == [[]]
    assert pages(api, admin, AUDIT, outcome="failure") == [[]]


@pytest.mark.databases(SQLITE)
def test_a_cursor_goes_on_with_no_list_but_its_own(api: TestClient, admin: str) -> None:
    address = get(api, admin, USERS, limit=1).headers["Link"]
    cursor = address.split("cursor=")[1].split(">")[0]
    assert follow(api, admin, get(api, admin, USERS, limit=1)).status_code == 200

    for path, query in (
        (AUDIT, {"cursor": cursor}),
        (USERS, {"cursor": cursor, "prefix": "m"}),
        (USERS, {"cursor": "x" + cursor}),
        (USERS, {"cursor": cursor[:-1]}),
        (USERS, {"cursor": cursor.partition(".")[0]}),
        (USERS, {"cursor": "\u00e9.\u00e9"}),
        (USERS, {"cursor": "."}),
    ):
        problem(get(api, admin, path, **query), 400, "invalid_cursor")


@pytest.mark.parametrize("user_id", ["0", "x", "77", "9" * 18, "9" * 30, "%00", "1%0A", "-1"])
def test_an_id_that_nobody_has_is_404(api: TestClient, admin: str, user_id: str) -> None:
    problem(get(api, admin, f"{USERS}/{user_id}"), 404, "unknown_user")
    problem(by_token(api, "POST", f"{USERS}/{user_id}/disable", admin), 404, "unknown_user")
    problem(get(api, admin, f"{USERS}/{user_id}/sessions"), 404, "unknown_user")


def test_the_log_in_of_an_admin_counts_for_fifteen_minutes(
    api: TestClient, admin: str, clock: FakeClock
) -> None:
    clock.advance(minutes=9)
    renewed = by_token(api, "GET", "/api/token", admin).json["token"]
    assert get(api, renewed, USERS).status_code == 200

    clock.advance(minutes=7)

    answer = get(api, renewed, USERS)
    assert answer.status_code == 401
    assert answer.json["code"] == "insufficient_user_authentication"
    assert answer.headers["WWW-Authenticate"] == (
        'Bearer realm="Authentication Required", error="insufficient_user_authentication", '
        "max_age=900"
    )
    assert by_token(api, "GET", "/api/users/me", renewed).status_code == 200
    anew = logged_in(api)["access_token"]
    assert get(api, anew, USERS).status_code == 200


def test_who_is_no_admin_is_told_which_scope_is_asked_for(api: TestClient, admin: str) -> None:
    assert admin
    theirs = logged_in(api, username="susan")["access_token"]

    answer = get(api, theirs, USERS)

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_scope")
    assert answer.headers["WWW-Authenticate"] == (
        'Bearer realm="Authentication Required", error="insufficient_scope", scope="account admin"'
    )
