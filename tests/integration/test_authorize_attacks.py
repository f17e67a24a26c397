"""What attackers try at the authorization endpoint, and with what it gave away (RFC 9700)."""

import pytest
from falcon.testing import TestClient

from tests.integration import calls
from tests.integration.applications import VERIFIER, Application, Door, challenge
from tests.integration.authorizing import (
    ASKED,
    FOREIGN,
    ISSUER,
    STALE,
    asking,
    code_for,
    decide,
    granted,
    posted,
    sent_back,
    shown_nothing_but_a_page,
)
from tests.integration.browsers import Browser, action, csrf, is_page
from tests.integration.stores import SQLITE, Store

pytestmark = pytest.mark.databases(SQLITE)

OTHER_VERIFIER = "susan-was-here-and-miguel-was-not-0123456789"


@pytest.fixture
def api(standing_api: TestClient) -> TestClient:
    return standing_api


@pytest.fixture
def gate(standing_gate: Door) -> Door:
    return standing_gate


def nothing_granted(browser: Browser, shop: Application, store: Store) -> None:
    """Fails if the application has got a code, or is trusted with anything from now on."""
    codes = "SELECT count(*) FROM authorization_codes WHERE client_id = :client"
    assert store.execute(codes, client=shop.id) == [(0,)]
    is_page(browser.get(asking(shop)), 200, ASKED)


@pytest.mark.asvs("V3.5.1", "V10.7.1")
@pytest.mark.parametrize(
    ("fields", "headers", "heading"),
    [
        ({"csrf": ""}, {}, STALE),
        ({"csrf": "x" * 43}, {}, STALE),
        ({}, {"Origin": "https://evil.example"}, FOREIGN),
        ({}, {"Origin": "null"}, FOREIGN),
        ({}, {"Origin": "https://shop.example"}, FOREIGN),
        ({}, {"Sec-Fetch-Site": "cross-site"}, FOREIGN),
        ({}, {"Sec-Fetch-Site": "same-site"}, FOREIGN),
    ],
)
def test_nobody_decides_for_the_user_csrf(
    *,
    browser: Browser,
    shop: Application,
    standing_store: Store,
    fields: dict[str, str],
    headers: dict[str, str],
    heading: str,
) -> None:
    for decision in ("allow", "deny"):
        answer = browser.submit(asking(shop), {"decision": decision, **fields}, headers)
        shown_nothing_but_a_page(answer, 403, heading)
    nothing_granted(browser, shop, standing_store)


def test_the_token_of_another_session_or_page_decides_nothing(
    api: TestClient, browser: Browser, shop: Application, standing_store: Store
) -> None:
    attacker = Browser(api).logged_in()
    tokens = [
        csrf(attacker.get(asking(shop))),
        csrf(browser.get("/logout")),
        csrf(browser.get(asking(shop, scope="notes:read"))),
    ]

    for token in tokens:
        answer = browser.post(asking(shop), {"csrf": token, "decision": "allow"})
        shown_nothing_but_a_page(answer, 403, STALE)
    nothing_granted(browser, shop, standing_store)


def test_a_form_of_the_session_before_decides_nothing(
    browser: Browser, shop: Application, standing_store: Store
) -> None:
    page = browser.get(asking(shop))
    browser.submit("/logout")
    browser.logged_in()

    answer = browser.post(action(page), {"csrf": csrf(page), "decision": "allow"})

    shown_nothing_but_a_page(answer, 403, STALE)
    nothing_granted(browser, shop, standing_store)


def test_the_page_cannot_be_framed_clickjacking(browser: Browser, shop: Application) -> None:
    headers = browser.get(asking(shop)).headers

    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"


def test_every_answer_names_its_server_mix_up(browser: Browser, shop: Application) -> None:
    told = browser.api.simulate_get("/.well-known/oauth-authorization-server").json
    elsewhere = Browser(
        browser.api, {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}, browser.cookies
    )

    assert told["issuer"] == ISSUER
    for answer in (
        decide(elsewhere, asking(shop), "deny"),
        decide(elsewhere, asking(shop)),
        elsewhere.get(asking(shop)),
        elsewhere.get(asking(shop, scope="admin")),
        # It is no parameter that somebody could set.
        elsewhere.get(asking(shop, iss="https://evil.example")),
    ):
        sent_back(answer)


def test_another_users_code_is_worth_nothing_without_that_users_verifier_code_injection(
    api: TestClient, browser: Browser, gate: Door
) -> None:
    for is_public in (False, True):
        app = gate.application(is_public=is_public)
        stolen = code_for(browser, app, code_challenge=challenge(OTHER_VERIFIER))

        refused = app.redeem(api, stolen, code_verifier=VERIFIER)

        assert (refused.status_code, refused.json["error"]) == (400, "invalid_grant")
        assert app.redeem(api, stolen, code_verifier=OTHER_VERIFIER).status_code == 200


@pytest.mark.asvs("V10.4.6")
def test_proof_of_possession_cannot_be_left_out_pkce_downgrade(
    api: TestClient, browser: Browser, gate: Door
) -> None:
    app = gate.application(is_trusted=True)
    plain = {"code_challenge": VERIFIER, "code_challenge_method": "plain"}
    dropped = {"code_challenge": None, "code_challenge_method": None}
    for changed in (plain, dropped, {"code_challenge": None}, {"code_challenge_method": None}):
        assert sent_back(browser.get(asking(app, **changed)))["error"] == "invalid_request"

    code = sent_back(browser.get(asking(app)))["code"]

    for verifier, error in (
        ("", "invalid_request"),
        ("short", "invalid_request"),
        (challenge(), "invalid_grant"),
        (VERIFIER.upper(), "invalid_grant"),
    ):
        assert app.redeem(api, code, code_verifier=verifier).json["error"] == error
    fields = {"grant_type": "authorization_code", "code": code, "code_challenge_method": "plain"}
    refused = app.post(api, "token", **fields, code_verifier=challenge())
    assert refused.json["error"] == "invalid_grant"


