"""What Authlib does by itself that this server must not do: a test for each trap."""

import logging

import pytest
from falcon.testing import Result, TestClient

from tests.integration import calls
from tests.integration.applications import (
    API,
    CALLBACK,
    NOBODY,
    Application,
    Door,
    challenge,
    post,
)
from tests.integration.authorization_forms import UNREADABLE, b64
from tests.integration.authorizing import (
    asking,
    code_for,
    sent_back,
    shown_nothing_but_a_page,
)
from tests.integration.browsers import FORM, Browser
from tests.integration.stores import SQLITE, Store

pytestmark = pytest.mark.databases(SQLITE)

FORBIDDEN = ['a"b', "a\\b", "é", "\N{SNOWMAN}", "a\tb", "a\r\nb", "\x7f"]


@pytest.fixture
def api(standing_api: TestClient) -> TestClient:
    return standing_api


@pytest.fixture
def gate(standing_gate: Door) -> Door:
    return standing_gate


def redeemed(api: TestClient, app: Application, code: str, name: str, value: str) -> Result:
    """A code redeemed with a header that is spelled in this way."""
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    headers = [("Host", "localhost"), ("Content-Type", FORM), (name, value)]
    body = "&".join(f"{key}={each}" for key, each in {**fields, "code_verifier": "x" * 43}.items())
    return calls.raw(api, "POST", "/oauth2/token", headers, body.encode())


def test_a_challenge_is_required_which_code_challenge_required_does_not_do(
    browser: Browser, gate: Door
) -> None:
    app = gate.application(is_trusted=True)

    address = asking(app, code_challenge=None, code_challenge_method=None)

    assert sent_back(browser.get(address))["error"] == "invalid_request"


@pytest.mark.parametrize("sent", ["x" * 43 + "\n", "x" * 128 + "\n", "x" * 128, "." * 43])
def test_a_challenge_is_a_sha256_whole_though_authlib_takes_any_text_and_a_lines_end(
    browser: Browser, gate: Door, sent: str
) -> None:
    app = gate.application(is_trusted=True)

    told = sent_back(browser.get(asking(app, code_challenge=sent)))

    assert told["error"] == "invalid_request"


def test_no_line_ends_a_verifier_though_authlib_takes_one_behind_it(
    api: TestClient, browser: Browser, gate: Door
) -> None:
    app, verifier = gate.application(), "x" * 43 + "\n"
    code = code_for(browser, app, code_challenge=challenge(verifier))

    assert app.redeem(api, code, code_verifier=verifier).json["error"] == "invalid_request"


def test_plain_is_refused_which_code_challenge_required_takes_named_or_not(
    browser: Browser, gate: Door
) -> None:
    app = gate.application(is_trusted=True)

    for method in ("plain", None, ""):
        address = asking(app, code_challenge="x" * 43, code_challenge_method=method)
        assert sent_back(browser.get(address))["error"] == "invalid_request"


def test_every_client_sends_a_verifier_which_code_challenge_required_asks_of_public_ones(
    api: TestClient, browser: Browser, gate: Door
) -> None:
    for is_public in (False, True):
        app = gate.application(is_public=is_public)
        code = code_for(browser, app)
        assert app.redeem(api, code, code_verifier="").json["error"] == "invalid_request"


def test_a_used_code_makes_no_token_though_authlib_writes_it_before_it_uses_the_code_up(
    api: TestClient, browser: Browser, shop: Application, standing_store: Store
) -> None:
    code = code_for(browser, shop)
    shop.redeem(api, code)

    shop.redeem(api, code)

    made = "SELECT count(*) FROM sessions WHERE client_id = :client"
    assert standing_store.execute(made, client=shop.id) == [(1,)]


def test_each_write_is_right_by_itself_since_authlib_answers_errors_and_takes_nothing_back(
    api: TestClient, browser: Browser, shop: Application, standing_store: Store
) -> None:
    used = "SELECT session_id FROM authorization_codes WHERE client_id = :client"
    code = code_for(browser, shop)

    for wrong in ({"code_verifier": "x" * 43}, {"redirect_uri": API}, {"resource": API}):
        assert shop.redeem(api, code, **wrong).status_code == 400
        assert standing_store.execute(used, client=shop.id) == [(None,)]
    tokens = shop.redeem(api, code).json
    assert shop.redeem(api, code).status_code == 400
    assert calls.account(api, tokens["access_token"]).status_code == 401


def test_a_removed_client_leaves_no_code_behind(
    browser: Browser, gate: Door, shop: Application, standing_store: Store
) -> None:
    code_for(browser, shop)

    gate.operators.delete_client(client_id=shop.id, origin=NOBODY)

    left = "SELECT count(*) FROM authorization_codes WHERE client_id = :client"
    assert standing_store.execute(left, client=shop.id) == [(0,)]


