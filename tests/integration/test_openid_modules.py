"""What modules of the OpenID Foundation's conformance suite try, as far as it is plain OAuth.

A docstring begins with the modules, without `fapi2-security-profile-final-` before those of FAPI 2;
the rest says what is different here. docs/oauth.md lists both.
"""

import pytest
from falcon.testing import TestClient

from domain.errors import InvalidFields
from tests.integration import calls
from tests.integration.applications import (
    CALLBACK,
    Application,
    Door,
)
from tests.integration.authorizing import (
    ISSUER,
    USUAL,
    asking,
    decide,
    granted,
    sent_back,
    shown_nothing_but_a_page,
)
from tests.integration.browsers import Browser
from tests.integration.stores import SQLITE

pytestmark = pytest.mark.databases(SQLITE)

SECOND_CALLBACK = "https://shop.example/second"


@pytest.fixture
def api(standing_api: TestClient) -> TestClient:
    return standing_api


@pytest.fixture
def gate(standing_gate: Door) -> Door:
    return standing_gate


def test_the_metadata_says_what_the_server_does(api: TestClient) -> None:
    """discovery-end-point-verification

    RFC 8414's document; no pushed requests, no DPoP, no ID tokens in it.
    """
    told = api.simulate_get("/.well-known/oauth-authorization-server").json

    assert told["issuer"] == ISSUER
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "revocation_endpoint"):
        assert told[name].startswith(f"{ISSUER}/")
    assert told["response_types_supported"] == ["code"]
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["authorization_response_iss_parameter_supported"] is True
    assert api.simulate_get("/.well-known/jwks.json").json["keys"]


def test_a_code_and_tokens_by_client_secret_basic(
    api: TestClient, browser: Browser, shop: Application
) -> None:
    """oidcc-server, happy-flow

    No ID token; the client has a secret, and sends its request by the browser.
    """
    answer = sent_back(decide(browser, asking(shop)))
    tokens = shop.redeem(api, answer["code"])

    assert answer["state"] == USUAL["state"]
    assert tokens.headers["Cache-Control"] == "no-store"
    assert tokens.json["token_type"] == "Bearer"
    assert tokens.json["expires_in"] > 0
    assert calls.account(api, tokens.json["access_token"]).status_code == 200


@pytest.mark.parametrize("kind", [None, "code id_token", "token", "id_token"])
def test_only_codes_are_given_in_the_browser(
    browser: Browser, trusted: Application, kind: str | None
) -> None:
    """oidcc-response-type-missing, ensure-response-type-code-idtoken-fails,
    ensure-response-type-token-fails

    The error comes back to the client's address; the modules take a page as well.
    """
    error = sent_back(browser.get(asking(trusted, response_type=kind)))

    assert error["error"] == ("unsupported_response_type" if kind else "invalid_request")
    assert error["state"] == USUAL["state"]


def test_only_registered_addresses_get_answers(browser: Browser, trusted: Application) -> None:
    """oidcc-ensure-registered-redirect-uri, ensure-registered-redirect-uri

    The request comes by the browser and is not pushed; the page is read instead of photographed.
    """
    for address in (f"{CALLBACK}/abc", "https://evil.example/callback", f"{CALLBACK}abc"):
        shown_nothing_but_a_page(browser.get(asking(trusted, redirect_uri=address)))


def test_an_address_is_needed_where_two_are_registered(browser: Browser, gate: Door) -> None:
    """oidcc-ensure-redirect-uri-in-authorization-request,
    ensure-redirect-uri-in-authorization-request

    The client has two addresses: with one alone, OAuth lets it be left out.
    """
    app = gate.application(redirect_uris=[CALLBACK, SECOND_CALLBACK], is_trusted=True)

    shown_nothing_but_a_page(browser.get(asking(app, redirect_uri=None)))


@pytest.mark.parametrize(
    ("registered", "asked", "is_taken"),
    [
        ("?foo=bar", "?foo=bar", True),
        ("", "?foo=bar", False),
        ("?foo=bar", "?foo=bar&x=y", False),
        ("?foo=bar", "?foo=baz", False),
        ("?foo=bar", "", False),
    ],
)
def test_the_query_of_an_address_is_part_of_it(
    browser: Browser, gate: Door, registered: str, asked: str, *, is_taken: bool
) -> None:
    """oidcc-redirect-uri-query-OK, oidcc-redirect-uri-query-added,
    oidcc-redirect-uri-query-mismatch

    Clients are registered by the command instead of dynamically.
    """
    app = gate.application(redirect_uris=[CALLBACK + registered], is_trusted=True)

    answer = browser.get(asking(app, redirect_uri=CALLBACK + asked))

    if is_taken:
        assert sent_back(answer)["foo"] == "bar"
    else:
        shown_nothing_but_a_page(answer)


def test_no_address_with_a_fragment_is_registered(gate: Door) -> None:
    """oidcc-redirect-uri-regfrag

    Clients are registered by the command instead of dynamically.
    """
    with pytest.raises(InvalidFields):
        gate.application(redirect_uris=[f"{CALLBACK}#foobar"])


def test_unknown_parameters_and_a_missing_nonce_do_no_harm(
    api: TestClient, browser: Browser, trusted: Application
) -> None:
    """oidcc-ensure-request-with-unknown-parameter-succeeds,
    oidcc-ensure-request-without-nonce-succeeds-for-code-flow

    A nonce, too, is a parameter that is overlooked.
    """
    for changed in ({"extra": "foobar"}, {"nonce": "x" * 64}, {}):
        assert trusted.redeem(api, granted(browser, trusted, **changed)).status_code == 200


def test_who_refuses_is_sent_back_with_access_denied(browser: Browser, shop: Application) -> None:
    """user-rejects-authentication

    Refused is the consent; whoever does not log in is not sent back.
    """
    answer = sent_back(decide(browser, asking(shop), "deny"))

    assert (answer["error"], answer["state"]) == ("access_denied", USUAL["state"])


def test_a_state_may_be_missing_and_may_be_long(browser: Browser, trusted: Application) -> None:
    """ensure-authorization-request-without-state-success,
    ensure-authorization-request-with-long-state

    The request comes by the browser and is not pushed.
    """
    long = "x" * 1000

    assert "state" not in sent_back(browser.get(asking(trusted, state=None)))
    assert sent_back(browser.get(asking(trusted, state=long)))["state"] == long


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": "x" * 43, "code_challenge_method": "plain"},
        {"code_challenge": "x" * 43, "code_challenge_method": None},
    ],
)
def test_proof_by_s256_is_required(
    browser: Browser, trusted: Application, changed: dict[str, str | None]
) -> None:
    """par-ensure-pkce-required, par-plain-pkce-rejected

    The request comes by the browser and is not pushed, and so does the error.
    """
    error = sent_back(browser.get(asking(trusted, **changed)))

    assert error["error"] == "invalid_request"


def test_a_parameter_twice_is_refused(browser: Browser, trusted: Application) -> None:
    """par-without-duplicate-parameters

    The other way round: the request comes by the browser, and with a parameter twice leads nowhere.
    """
    granted(browser, trusted)

    answer = browser.get(f"{asking(trusted)}&scope=profile")

    shown_nothing_but_a_page(answer, heading="This cannot be read")