def test_a_code_opens_nothing_for_another_client_cross_client_redemption(
    api: TestClient, browser: Browser, gate: Door, shop: Application
) -> None:
    code = code_for(browser, shop)

    for thief in (gate.application("Thief"), gate.application("Thief", is_public=True)):
        for said in ({}, {"client_id": thief.id}):
            refused = thief.redeem(api, code, **said)
            assert (refused.status_code, refused.json["error"]) == (400, "invalid_grant")
        assert thief.redeem(api, code, client_id=shop.id).json.keys() >= {"error"}
    assert shop.redeem(api, code).status_code == 200, "Nobody has used it up."


@pytest.mark.asvs("V10.4.11")
def test_what_was_shown_is_what_is_granted_scope_escalation(
    api: TestClient, browser: Browser, shop: Application, standing_store: Store
) -> None:
    more = asking(shop, scope="profile notes:read")
    shown_nothing_but_a_page(posted(browser, asking(shop), more), 403, STALE)
    for changed in ({"scope": "admin"}, {"state": "other"}, {"resource": ISSUER}, {"x": "y"}):
        answer = posted(browser, asking(shop), asking(shop, **changed))
        shown_nothing_but_a_page(answer, 403, STALE)
    nothing_granted(browser, shop, standing_store)

    in_form = {
        "scope": "profile notes:read",
        "client_id": "x",
        "redirect_uri": "https://evil.example",
    }
    code = sent_back(decide(browser, asking(shop), "allow", **in_form))["code"]

    tokens = shop.redeem(api, code, scope="profile notes:read account").json
    assert tokens["scope"] == "profile"
    for wanted in ("profile notes:read", "account", "admin"):
        refused = shop.refresh(api, tokens["refresh_token"], scope=wanted)
        assert refused.json["error"] == "invalid_scope"
    is_page(browser.get(more), 200, ASKED)


@pytest.mark.parametrize("scope", ["account", "admin", "profile account", "profile\u00a0admin"])
def test_nobody_is_even_asked_for_what_is_never_granted(
    browser: Browser, shop: Application, scope: str
) -> None:
    assert sent_back(browser.get(asking(shop, scope=scope)))["error"] == "invalid_scope"


@pytest.mark.asvs("V10.3.2")
def test_what_an_application_holds_opens_nothing_else(
    api: TestClient, browser: Browser, shop: Application
) -> None:
    tokens = shop.redeem(api, code_for(browser, shop)).json

    for method, path in (*calls.TOKEN_ONLY, *calls.ADMIN_ONLY):
        if (method, path) not in calls.PROFILE:
            address = path.format(session_id="x", client_id="x", user_id="1")
            answer = calls.by_token(api, method, address, tokens["access_token"])
            assert answer.status_code == 403, path
    calls.not_refreshed(calls.refresh(api, tokens["refresh_token"]))


def test_a_token_of_the_api_proves_nobody_to_a_page(api: TestClient, gate: Door) -> None:
    own = gate.application(is_trusted=True)
    session = calls.logged_in(api)

    for headers in (
        calls.bearer(session["access_token"]),
        calls.basic("miguel", "python"),
        {"Cookie": f"varvel={session['access_token']}"},
        {"Cookie": f"varvel={session['refresh_token']}"},
        {"Cookie": f"__Host-varvel={session['refresh_token']}"},
    ):
        answer = Browser(api, headers).get(asking(own))
        assert answer.headers["Location"].startswith("/login?response_type=code&")


def test_an_applications_token_proves_nobody_to_a_page(
    api: TestClient, browser: Browser, gate: Door
) -> None:
    own = gate.application(is_trusted=True)
    tokens = own.redeem(api, granted(browser, own)).json

    for token in (tokens["access_token"], tokens["refresh_token"]):
        answer = Browser(api, cookies={"varvel": token}).get(asking(own))
        assert answer.headers["Location"].startswith("/login?response_type=code&")


def test_a_browsers_cookie_is_no_refresh_token(
    api: TestClient, browser: Browser, gate: Door, shop: Application
) -> None:
    cookie = browser.cookies["varvel"]

    calls.not_refreshed(calls.refresh(api, cookie))
    for app in (shop, gate.application(is_public=True)):
        assert app.refresh(api, cookie).json["error"] == "invalid_grant"
        assert app.post(api, "revoke", token=cookie).json["error"] == "invalid_grant"
    assert browser.who() == "miguel"


def test_the_browsers_own_client_is_nobodys(api: TestClient, browser: Browser) -> None:
    fields = {"client_id": "varvel-browser", "grant_type": "refresh_token"}
    form = {**fields, "refresh_token": browser.cookies["varvel"]}

    answer = browser.post("/oauth2/token", form)

    assert answer.json["error"] == "invalid_client"


def test_a_code_that_another_site_brings_back_logs_nobody_in_here(
    api: TestClient, browser: Browser, shop: Application
) -> None:
    code = code_for(browser, shop)

    assert Browser(api, cookies={"varvel": code}).who() is None
    assert calls.account(api, code).status_code == 401