def test_plain_http_works_where_the_operator_has_it_though_authlib_raises_on_http_uris(
    api: TestClient, browser: Browser, shop: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AUTHLIB_INSECURE_TRANSPORT", raising=False)

    for protocol in ("http", "https"):
        answer = browser.ask("GET", asking(shop), protocol=protocol)
        assert answer.status_code == 200
        form = "grant_type=refresh_token&refresh_token=x"
        headers = {"Content-Type": FORM, **shop.header}
        refused = api.simulate_post("/oauth2/token", body=form, headers=headers, protocol=protocol)
        assert refused.json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "name", ["Authorization", "authorization", "AUTHORIZATION", "aUTHORIZATION"]
)
@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_a_header_counts_however_it_is_spelled_though_authlib_reads_them_case_sensitively(
    api: TestClient, browser: Browser, shop: Application, name: str, scheme: str
) -> None:
    code = code_for(browser, shop)
    value = f"{scheme} {b64(f'{shop.id}:{shop.secret}')}"

    answer = redeemed(api, shop, code, name, value)

    # The verifier is wrong; it is the client that is known.
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("text", FORBIDDEN)
def test_forbidden_characters_are_an_error_of_the_client_though_authlib_raises_value_error(
    api: TestClient, browser: Browser, gate: Door, text: str
) -> None:
    app = gate.application(is_trusted=True)

    for changed in ({"response_type": text}, {"redirect_uri": f"https://evil.example/{text}"}):
        shown_nothing_but_a_page(browser.get(asking(app, **changed)))
    for name in ("scope", "code_challenge", "code_challenge_method", "resource"):
        assert sent_back(browser.get(asking(app, **{name: text})))["error"].startswith("invalid_")
    shown_nothing_but_a_page(browser.get(asking(app, client_id=text)))
    for fields in (
        {"grant_type": text},
        *(
            {"grant_type": "refresh_token", "refresh_token": "x", name: text}
            for name in ("scope", "resource", "client_id", "x")
        ),
    ):
        answer = post(api, "token", fields, app.header)
        # A client that is not the one of the header is no client.
        assert answer.status_code == (401 if "client_id" in fields else 400)
        assert answer.json["error_description"].isascii()


def test_an_unreadable_basic_header_proves_nobody_though_authlib_raises_unicode_decode_error(
    api: TestClient, shop: Application, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for value in UNREADABLE:
            if "\r" not in value and "\n" not in value:
                answer = redeemed(api, shop, "x", "Authorization", value)
                assert (answer.status_code, answer.json["error"]) == (401, "invalid_client"), value

    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_header_of_another_scheme_proves_nobody_though_authlib_takes_it_for_none(
    api: TestClient, gate: Door
) -> None:
    public = gate.application(is_public=True)
    fields = public.form(grant_type="refresh_token", refresh_token="x")

    answer = post(api, "token", fields, {"Authorization": "Bearer eyJ.e.e"})

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("endpoint", ["revoke", "introspect"])
@pytest.mark.parametrize("hint", ["id_token", "anything", "", '"'])
def test_unknown_hints_are_overlooked_though_authlib_refuses_them_with_401(
    api: TestClient, shop: Application, endpoint: str, hint: str
) -> None:
    answer = shop.post(api, endpoint, token="x", token_type_hint=hint)

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "name", ["code_challenge", "code_challenge_method", "nonce", "prompt", "request_uri", "x"]
)
def test_no_parameter_is_there_twice_though_authlib_looks_at_five_alone(
    browser: Browser, gate: Door, name: str
) -> None:
    app = gate.application(is_trusted=True)

    answer = browser.get(f"{asking(app, **{name: 'x' * 43})}&{name}=y")

    shown_nothing_but_a_page(answer, heading="This cannot be read")


def test_a_secret_is_in_one_place_though_authlib_takes_it_from_either(
    api: TestClient, shop: Application
) -> None:
    fields = {"grant_type": "refresh_token", "refresh_token": "x", "client_secret": "wrong"}

    answer = post(api, "token", {**fields, "client_id": shop.id}, shop.header)

    assert answer.json["error"] == "invalid_request"


def test_a_refresh_token_is_replaced_though_authlib_gives_out_none(
    api: TestClient, browser: Browser, shop: Application
) -> None:
    first = shop.redeem(api, code_for(browser, shop)).json

    second = shop.refresh(api, first["refresh_token"]).json

    assert second["refresh_token"] != first["refresh_token"]


def test_a_browser_repeats_no_form_elsewhere_though_authlib_redirects_with_302_and_no_iss(
    browser: Browser, shop: Application
) -> None:
    answer = browser.submit(asking(shop), {"decision": "deny"})

    assert answer.status_code == 303, "302 may be followed by another POST."
    assert "iss" in answer.headers["Location"]


def test_a_missing_response_type_is_invalid_though_authlib_calls_it_unsupported(
    browser: Browser, shop: Application
) -> None:
    assert sent_back(browser.get(asking(shop, response_type=None)))["error"] == "invalid_request"
