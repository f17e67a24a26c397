"""What the modules try at the token endpoint; as in test_openid_modules.py."""

from collections.abc import Iterator

import pytest
from falcon.testing import TestClient

from tests.fakes.clock import FakeClock
from tests.integration import calls
from tests.integration.applications import (
    CALLBACK,
    VERIFIER,
    Application,
    Door,
    challenge,
    door,
    post,
)
from tests.integration.authorizing import (
    granted,
)
from tests.integration.browsers import Browser
from tests.integration.clients import standing
from tests.integration.conftest import MakeSettings
from tests.integration.stores import SQLITE

pytestmark = pytest.mark.databases(SQLITE)


@pytest.fixture
def api(standing_api: TestClient) -> TestClient:
    return standing_api


@pytest.fixture
def gate(standing_gate: Door) -> Door:
    return standing_gate


class Timed:
    """An API whose clock can be moved on, and an application that gets codes there."""

    def __init__(self, api: TestClient, application: Application, clock: FakeClock) -> None:
        self.api, self.application, self.clock = api, application, clock

    def code(self) -> str:
        return granted(Browser(self.api).logged_in(), self.application)


@pytest.fixture
def timed(make_settings: MakeSettings, clock: FakeClock) -> Iterator[Timed]:
    settings = make_settings()
    with standing(settings, clock) as api, door(settings, clock) as gate:
        calls.register(api)
        yield Timed(api, gate.application(is_trusted=True), clock)


def test_tokens_by_client_secret_post(
    api: TestClient, browser: Browser, trusted: Application
) -> None:
    """oidcc-server-client-secret-post

    No ID token.
    """
    fields = {"grant_type": "authorization_code", "code": granted(browser, trusted)}
    proof = {"client_id": trusted.id, "client_secret": str(trusted.secret)}

    bound = {"redirect_uri": CALLBACK, "code_verifier": VERIFIER}

    assert post(api, "token", {**fields, **bound, **proof, "client_secret": "x"}).status_code == 401
    assert post(api, "token", {**fields, **bound, **proof}).status_code == 200


@pytest.mark.asvs("V10.4.2")
@pytest.mark.parametrize("seconds", [0, 1, 30])
def test_a_code_is_good_once(timed: Timed, seconds: int) -> None:
    """oidcc-codereuse, oidcc-codereuse-30seconds,
    attempt-reuse-authorization-code-after-one-second

    The clock is moved on. The modules take it as a warning if tokens stay good; here they do not.
    """
    app, code = timed.application, timed.code()
    tokens = app.redeem(timed.api, code).json
    timed.clock.advance(seconds=seconds)

    again = app.redeem(timed.api, code)

    assert (again.status_code, again.json["error"]) == (400, "invalid_grant")
    assert calls.account(timed.api, tokens["access_token"]).status_code == 401


@pytest.mark.asvs("V10.4.3")
def test_an_expired_code_is_refused(timed: Timed) -> None:
    """ensure-token-endpoint-fails-with-expired-auth-code

    The clock is moved on by a minute.
    """
    code = timed.code()
    timed.clock.advance(seconds=60)

    refused = timed.application.redeem(timed.api, code)

    assert (refused.status_code, refused.json["error"]) == (400, "invalid_grant")


def test_the_order_of_scopes_is_no_matter(
    api: TestClient, browser: Browser, trusted: Application
) -> None:
    """ensure-other-scope-order-succeeds"""
    for scope in ("profile notes:read", "notes:read profile"):
        tokens = trusted.redeem(api, granted(browser, trusted, scope=scope)).json
        assert set(tokens["scope"].split()) == {"profile", "notes:read"}


def test_the_scheme_of_a_token_is_read_in_any_case(
    api: TestClient, browser: Browser, trusted: Application
) -> None:
    """access-token-type-header-case-sensitivity

    The tokens are bearer tokens, without DPoP.
    """
    token = trusted.redeem(api, granted(browser, trusted)).json["access_token"]

    for scheme in ("Bearer", "bearer", "BEARER", "bEaReR"):
        headers = {"Authorization": f"{scheme} {token}"}
        assert api.simulate_get("/api/users/me", headers=headers).status_code == 200


@pytest.mark.asvs("V10.4.10")
def test_a_client_proves_that_it_is_the_one_it_says(
    api: TestClient, browser: Browser, gate: Door, trusted: Application
) -> None:
    """ensure-client-id-in-token-endpoint

    By its secret, instead of a signed assertion or a certificate.
    """
    other = gate.application("Other")
    code = granted(browser, trusted)

    assert trusted.redeem(api, code, client_id=other.id).json["error"] == "invalid_client"
    fields = {"grant_type": "authorization_code", "code": code, "client_id": other.id}
    for form in (fields, {**fields, "client_secret": str(trusted.secret)}):
        assert post(api, "token", form).json["error"] == "invalid_client"
    crossed = calls.basic(other.id, str(trusted.secret))
    assert post(api, "token", fields, crossed).status_code == 401


def test_a_code_is_bound_to_its_client(
    api: TestClient, browser: Browser, gate: Door, trusted: Application
) -> None:
    """ensure-authorization-code-is-bound-to-client"""
    refused = gate.application("Other").redeem(api, granted(browser, trusted))

    assert (refused.status_code, refused.json["error"]) == (400, "invalid_grant")


def test_a_refresh_token_gives_tokens_to_its_client_alone(
    api: TestClient, browser: Browser, gate: Door, trusted: Application
) -> None:
    """oidcc-refresh-token, refresh-token

    No ID token; the refresh token is replaced with each use.
    """
    held = trusted.redeem(api, granted(browser, trusted)).json["refresh_token"]

    refused = gate.application("Other").refresh(api, held)
    answer = trusted.refresh(api, held).json

    assert (refused.status_code, refused.json["error"]) == (400, "invalid_grant")
    assert calls.account(api, answer["access_token"]).status_code == 200
    assert trusted.refresh(api, answer["refresh_token"]).status_code == 200


def test_a_verifier_has_to_be_there_and_right(
    api: TestClient, browser: Browser, trusted: Application
) -> None:
    """ensure-pkce-code-verifier-required, incorrect-pkce-code-verifier-rejected"""
    for verifier, errors in (("", "invalid_request"), ("x" * 43, "invalid_grant")):
        refused = trusted.redeem(api, granted(browser, trusted), code_verifier=verifier)
        assert (refused.status_code, refused.json["error"]) == (400, errors)


def test_proof_by_s256_is_taken(api: TestClient, browser: Browser, trusted: Application) -> None:
    """oidcc-ensure-request-with-valid-pkce-succeeds"""
    verifier = "x-._~" * 20
    code = granted(browser, trusted, code_challenge=challenge(verifier))

    assert trusted.redeem(api, code, code_verifier=verifier).status_code == 200
