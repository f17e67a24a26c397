"""Sessions over HTTP: users see where they are logged in, and log out there."""

import pytest
from falcon.testing import TestClient

from tests.fakes.clock import FakeClock
from tests.integration.calls import (
    ask_token,
    basic,
    by_token,
    logged_in,
    problem,
    refresh,
    register,
    resource,
    sessions,
    token,
)
from tests.integration.conftest import Execute


@pytest.fixture
def three(living: TestClient, clock: FakeClock) -> list[str]:
    """Access tokens of three sessions, the oldest first."""
    found = []
    for _ in range(3):
        clock.advance(seconds=1)
        found.append(str(logged_in(living)["access_token"]))
    return found


def ids(api: TestClient, token: str) -> list[str]:
    return [str(each["id"]) for each in sessions(api, token)]


def current_id(api: TestClient, token: str) -> str:
    (found,) = [each["id"] for each in sessions(api, token) if each["current"]]
    return str(found)


def is_refused(api: TestClient, token: str) -> bool:
    answer = by_token(api, "GET", "/api/resource", token)
    if answer.status_code == 401:
        problem(answer, 401, "invalid_credentials", token_sent=True)
    return answer.status_code == 401


def test_a_list_shows_each_live_session_the_youngest_first(
    living: TestClient, clock: FakeClock
) -> None:
    old = logged_in(living, headers={"User-Agent": "one"}, extras={"client": ("203.0.113.9", 1)})
    clock.advance(minutes=2)
    young = logged_in(living, headers={"User-Agent": "two"}, extras={"client": ("2001:db8::1", 1)})

    answer = by_token(living, "GET", "/api/sessions", old["access_token"])

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.endswith("}\n")
    assert answer.json == {
        "sessions": [
            {
                "id": young["session"]["id"],
                "client_id": "varvel",
                "created_at": "2026-03-01T12:02:00+00:00",
                "last_used_at": "2026-03-01T12:02:00+00:00",
                "expires_at": "2026-03-15T12:02:00+00:00",
                "user_agent": "two",
                "address": "2001:db8::1",
                "current": False,
            },
            {
                "id": old["session"]["id"],
                "client_id": "varvel",
                "created_at": "2026-03-01T12:00:00+00:00",
                "last_used_at": "2026-03-01T12:00:00+00:00",
                "expires_at": "2026-03-15T12:00:00+00:00",
                "user_agent": "one",
                "address": "203.0.113.9",
                "current": True,
            },
        ]
    }


@pytest.mark.asvs("V8.2.2")
def test_a_list_holds_nobody_elses_sessions(living: TestClient) -> None:
    register(living, username="susan", password="cat")
    susan = logged_in(living, username="susan", password="cat")
    own = logged_in(living)

    assert ids(living, own["access_token"]) == [own["session"]["id"]]
    assert ids(living, susan["access_token"]) == [susan["session"]["id"]]


def test_the_session_of_a_token_had_by_basic_is_listed_like_others(
    living: TestClient, clock: FakeClock
) -> None:
    live = token(living)

    (shown,) = sessions(living, live)

    assert shown["current"] is True
    assert shown["expires_at"] == "2026-03-01T12:10:00+00:00"


def test_what_is_over_is_not_listed(
    living: TestClient, three: list[str], clock: FakeClock, execute: Execute
) -> None:
    one, two, last = three
    by_token(living, "DELETE", "/api/sessions/current", one)
    assert len(ids(living, last)) == 2
    execute("UPDATE sessions SET idle_end = created_at WHERE id = :id", id=current_id(living, two))

    assert ids(living, last) == [current_id(living, last)]


def test_a_session_is_shown_by_its_id_and_as_current(living: TestClient, three: list[str]) -> None:
    one, two, _ = three
    listed = {each["id"]: each for each in sessions(living, one)}
    own, other = current_id(living, one), current_id(living, two)

    for path, expected in (("current", own), (own, own), (other, other)):
        answer = by_token(living, "GET", f"/api/sessions/{path}", one)
        assert answer.status_code == 200
        assert answer.json == listed[expected]


