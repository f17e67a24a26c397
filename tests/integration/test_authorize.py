"""How people let an application act for them, in a browser."""

import pytest
from falcon.testing import TestClient

from tests.integration import calls
from tests.integration.applications import API, NOBODY, Application, Door
from tests.integration.authorizing import (
    ASKED,
    AUTHORIZE,
    asking,
    code_for,
    decide,
    sent_back,
    shown_nothing_but_a_page,
)
from tests.integration.browsers import Browser, action, csrf, is_page
from tests.integration.stores import SQLITE, Store

pytestmark = pytest.mark.databases(SQLITE)


@pytest.fixture
def api(standing_api: TestClient) -> TestClient:
    return standing_api


@pytest.fixture
def gate(standing_gate: Door) -> Door:
    return standing_gate


@pytest.mark.databases("sqlite", "postgresql")
def test_somebody_logs_in_consents_and_the_application_gets_tokens(
    api: TestClient, shop: Application
) -> None:
    browser = Browser(api)
    address = asking(shop, scope="profile notes:read")

    to_log_in = browser.get(address)
    assert to_log_in.status_code == 303
    logged_in = browser.log_in(address=to_log_in.headers["Location"])
    going_on = browser.get(logged_in.headers["Location"])
    assert f'url={address.replace("&", "&amp;")}"' in going_on.text
    page = is_page(browser.get(address), 200, ASKED)
    assert "See your user name" in page
    assert "<bdi>notes:read</bdi>" in page
    answer = sent_back(decide(browser, address))

    assert answer.keys() == {"code", "state"}
    tokens = shop.redeem(api, answer["code"])
    assert tokens.json["scope"] == "profile notes:read"
    assert calls.account(api, tokens.json["access_token"]).json["username"] == "miguel"


@pytest.mark.parametrize(
    "state",
    [
        "a b",
        " ",
        "é ü \N{SNOWMAN} \U0001f985",
        "&=#%+?/",
        "%26%00%0A",
        "<\">'\\",
        "a\r\nb",
        "x" * 2000,
    ],
)
@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_the_state_comes_back_exactly_as_it_was_sent(
    browser: Browser, gate: Door, state: str, decision: str
) -> None:
    answer = sent_back(decide(browser, asking(gate.application(), state=state), decision))

    assert answer["state"] == state


def test_without_a_state_none_comes_back(browser: Browser, shop: Application) -> None:
    for state in (None, ""):
        assert sent_back(decide(browser, asking(shop, state=state), "deny")).keys() == {
            *("error", "error_description")
        }
    assert sent_back(decide(browser, asking(shop, state=None))).keys() == {"code"}


@pytest.mark.asvs("V10.7.1")
def test_who_denies_sends_the_application_away_and_is_asked_again(
    browser: Browser, shop: Application
) -> None:
    for decision in ("deny", "", "ALLOW"):
        answer = sent_back(decide(browser, asking(shop), decision))
        assert answer.pop("error_description")
        assert answer == {"error": "access_denied", "state": "af0ifjsldkj"}

    is_page(browser.get(asking(shop)), 200, ASKED)


@pytest.mark.asvs("V10.7.2")
def test_who_is_asked_sees_who_asks_for_what_and_where_that_leads(
    browser: Browser, gate: Door
) -> None:
    gate.application("Other")
    app = gate.application("<b>Sh&p</b>", scopes=["profile", "notes:read", "notes:write"])

    page = browser.get(asking(app, scope="notes:write profile"))

    assert "<bdi>&lt;b&gt;Sh&amp;p&lt;/b&gt;</bdi>" in page.text
    assert "See your user name" in page.text
    assert "notes:write" in page.text
    assert "notes:read" not in page.text.replace(asking(app), "")
    assert "<bdi>miguel</bdi>" in page.text
    assert "<bdi>shop.example</bdi>" in page.text
    assert "form-action 'self' https://shop.example;" in page.headers["Content-Security-Policy"]


@pytest.mark.asvs("V10.7.1")
def test_a_consent_is_remembered_and_more_is_asked_for_again(
    api: TestClient, browser: Browser, shop: Application
) -> None:
    code_for(browser, shop)

    again = sent_back(browser.get(asking(shop)))
    assert shop.redeem(api, again["code"]).status_code == 200
    is_page(browser.get(asking(shop, scope="profile notes:read")), 200, ASKED)
    code_for(browser, shop, scope="notes:read")
    assert sent_back(browser.get(asking(shop, scope="notes:read profile"))).keys() >= {"code"}


def test_each_user_and_each_application_is_asked_for_itself(
    api: TestClient, browser: Browser, gate: Door, shop: Application
) -> None:
    calls.register(api, username="susan")
    code_for(browser, shop)

    susan = Browser(api).logged_in(name="susan")
    is_page(susan.get(asking(shop)), 200, ASKED)
    is_page(browser.get(asking(gate.application())), 200, ASKED)


