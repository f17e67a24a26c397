"""What an application gets for a code, and what it does not."""

import pytest
from falcon.testing import TestClient, create_asgi_req

from entrypoints.oauth.requests import authorization_request
from tests.fakes.clock import FakeClock
from tests.integration import calls
from tests.integration.applications import API, CALLBACK, NOBODY, Application, Door, post
from tests.integration.conftest import MakeSettings


def test_a_code_gives_tokens_of_a_session_of_its_own(
    api: TestClient, gate: Door, shop: Application, make_settings: MakeSettings
) -> None:
    browser = gate.browser()

    answer = shop.redeem(api, gate.code(shop, browser))

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json.keys() == {
        "access_token",
        "token_type",
        "expires_in",
        "scope",
        "refresh_token",
    }
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["expires_in"] == 600
    assert answer.json["scope"] == "profile notes:read"
    claims = calls.claims(answer.json["access_token"])
    assert claims["client_id"] == shop.id
    assert claims["scope"] == "profile notes:read"
    assert claims["aud"] == make_settings().issuer
    assert claims["sub"] == "1"
    assert claims["sid"] != browser.session.id


def test_a_public_client_needs_the_verifier_alone(api: TestClient, gate: Door) -> None:
    app = gate.application(is_public=True)

    answer = app.redeem(api, gate.code(app))

    assert app.secret is None
    assert answer.status_code == 200


@pytest.mark.asvs("V10.4.2")
def test_the_second_use_of_a_code_ends_what_came_of_the_first(
    api: TestClient, gate: Door, shop: Application
) -> None:
    code = gate.code(shop)
    first = shop.redeem(api, code).json

    second = shop.redeem(api, code)

    assert (second.status_code, second.json["error"]) == (400, "invalid_grant")
    assert calls.account(api, first["access_token"]).status_code == 401
    again = shop.refresh(api, first["refresh_token"])
    assert (again.status_code, again.json["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"redirect_uri": "https://shop.example/other"}, "invalid_grant"),
        ({"redirect_uri": ""}, "invalid_grant"),
        ({"code": "x" * 43}, "invalid_grant"),
        ({"code": "\N{SNOWMAN}"}, "invalid_grant"),
        ({"resource": API}, "invalid_target"),
    ],
)
def test_a_code_is_bound_to_all_that_it_was_asked_with(
    api: TestClient, gate: Door, shop: Application, changed: dict[str, str], error: str
) -> None:
    code = gate.code(shop)

    refused = shop.redeem(api, code, **changed)

    assert (refused.status_code, refused.json["error"]) == (400, error)
    assert shop.redeem(api, code).status_code == 200, "It was not used up by that."


def test_a_code_is_worth_nothing_to_another_client(
    api: TestClient, gate: Door, shop: Application
) -> None:
    thief = gate.application("Thief")
    code = gate.code(shop)

    refused = thief.redeem(api, code)

    assert (refused.status_code, refused.json["error"]) == (400, "invalid_grant")
    assert shop.redeem(api, code).status_code == 200


@pytest.mark.asvs("V10.4.3")
def test_a_code_lives_one_minute(
    api: TestClient, gate: Door, shop: Application, clock: FakeClock
) -> None:
    in_time, late = gate.code(shop), gate.code(shop)
    clock.advance(seconds=59)
    assert shop.redeem(api, in_time).status_code == 200

    clock.advance(seconds=1)

    assert shop.redeem(api, late).json["error"] == "invalid_grant"


def test_whoever_logs_out_within_the_minute_is_obeyed(
    api: TestClient, gate: Door, shop: Application
) -> None:
    code = gate.code(shop)
    token = calls.log_in(api).json["access_token"]
    assert api.simulate_delete("/api/sessions", headers=calls.bearer(token)).status_code == 204

    assert shop.redeem(api, code).json["error"] == "invalid_grant"


def test_a_removed_client_gets_nothing(api: TestClient, gate: Door, shop: Application) -> None:
    code, held = gate.code(shop), gate.tokens(api, shop)

    gate.operators.delete_client(client_id=shop.id, origin=NOBODY)

    assert shop.redeem(api, code).status_code == 401
    assert shop.refresh(api, held["refresh_token"]).json["error"] == "invalid_client"


def test_a_token_for_another_api_opens_nothing_here(api: TestClient, gate: Door) -> None:
    app = gate.application(audiences=[API])

    tokens = gate.tokens(api, app, audience=API)

    assert calls.claims(tokens["access_token"])["aud"] == API
    assert calls.account(api, tokens["access_token"]).status_code == 401


def test_what_an_application_holds_is_listed_and_ended_by_its_user(
    api: TestClient, gate: Door, shop: Application
) -> None:
    tokens = gate.tokens(api, shop)
    session_id = calls.claims(tokens["access_token"])["sid"]
    own = calls.bearer(calls.log_in(api).json["access_token"])
    listed = api.simulate_get("/api/sessions", headers=own).json["sessions"]
    assert session_id in [each["id"] for each in listed]

    ended = api.simulate_delete(f"/api/sessions/{session_id}", headers=own)

    assert ended.status_code == 204
    assert shop.refresh(api, tokens["refresh_token"]).json["error"] == "invalid_grant"


def test_no_token_is_given_to_an_api_s_own_refresh_token(
    api: TestClient, gate: Door, shop: Application
) -> None:
    own = calls.log_in(api).json["refresh_token"]

    refused = shop.refresh(api, own)

    assert refused.json["error"] == "invalid_grant"
    theirs = gate.tokens(api, shop)["refresh_token"]
    answer = api.simulate_post("/api/token", json={"refresh_token": theirs})
    assert answer.json["code"] == "invalid_refresh_token"


def test_an_exact_callback_is_asked_for_only_if_it_was_named(
    api: TestClient, gate: Door, shop: Application
) -> None:
    code = gate.code(shop, redirect_uri="")

    answer = post(
        api,
        "token",
        {"grant_type": "authorization_code", "code": code, "code_verifier": ""},
        headers=shop.header,
    )

    assert answer.json["error"] == "invalid_request"
    assert shop.redeem(api, code, redirect_uri=CALLBACK).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_only_a_form_that_was_sent_is_somebodys_decision(method: str) -> None:
    asked = authorization_request(
        create_asgi_req(method=method, query_string="client_id=x"), NOBODY
    )

    assert asked.is_asked == (method == "POST")
