"""What is wrong with a request for an authorization, and where that is told."""

from collections.abc import Iterator

import pytest
from falcon.testing import TestClient

from tests.integration.applications import API, CALLBACK, Application, Door
from tests.integration.authorizing import (
    AUTHORIZE,
    STALE,
    USUAL,
    asking,
    posted,
    sent_back,
    shown_nothing_but_a_page,
)
from tests.integration.browsers import FORM, Browser
from tests.integration.stores import SQLITE, Store

pytestmark = pytest.mark.databases(SQLITE)

Fault = dict[str, str | None]


def each(error: str, name: str, *values: str | None) -> list[tuple[str, Fault]]:
    return [(error, {name: value}) for value in values]


FAULTS: list[tuple[str, Fault]] = [
    *each("invalid_request", "response_type", None, ""),
    *each("unsupported_response_type", "response_type", "token", "id_token", "code token"),
    *each("unsupported_response_type", "response_type", "code id_token", "CODE", "none"),
    *each("invalid_scope", "scope", "admin", "account", "profile admin", "PROFILE", "é", "*"),
    *each("invalid_scope", "scope", 'pro"file', "profile\u00a0admin"),
    *each("invalid_request", "code_challenge", None, "", "short", "x" * 42, "x" * 129, "é" * 43),
    *each("invalid_request", "code_challenge", "x" * 42 + "=", "x y" * 20),
    *each("invalid_request", "code_challenge", "x" * 43 + "\n", "x" * 128 + "\n", "x" * 44),
    *each("invalid_request", "code_challenge", "x" * 128, "x" * 42 + ".", "x" * 42 + "~"),
    *each("invalid_request", "code_challenge_method", None, "", "plain", "s256", "S512", "none"),
    *each("invalid_request", "code_challenge_method", "S256 ", '"'),
    ("invalid_request", {"code_challenge": None, "code_challenge_method": None}),
    *each("invalid_target", "resource", "https://other.example", f"{API}/", "", "é"),
    *each("invalid_target", "resource", "javascript:alert(1)"),
]
"""Every error that an application can be told of, and how it comes to that."""

BAD_ADDRESSES = [
    # Nearly the registered one.
    *(f"{CALLBACK}{more}" for more in ("/", "?x=1", "?", "#", "#x", ".", "/..", "/../../x", "2")),
    *(f"{CALLBACK}{more}" for more in ("%00", "%2f", "%0d%0aX:y", "\t", " ", "\N{SNOWMAN}", "\\")),
    *(f"{before}{CALLBACK}" for before in (" ", "\t", "x", "https://evil.example/", "//")),
    *("https://shop.example/Callback", "https://SHOP.example/callback", "HTTPS" + CALLBACK[5:]),
    *("http://shop.example/callback", "https://shop.example./callback", "https://shop.example"),
    *("https://shop.example:443/callback", "https://shop.example:8443/callback"),
    *("https://shop.example/", "https://shop.example//callback", "https://shop.example/./callback"),
    *("https://shop.example/x/../callback", "https://shop.example/%63allback"),
    "https://shop.example/callback\u202e",
    f"{CALLBACK}\r\nLocation: https://evil.example",
    # Another host that looks like it.
    *("https://shop.example@evil.example/callback", "https://shop.example:x@evil.example/callback"),
    *("https://user@shop.example/callback", "https://evil.example\\@shop.example/callback"),
    *("https://evil.example#@shop.example/callback", "https://evil.example?@shop.example/callback"),
    *("https://shop.example.evil.example/callback", "https://evilshop.example/callback"),
    *("https://\u017fhop.example/callback", "https://shop\u3002example/callback"),
    *("https://shop.example%2eevil.example/callback", "https://*.example/callback"),
    # No address of a host, or read as one by some.
    *("https:\\\\shop.example\\callback", "https:/shop.example/callback", "https:shop.example"),
    *("//evil.example", "///evil.example", "\\\\evil.example", "/\\evil.example", "/callback"),
    *("callback", "?", "#", ".", "*", "null", "undefined", "https://", "https://[::1]/callback"),
    # Another scheme.
    *(
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "javascript://shop.example/callback%0aalert(1)",
    ),
    *(
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "about:blank",
    ),
    *("blob:https://shop.example/x", "urn:ietf:wg:oauth:2.0:oob", "ftp://shop.example/callback"),
    *("com.evil.app:/callback", "http://127.0.0.1/callback", "http://localhost/callback"),
    # Two in one, and too much.
    *(f"{CALLBACK},https://evil.example", f"{CALLBACK} https://evil.example", "x" * 3000),
]

BAD_LOOPBACKS = [
    *("http://127.0.0.1.evil.example:5001/callback", "http://127.0.0.1:5001@evil.example/callback"),
    *("http://127.0.0.2:5001/callback", "http://localhost:5001/callback", "http://127.1/callback"),
    *("http://2130706433:5001/callback", "http://0x7f.0.0.1/callback", "http://[::1]/callback"),
    *(
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1:/callback",
    ),
    *(
        "http://127.0.0.1:080/callback",
        "http://127.0.0.1:+80/callback",
        "http://127.0.0.1:-1/callback",
    ),
    *("http://127.0.0.1:\uff15\uff10/callback", "http://127.0.0.1:5001/callback/"),
    *(
        "https://127.0.0.1:5001/callback",
        "http://127.0.0.1:5001/callback?x",
        "http://127.0.0.1:5001",
    ),
    *("http://127.0.0.1:5001/callback\n", "http://user@127.0.0.1:5001/callback"),
]


