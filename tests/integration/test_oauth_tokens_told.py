"""Ending grants, asking what a token says, and what clients are told of the server."""

import pytest
from falcon.testing import TestClient

from tests.fakes.clock import FakeClock
from tests.integration import calls
from tests.integration.applications import API, Application, Door, post
from tests.integration.conftest import Execute, MakeSettings
from tests.integration.stores import LOSE_USERS


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "anything", None])
def test_either_token_ends_the_grant_whatever_it_is_said_to_be(
    api: TestClient, gate: Door, shop: Application, kind: str, hint: str | None
) -> None:
    tokens = gate.tokens(api, shop)
    said = {"token_type_hint": hint} if hint else {}

    answer = shop.post(api, "revoke", token=tokens[kind], **said)

    assert answer.status_code == 200
    assert calls.account(api, tokens["access_token"]).status_code == 401
    assert shop.refresh(api, tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert shop.post(api, "revoke", token=tokens[kind]).status_code == 200, "As if it were new."


def test_what_is_no_token_is_revoked_already(api: TestClient, shop: Application) -> None:
    for text in ("x", "eyJ.e.e", "\N{SNOWMAN}"):
        assert shop.post(api, "revoke", token=text).status_code == 200
    assert shop.post(api, "revoke").json["error"] == "invalid_request"


def test_nobody_ends_what_others_hold(api: TestClient, gate: Door, shop: Application) -> None:
    tokens = gate.tokens(api, shop)
    own = calls.log_in(api).json

    thief = gate.application("Thief")
    for held in (tokens, own):
        for kind in ("access_token", "refresh_token"):
            refused = thief.post(api, "revoke", token=held[kind])
            assert (refused.status_code, refused.json["error"]) == (400, "invalid_grant")

    assert shop.refresh(api, tokens["refresh_token"]).status_code == 200
    assert calls.account(api, own["access_token"]).status_code == 200


def test_a_public_client_ends_what_it_holds(api: TestClient, gate: Door) -> None:
    public = gate.application(is_public=True)
    tokens = gate.tokens(api, public)

    assert public.post(api, "revoke", token=tokens["refresh_token"]).status_code == 200

    assert public.refresh(api, tokens["refresh_token"]).json["error"] == "invalid_grant"


def test_the_holder_and_the_api_it_is_for_are_told_what_a_token_says(
    api: TestClient, gate: Door, make_settings: MakeSettings
) -> None:
    app = gate.application(audiences=[API])
    notes = gate.application("Notes", redirect_uris=[], scopes=[], resource=API)
    stranger = gate.application("Stranger", audiences=[API])
    token = gate.tokens(api, app, audience=API)["access_token"]

    told = notes.post(api, "introspect", token=token).json

    claims = calls.claims(token)
    assert told.pop("active") is True
    assert told.pop("username") == claims["preferred_username"] == "miguel"
    assert told.pop("token_type") == "Bearer"
    assert told == {name: claims[name] for name in told}
    assert told.keys() == {"iss", "sub", "aud", "client_id", "scope", "exp", "iat", "jti"}
    assert app.post(api, "introspect", token=token).json["active"]
    assert stranger.post(api, "introspect", token=token).json == {"active": False}


def test_a_token_that_is_not_good_is_not_active(
    api: TestClient, gate: Door, shop: Application, clock: FakeClock
) -> None:
    ended, old = gate.tokens(api, shop), gate.tokens(api, shop)
    shop.post(api, "revoke", token=ended["access_token"])

    for text in (ended["access_token"], old["refresh_token"], "x", "\N{SNOWMAN}"):
        assert shop.post(api, "introspect", token=text).json == {"active": False}
    assert shop.post(api, "introspect", token=old["access_token"]).json["active"]
    clock.advance(minutes=10)
    assert shop.post(api, "introspect", token=old["access_token"]).json == {"active": False}


def test_nobody_asks_without_proof(api: TestClient, gate: Door) -> None:
    public = gate.application(is_public=True)
    token = gate.tokens(api, public)["access_token"]

    for form in (public.form(token=token), {"token": token}):
        assert post(api, "introspect", form).status_code == 401


def test_clients_are_told_where_everything_is(api: TestClient, make_settings: MakeSettings) -> None:
    told = api.simulate_get("/.well-known/oauth-authorization-server").json

    assert told["issuer"] == make_settings().issuer
    listed = {each["path"] for each in api.simulate_get("/help").json["addresses"]}
    addresses = [text for name, text in told.items() if name.endswith(("_endpoint", "_uri"))]
    assert {text.removeprefix(told["issuer"]) for text in addresses} <= listed
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["response_types_supported"] == ["code"]
    assert "password" not in told["grant_types_supported"]
    assert told["authorization_response_iss_parameter_supported"] is True


def test_without_its_database_nothing_is_decided(
    api: TestClient, gate: Door, shop: Application, execute: Execute
) -> None:
    tokens, code = gate.tokens(api, shop), gate.code(shop)
    execute(LOSE_USERS)

    for answer in (shop.redeem(api, code), shop.refresh(api, tokens["refresh_token"])):
        assert answer.status_code == 503
        assert answer.json["error"] == "temporarily_unavailable"
        assert int(answer.headers["Retry-After"]) > 0
