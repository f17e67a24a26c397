"""Sessions and accounts answer as the API description says."""

import pytest
from falcon.testing import Result, TestClient

from tests.integration.calls import (
    TOKEN_ONLY,
    basic,
    by_token,
    log_in,
    refresh,
    token,
)
from tests.integration.described import Json, check_against_description
from tests.integration.granted import Applications
from tests.integration.stores import SQLITE

pytestmark = pytest.mark.databases(SQLITE)
"""What is answered is declared in code, whatever the database is."""

ONE = "/api/sessions/{session_id}"
Answered = tuple[str, str, Result]


@pytest.fixture(scope="module")
def served(standing_api: TestClient) -> Json:
    document: Json = standing_api.simulate_get("/openapi.json").json
    return document


def successes(api: TestClient, applications: Applications) -> list[Answered]:
    """An answer of every operation, with its method and the template of its path."""
    started = log_in(api, headers={"User-Agent": "a browser"})
    renewed = refresh(api, started.json["refresh_token"])
    first = renewed.json["access_token"]
    shop = applications.create()
    applications.granted(shop, first)
    change = {"current_password": "python", "new_password": "monty"}
    answers = [("POST", "/api/sessions", started), ("POST", "/api/token", renewed)]
    for method, template, body in (
        *(("GET", path, None) for path in ("/api/sessions", ONE, "/api/users/me", "/api/consents")),
        ("DELETE", "/api/consents/{client_id}", None),
        ("DELETE", "/api/sessions", None),
        ("PUT", "/api/users/me/password", change),
        ("DELETE", ONE, None),
    ):
        path = template.format(session_id="current", client_id=shop.id)
        answers.append((method, template, by_token(api, method, path, first, body)))
    last = token(api, password="monty")
    removal = by_token(api, "POST", "/api/users/me/removal", last, {"password": "monty"})
    return [*answers, ("POST", "/api/users/me/removal", removal)]


def refusals(api: TestClient) -> list[Answered]:
    """Answers that refuse, of many kinds."""
    live = token(api)
    found: list[Answered] = []
    for method, template in TOKEN_ONLY:
        path = template.format(session_id="current", client_id="x")
        for headers in ({}, basic("miguel", "python"), {"Authorization": "a, b"}):
            answer = api.simulate_request(method, path, headers=headers)
            found.append((method, template, answer))
    for method, path in (
        *(("POST", "/api/sessions"), ("POST", "/api/token")),
        *(("PUT", "/api/users/me/password"), ("POST", "/api/users/me/removal")),
    ):
        found.append((method, path, by_token(api, method, path, live, {})))
        found.append((method, path, by_token(api, method, path, live)))
    wrong = {"current_password": "x", "new_password": "y"}
    return [
        *found,
        ("GET", ONE, by_token(api, "GET", "/api/sessions/x", live)),
        ("DELETE", ONE, by_token(api, "DELETE", "/api/sessions/x", live)),
        (
            *("DELETE", "/api/consents/{client_id}"),
            by_token(api, "DELETE", "/api/consents/x", live),
        ),
        ("POST", "/api/sessions", log_in(api, password="ruby")),
        ("POST", "/api/token", refresh(api, "x")),
        (
            *("PUT", "/api/users/me/password"),
            by_token(api, "PUT", "/api/users/me/password", live, wrong),
        ),
    ]


def test_every_success_is_as_described(
    miguel: TestClient, applications: Applications, served: Json
) -> None:
    answers = successes(miguel, applications)

    assert {(method, path) for method, path, _ in answers} == {
        *TOKEN_ONLY,
        *(("POST", "/api/sessions"), ("POST", "/api/token")),
    }
    for method, template, answer in answers:
        assert answer.status_code < 300, answer.text
        check_against_description(served, template, method, answer)


def test_every_refusal_is_as_described(miguel: TestClient, served: Json) -> None:
    answers = refusals(miguel)

    assert {answer.status_code for _, _, answer in answers} == {400, 401, 404, 415}
    for method, template, answer in answers:
        check_against_description(served, template, method, answer)


def test_a_session_is_described_with_an_id_or_as_current(served: Json) -> None:
    (parameter,) = served["paths"][ONE]["parameters"]

    assert (parameter["name"], parameter["in"], parameter["required"]) == (
        *("session_id", "path", True),
    )