@pytest.mark.asvs("V8.2.2")
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_anothers_session_is_404_like_one_that_is_not_there(
    living: TestClient, method: str
) -> None:
    register(living, username="susan", password="cat")
    susan = logged_in(living, username="susan", password="cat")
    live = token(living)

    for session_id in (susan["session"]["id"], "x" * 22):
        answer = by_token(living, method, f"/api/sessions/{session_id}", live)
        problem(answer, 404, "session_not_found")
        assert answer.headers["Cache-Control"] == "no-store"
    assert not is_refused(living, susan["access_token"])


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize(
    "session_id",
    [
        *("", "x", "Current", "CURRENT", "current%20", "%20current", "current%0A", "me", "*"),
        *("%00", "x%00", "%FF", "%ED%A0%80", "%F0%9F%94%91", "1'--", "..", "%25", "x" * 4000),
    ],
)
def test_an_id_that_no_session_has_is_404(
    standing_api: TestClient, method: str, session_id: str
) -> None:
    live = token(standing_api)

    answer = by_token(standing_api, method, f"/api/sessions/{session_id}", live)

    problem(answer, 404, "session_not_found")
    assert not is_refused(standing_api, live)


def test_a_session_that_is_over_is_404(living: TestClient, three: list[str]) -> None:
    one, _, last = three
    path = f"/api/sessions/{current_id(living, one)}"
    by_token(living, "DELETE", path, last)

    for method in ("GET", "DELETE"):
        problem(by_token(living, method, path, last), 404, "session_not_found")


@pytest.mark.parametrize("is_named", [True, False], ids=["by its id", "as current"])
def test_a_log_out_ends_the_session_and_no_other(
    living: TestClient, three: list[str], is_named: bool
) -> None:
    one, two, last = three
    name = current_id(living, two) if is_named else "current"

    answer = by_token(living, "DELETE", f"/api/sessions/{name}", two)

    assert (answer.status_code, answer.text) == (204, "")
    assert answer.headers["Cache-Control"] == "no-store"
    assert [is_refused(living, each) for each in (one, two, last)] == [False, True, False]
    assert len(ids(living, one)) == 2


@pytest.mark.asvs("V7.4.1")
def test_every_token_of_a_session_that_was_ended_is_refused_everywhere(
    living: TestClient, clock: FakeClock
) -> None:
    first = logged_in(living)
    clock.advance(seconds=1)
    second = refresh(living, first["refresh_token"]).json
    third = token(living, second["access_token"], "x")

    by_token(living, "DELETE", "/api/sessions/current", first["access_token"])

    for live in (first["access_token"], second["access_token"], third):
        assert is_refused(living, live)
        answer = ask_token(living, live, "x")
        problem(answer, 401, "invalid_credentials", token_sent=True)
        for method, path in (("GET", "/api/users/me"), ("DELETE", "/api/sessions")):
            answer = by_token(living, method, path, live)
            problem(answer, 401, "invalid_credentials", token_sent=True)
    problem(refresh(living, second["refresh_token"]), 401, "invalid_refresh_token")


def test_another_session_of_ones_own_can_be_ended(living: TestClient, three: list[str]) -> None:
    one, two, last = three

    answer = by_token(living, "DELETE", f"/api/sessions/{current_id(living, one)}", last)

    assert answer.status_code == 204
    assert [is_refused(living, each) for each in (one, two, last)] == [True, False, False]


def test_all_other_sessions_can_be_ended_at_once(living: TestClient, three: list[str]) -> None:
    one, two, last = three
    register(living, username="susan", password="cat")
    susan = token(living, "susan", "cat")

    for _ in range(2):
        answer = by_token(living, "DELETE", "/api/sessions", two)
        assert (answer.status_code, answer.text) == (204, "")

    assert [is_refused(living, each) for each in (one, two, last, susan)] == [
        *(True, False, True, False),
    ]
    assert ids(living, two) == [current_id(living, two)]


def test_a_log_in_with_the_password_works_after_everything_was_ended(living: TestClient) -> None:
    by_token(living, "DELETE", "/api/sessions/current", token(living))

    assert resource(living).status_code == 200
    assert len(sessions(living, token(living))) == 1


def test_a_token_in_the_names_place_lists_and_ends_sessions_as_well(living: TestClient) -> None:
    live = token(living)
    headers = basic(live, "")

    assert living.simulate_get("/api/sessions", headers=headers).status_code == 200
    assert living.simulate_delete("/api/sessions/current", headers=headers).status_code == 204
    assert is_refused(living, live)