def test_a_withdrawn_consent_is_asked_for_again(
    api: TestClient, browser: Browser, shop: Application
) -> None:
    code = code_for(browser, shop)

    path = f"/api/consents/{shop.id}"
    assert calls.by_token(api, "DELETE", path, calls.token(api)).status_code == 204

    is_page(browser.get(asking(shop)), 200, ASKED)
    assert shop.redeem(api, code).json["error"] == "invalid_grant"


def test_for_the_owners_own_application_nobody_is_asked(
    api: TestClient, browser: Browser, gate: Door
) -> None:
    own = gate.application(is_trusted=True)

    answer = sent_back(browser.get(asking(own)))

    assert own.redeem(api, answer["code"]).json["scope"] == "profile"


def test_the_api_that_a_token_is_for_is_the_one_that_was_asked_for(
    api: TestClient, browser: Browser, gate: Door
) -> None:
    app = gate.application(audiences=["https://other.example", API], is_trusted=True)

    code = sent_back(browser.get(asking(app, resource=API)))["code"]

    assert calls.claims(app.redeem(api, code).json["access_token"])["aud"] == API


def test_parameters_that_nobody_knows_are_overlooked(browser: Browser, gate: Door) -> None:
    app = gate.application(is_trusted=True)
    unknown = {"login_hint": "José", "ui_locales": "fr-CA fr", "claims": '{"a": "\\"}', "x": ""}

    assert sent_back(browser.get(asking(app, **unknown)))["code"]


@pytest.mark.asvs("V10.4.12")
@pytest.mark.parametrize("mode", ["query", "fragment", "form_post", "query.jwt", "web_message"])
def test_answers_come_in_the_query_whatever_mode_is_asked_for(
    browser: Browser, gate: Door, mode: str
) -> None:
    app = gate.application(is_trusted=True)

    assert sent_back(browser.get(asking(app, response_mode=mode)))["code"]


def stored(store: Store) -> object:
    """How many codes and consents there are."""
    counts = [f"(SELECT count(*) FROM {table})" for table in ("authorization_codes", "consents")]
    return store.execute(f"SELECT {', '.join(counts)}")


@pytest.mark.databases("sqlite", "postgresql")
def test_the_question_alone_leaves_no_code_and_no_consent_behind(
    browser: Browser, gate: Door, shop: Application, standing_store: Store
) -> None:
    local = "http://127.0.0.1/callback"
    public = gate.application(redirect_uris=[local], is_public=True)
    code_for(browser, shop)
    sent_back(decide(browser, asking(public, redirect_uri=local)), local)
    before = stored(standing_store)

    for asked in (
        *(asking(gate.application()), asking(shop, scope="notes:read")),
        *(asking(public, redirect_uri=local), asking(public, redirect_uri=None)),
    ):
        is_page(browser.get(asked), 200, ASKED)
    assert stored(standing_store) == before


def test_head_and_options_grant_no_code(
    browser: Browser, gate: Door, shop: Application, standing_store: Store
) -> None:
    code_for(browser, shop)
    before = stored(standing_store)

    for app in (shop, gate.application(is_trusted=True)):
        head = browser.ask("HEAD", asking(app))
        assert head.status_code == 200
        assert "Location" not in head.headers
        assert not head.content
        options = browser.ask("OPTIONS", asking(app))
        assert options.headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    assert stored(standing_store) == before


def test_a_client_that_was_removed_while_its_user_thought_gets_no_code(
    browser: Browser, gate: Door, shop: Application
) -> None:
    page = browser.get(asking(shop))
    gate.operators.delete_client(client_id=shop.id, origin=NOBODY)

    answer = browser.post(action(page), {"csrf": csrf(page), "decision": "allow"})

    assert "invalid_client" in shown_nothing_but_a_page(answer)
    shown_nothing_but_a_page(browser.get(asking(shop)))


def test_who_was_logged_out_while_thinking_logs_in_again(
    api: TestClient, browser: Browser, shop: Application
) -> None:
    page = browser.get(asking(shop))
    calls.by_token(api, "DELETE", "/api/sessions", calls.token(api))

    answer = browser.post(action(page), {"csrf": csrf(page), "decision": "allow"})

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login?response_type=code&")
    assert AUTHORIZE not in answer.headers["Location"]
    is_page(browser.logged_in().get(asking(shop)), 200, ASKED)


def test_an_api_that_is_not_the_applications_first_one_is_named_to_who_is_asked(
    browser: Browser, gate: Door
) -> None:
    other = "https://other.example/api?x&y"
    app = gate.application(audiences=[API, other])

    for unnamed in (None, API):
        assert "This is for" not in browser.get(asking(app, resource=unnamed)).text
    page = browser.get(asking(app, resource=other))
    assert "This is for <bdi>https://other.example/api?x&amp;y</bdi> alone." in page.text
    assert "This is for" in browser.get(asking(app, resource="http://localhost:5000")).text
