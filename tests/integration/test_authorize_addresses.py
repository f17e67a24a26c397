"""The addresses at which an application gets its answer."""

import pytest
from falcon.testing import TestClient

from tests.integration.applications import CALLBACK, Application, Door
from tests.integration.authorizing import (
    ASKED,
    asking,
    decide,
    sent_back,
    shown_nothing_but_a_page,
)
from tests.integration.browsers import Browser, is_page
from tests.integration.stores import SQLITE

pytestmark = pytest.mark.databases(SQLITE)


@pytest.fixture
def api(standing_api: TestClient) -> TestClient:
    return standing_api


@pytest.fixture
def gate(standing_gate: Door) -> Door:
    return standing_gate


def test_the_only_address_and_all_scopes_are_meant_if_none_is_named(
    api: TestClient, browser: Browser, shop: Application
) -> None:
    address = asking(shop, redirect_uri=None, scope=None)

    code = sent_back(decide(browser, address))["code"]

    fields = {"grant_type": "authorization_code", "code": code, "code_verifier": "x" * 43}
    assert shop.post(api, "token", **fields).json["error"] == "invalid_grant"
    assert shop.redeem(api, code).json["scope"] == "profile notes:read"


def test_of_two_addresses_one_has_to_be_named(browser: Browser, gate: Door) -> None:
    other = "https://shop.example/other"
    app = gate.application(redirect_uris=[CALLBACK, other], is_trusted=True)

    for unnamed in (None, ""):
        shown_nothing_but_a_page(browser.get(asking(app, redirect_uri=unnamed)))
    assert sent_back(browser.get(asking(app, redirect_uri=other)), other)["code"]


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_the_port_of_a_loopback_address_may_be_another_one(
    api: TestClient, browser: Browser, gate: Door, host: str
) -> None:
    app = gate.application(redirect_uris=[f"http://{host}:5001/callback"], is_public=True)

    for port in ("", ":1", ":49152", ":65535"):
        back = f"http://{host}{port}/callback"
        code = sent_back(decide(browser, asking(app, redirect_uri=back)), back)["code"]
        assert app.redeem(api, code, redirect_uri=f"http://{host}:5001/callback").json["error"]
        assert app.redeem(api, code, redirect_uri=back).status_code == 200


@pytest.mark.parametrize("back", ["com.example.app:/callback", "com.example.app://shop.example"])
def test_a_program_is_reached_by_a_scheme_of_its_own(
    browser: Browser, gate: Door, back: str
) -> None:
    app = gate.application(redirect_uris=[back], is_public=True)
    address = asking(app, redirect_uri=back)

    page = browser.get(address)

    assert "an application on this device" in page.text
    assert "form-action 'self' com.example.app:" in page.headers["Content-Security-Policy"]
    assert sent_back(decide(browser, address), back)["code"]


def test_the_query_of_a_registered_address_is_kept(browser: Browser, gate: Door) -> None:
    back = f"{CALLBACK}?tenant=a%26b&empty=&x=1"
    app = gate.application(redirect_uris=[back], is_trusted=True)

    answer = sent_back(browser.get(asking(app, redirect_uri=back)))
    error = sent_back(browser.get(asking(app, redirect_uri=back, scope="admin")))

    for found in (answer, error):
        assert (found["tenant"], found["empty"], found["x"]) == ("a&b", "", "1")
    assert answer.keys() == {"tenant", "empty", "x", "code", "state"}


@pytest.mark.parametrize(
    "query", ["?a=%20", "?a+b=%7e", "?flag", "?", "?a=%2F/", "?a=1&", "?b=&a=:@!$'()*,;"]
)
def test_a_registered_address_is_answered_at_as_it_is_spelled(
    browser: Browser, gate: Door, query: str
) -> None:
    app = gate.application(redirect_uris=[CALLBACK + query])

    for answer in (
        browser.submit(asking(app, redirect_uri=CALLBACK + query), {"decision": "deny"}),
        decide(browser, asking(app, redirect_uri=CALLBACK + query)),
        browser.get(asking(app, redirect_uri=CALLBACK + query, scope="admin")),
    ):
        assert answer.headers["Location"].startswith(CALLBACK + query)
        told = answer.headers["Location"].removeprefix(CALLBACK + query).removeprefix("&")
        assert {each.partition("=")[0] for each in told.split("&")} - {"error_description"} in (
            {"code", "state", "iss"},
            {"error", "state", "iss"},
        )


@pytest.mark.asvs("V10.7.1")
def test_who_could_be_another_program_on_the_users_machine_is_asked_for_each_time(
    browser: Browser, gate: Door
) -> None:
    local = ["http://127.0.0.1/callback", "com.example.app:/callback"]
    app = gate.application(redirect_uris=[*local, CALLBACK], is_public=True)

    for back in local:
        assert sent_back(decide(browser, asking(app, redirect_uri=back)), back)["code"]
        is_page(browser.get(asking(app, redirect_uri=back)), 200, ASKED)
    assert sent_back(browser.get(asking(app)))["code"]