@pytest.fixture
def browser(standing_api: TestClient) -> Browser:
    return Browser(standing_api).logged_in()


@pytest.fixture
def shop(standing_gate: Door) -> Application:
    """The owner's own, so that nothing but an error keeps it from a code."""
    return standing_gate.application(is_trusted=True)


@pytest.fixture(autouse=True)
def no_code_is_made(standing_store: Store) -> Iterator[None]:
    yield
    assert standing_store.execute("SELECT count(*) FROM authorization_codes") == [(0,)]


@pytest.mark.parametrize(("error", "fault"), FAULTS)
def test_an_application_is_told_its_error_at_its_own_address(
    browser: Browser, shop: Application, error: str, fault: Fault
) -> None:
    address = asking(shop, **fault)

    for answer in (browser.get(address), Browser(browser.api).get(address)):
        told = sent_back(answer)

        assert told.pop("error_description", "").isascii()
        assert told == {"error": error, "state": "af0ifjsldkj"}


@pytest.mark.asvs("V10.4.1", "V3.7.2")
def test_no_error_leads_to_an_address_that_is_not_registered(
    browser: Browser, shop: Application
) -> None:
    assert len(set(BAD_ADDRESSES)) == len(BAD_ADDRESSES) >= 25
    shown = Browser(browser.api)
    for bad in BAD_ADDRESSES:
        for browser_ in (browser, shown):
            shown_nothing_but_a_page(browser_.get(asking(shop, redirect_uri=bad)))
    for _, fault in FAULTS:
        for bad in BAD_ADDRESSES:
            shown_nothing_but_a_page(browser.get(asking(shop, redirect_uri=bad, **fault)))


def test_no_decision_leads_to_an_address_that_is_not_registered(
    browser: Browser, standing_gate: Door
) -> None:
    app = standing_gate.application()

    for bad in BAD_ADDRESSES:
        answer = posted(browser, asking(app), asking(app, redirect_uri=bad))
        shown_nothing_but_a_page(answer, 403, STALE)


def test_a_loopback_address_differs_by_nothing_but_its_port(
    browser: Browser, standing_gate: Door
) -> None:
    app = standing_gate.application(
        redirect_uris=["http://127.0.0.1:5001/callback"], is_trusted=True
    )

    for bad in BAD_LOOPBACKS:
        shown_nothing_but_a_page(browser.get(asking(app, redirect_uri=bad)))


def test_of_an_address_that_is_shown_nothing_becomes_part_of_the_page(
    browser: Browser, shop: Application
) -> None:
    text = shown_nothing_but_a_page(
        browser.get(asking(shop, redirect_uri="https://evil.example/<img src=x onerror=alert(1)>"))
    )

    assert "<img" not in text


@pytest.mark.parametrize("name", [*USUAL, "client_id", "nonce"])
def test_a_parameter_that_is_there_twice_leads_nowhere(
    browser: Browser, shop: Application, name: str
) -> None:
    value = {**USUAL, "client_id": shop.id}.get(name, "x")
    address = asking(shop, **{name: value})

    for second in (value, "other", "", "https://evil.example"):
        for doubled in (f"{address}&{name}={second}", address.replace("?", f"?{name}={second}&")):
            shown_nothing_but_a_page(browser.get(doubled), heading="This cannot be read")


def test_of_two_resources_the_application_is_told(browser: Browser, shop: Application) -> None:
    told = sent_back(browser.get(asking(shop, resource=API) + "&resource=https://other.example"))

    assert told["error"] == "invalid_target"


@pytest.mark.parametrize(
    "query",
    ["%FF", "state=%FF", "state=%00", "state=%EF%BF%BD", "&".join(f"a{n}=1" for n in range(40))],
)
def test_a_query_that_cannot_be_read_leads_nowhere(
    browser: Browser, shop: Application, query: str
) -> None:
    answer = browser.get(f"{asking(shop)}&{query}")

    shown_nothing_but_a_page(answer, heading="This cannot be read")


@pytest.mark.parametrize(
    "client", [None, "", "x", "A" * 22, "varvel-browser", "é", '"', "' OR 1=1"]
)
def test_an_application_that_nobody_registered_is_sent_nobody(
    browser: Browser, shop: Application, client: str | None
) -> None:
    for fault in ({}, {"response_type": "token"}, {"scope": "admin"}, {"redirect_uri": None}):
        shown_nothing_but_a_page(browser.get(asking(shop, client_id=client, **fault)))


def test_an_application_without_an_address_is_sent_nobody(
    browser: Browser, standing_gate: Door
) -> None:
    robot = standing_gate.application(redirect_uris=[], acts_alone=True, is_trusted=True)

    for address in (None, "", CALLBACK):
        shown_nothing_but_a_page(browser.get(asking(robot, redirect_uri=address)))


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data"])
def test_a_decision_is_a_form(browser: Browser, shop: Application, content_type: str) -> None:
    headers = {"Content-Type": content_type}

    answer = browser.ask("POST", asking(shop), body=b"decision=allow", headers=headers)

    shown_nothing_but_a_page(answer, 415, "This cannot be read")


def test_the_request_is_in_the_address_alone(browser: Browser, shop: Application) -> None:
    query = asking(shop).partition("?")[2]

    answer = browser.ask("POST", AUTHORIZE, body=query, headers={"Content-Type": FORM})

    shown_nothing_but_a_page(answer, 403, STALE)
