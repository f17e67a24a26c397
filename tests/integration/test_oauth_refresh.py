"""How a grant goes on, and how an application acts for itself."""

import pytest
from falcon.testing import TestClient

from tests.fakes.clock import FakeClock
from tests.integration import calls
from tests.integration.applications import API, Application, Door, door
from tests.integration.clients import standing
from tests.integration.conftest import MakeSettings


def test_a_refresh_token_is_replaced_and_its_reuse_ends_all(
    api: TestClient, gate: Door, shop: Application, clock: FakeClock
) -> None:
    first = gate.tokens(api, shop)
    second = shop.refresh(api, first["refresh_token"]).json
    assert second["refresh_token"] != first["refresh_token"]
    assert second["scope"] == "profile notes:read"
    assert (
        shop.refresh(api, first["refresh_token"]).json["refresh_token"] == second["refresh_token"]
    )
    clock.advance(minutes=1)

    reused = shop.refresh(api, first["refresh_token"])

    assert (reused.status_code, reused.json["error"]) == (400, "invalid_grant")
    assert shop.refresh(api, second["refresh_token"]).json["error"] == "invalid_grant"
    assert calls.account(api, second["access_token"]).status_code == 401


def test_less_can_be_asked_for_and_never_more(
    api: TestClient, gate: Door, shop: Application
) -> None:
    tokens = gate.tokens(api, shop, scope="profile")

    less = shop.refresh(api, gate.tokens(api, shop)["refresh_token"], scope="notes:read")
    more = shop.refresh(api, tokens["refresh_token"], scope="profile notes:read")
    elsewhere = shop.refresh(api, tokens["refresh_token"], resource=API)

    assert less.json["scope"] == "notes:read"
    assert calls.claims(less.json["access_token"])["scope"] == "notes:read"
    whole = shop.refresh(api, less.json["refresh_token"])
    assert whole.json["scope"] == "profile notes:read", "The grant itself is as it was."
    assert (more.status_code, more.json["error"]) == (400, "invalid_scope")
    assert (elsewhere.status_code, elsewhere.json["error"]) == (400, "invalid_target")
    assert shop.refresh(api, tokens["refresh_token"]).status_code == 200


def test_a_refresh_token_is_worth_nothing_to_another_client(
    api: TestClient, gate: Door, shop: Application
) -> None:
    tokens = gate.tokens(api, shop)

    refused = gate.application("Thief").refresh(api, tokens["refresh_token"])

    assert (refused.status_code, refused.json["error"]) == (400, "invalid_grant")
    assert shop.refresh(api, tokens["refresh_token"]).status_code == 200


@pytest.fixture
def robot(gate: Door) -> Application:
    return gate.application("Robot", redirect_uris=[], audiences=[API], acts_alone=True)


def test_an_application_acts_for_itself(api: TestClient, robot: Application) -> None:
    answer = robot.post(api, "token", grant_type="client_credentials", scope="notes:read")

    assert answer.status_code == 200
    assert answer.json.keys() == {"access_token", "token_type", "expires_in", "scope"}
    claims = calls.claims(answer.json["access_token"])
    assert claims["sub"] == claims["client_id"] == robot.id
    assert (claims["aud"], claims["scope"]) == (API, "notes:read")
    assert "preferred_username" not in claims
    assert calls.account(api, answer.json["access_token"]).status_code == 401


def test_all_its_own_tokens_hang_on_one_session_until_that_is_ended(
    api: TestClient, robot: Application
) -> None:
    def token() -> str:
        answer = robot.post(api, "token", grant_type="client_credentials")
        return str(answer.json["access_token"])

    first, second = token(), token()
    assert calls.claims(first)["sid"] == calls.claims(second)["sid"]

    assert robot.post(api, "revoke", token=first).status_code == 200

    assert robot.post(api, "introspect", token=second).json == {"active": False}
    third = token()
    assert calls.claims(third)["sid"] != calls.claims(first)["sid"]
    assert robot.post(api, "introspect", token=third).json["active"]


@pytest.mark.parametrize("which", [0, 1])
def test_no_token_is_short_before_the_end_of_that_session_and_one_revoked_still_ends_all(
    make_settings: MakeSettings, clock: FakeClock, which: int
) -> None:
    settings = make_settings(SESSION_LIFETIME="1500")
    with standing(settings, clock) as api, door(settings, clock) as gate:
        robot = gate.application(redirect_uris=[], audiences=[API], acts_alone=True)
        tokens = []
        for minutes in (9, 7, 0):
            answer = robot.post(api, "token", grant_type="client_credentials").json
            assert answer["expires_in"] == 600
            tokens.append(answer["access_token"])
            clock.advance(minutes=minutes)
        assert len({calls.claims(token)["sid"] for token in tokens}) == 2
        good = tokens[1:]
        assert [robot.post(api, "introspect", token=each).json["active"] for each in good] == [
            *(True, True)
        ]

        assert robot.post(api, "revoke", token=good[which]).status_code == 200

        for token in good:
            assert robot.post(api, "introspect", token=token).json == {"active": False}


@pytest.mark.asvs("V10.4.11")
@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"scope": "account"}, "invalid_scope"),
        ({"scope": "notes:read admin"}, "invalid_scope"),
        ({"resource": "https://other.example"}, "invalid_target"),
    ],
)
def test_it_gets_nothing_that_it_was_not_registered_for(
    api: TestClient, robot: Application, said: dict[str, str], error: str
) -> None:
    refused = robot.post(api, "token", grant_type="client_credentials", **said)

    assert (refused.status_code, refused.json["error"]) == (400, error)
