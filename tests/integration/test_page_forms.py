"""Forms of the pages: only our own count, and none leads away."""

from html import escape
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from falcon.testing import TestClient

from entrypoints.pages.rendering import form_target
from tests.fakes.clock import FakeClock
from tests.integration import calls
from tests.integration.browsers import FORM, Browser, action, csrf, is_page
from tests.integration.clients import standing
from tests.integration.conftest import MakeSettings
from tests.integration.stores import SQLITE

pytestmark = pytest.mark.databases(SQLITE)

FORMS = {
    "/login": {"username": "miguel", "password": "python"},
    "/register": {"username": "susan", "password": "python"},
    "/logout": {},
}
STALE, FOREIGN = "This page was open for too long", "This came from another site"
OWN = "http://falconframework.org"


@pytest.fixture
def browser(standing_api: TestClient) -> Browser:
    return Browser(standing_api)


def unchanged(browser: Browser) -> None:
    """Fails if a form has logged anybody in or registered susan."""
    assert browser.who() is None
    assert Browser(browser.api).log_in("susan").status_code == 403


@pytest.mark.asvs("V3.5.1")
@pytest.mark.parametrize("path", ["/login", "/register"])
@pytest.mark.parametrize("sent", ["", "x", "é", "A" * 43])
def test_a_form_without_its_token_does_nothing(browser: Browser, path: str, sent: str) -> None:
    browser.get(path)

    is_page(browser.post(path, FORMS[path]), 403, STALE)
    is_page(browser.post(path, {**FORMS[path], "csrf": sent}), 403, STALE)
    unchanged(browser)


@pytest.mark.asvs("V3.5.1")
@pytest.mark.parametrize("path", ["/login", "/register"])
def test_the_token_of_another_browser_does_nothing(browser: Browser, path: str) -> None:
    others = csrf(Browser(browser.api).get(path))
    fields = {**FORMS[path], "csrf": others}

    is_page(browser.post(path, fields), 403, STALE)
    browser.get(path)
    is_page(browser.post(path, fields), 403, STALE)
    unchanged(browser)


@pytest.mark.parametrize("path", FORMS)
def test_a_form_that_was_shown_before_the_log_in_does_nothing_after_it(
    browser: Browser, path: str
) -> None:
    before = csrf(browser.get("/login"))
    browser.logged_in()

    is_page(browser.post(path, {**FORMS[path], "csrf": before}), 403, STALE)
    assert browser.who() == "miguel"


def test_nobody_is_logged_out_by_another_site(browser: Browser) -> None:
    browser.logged_in()

    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        is_page(browser.submit("/logout", headers=headers), 403, FOREIGN)
    is_page(browser.post("/logout", {}), 403, STALE)
    assert browser.who() == "miguel"


@pytest.mark.asvs("V3.5.1")
@pytest.mark.parametrize(
    "headers",
    [
        *(
            {"Origin": origin}
            for origin in ("null", "https://falconframework.org", "x", f"{OWN}.x")
        ),
        *({"Origin": origin} for origin in (f"{OWN}:81", f"{OWN}/", f"{OWN}, {OWN}")),
        *({"Sec-Fetch-Site": site} for site in ("cross-site", "same-site", "x")),
        {"Origin": OWN, "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_form_that_comes_from_elsewhere_does_nothing_even_with_its_token(
    browser: Browser, headers: dict[str, str]
) -> None:
    is_page(browser.submit("/login", FORMS["/login"], headers), 403, FOREIGN)
    unchanged(browser)


@pytest.mark.parametrize(
    "headers",
    [{"Origin": OWN}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}],
)
def test_a_form_of_our_own_is_taken(browser: Browser, headers: dict[str, str]) -> None:
    assert browser.submit("/login", FORMS["/login"], headers).status_code == 303


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://ID.example.com:80/accounts", "http://id.example.com"),
        ("https://id.example.com:8443", "https://id.example.com:8443"),
    ],
)
def test_our_own_origin_is_that_of_the_public_address(
    make_settings: MakeSettings, clock: FakeClock, url: str, origin: str
) -> None:
    with standing(make_settings(PUBLIC_URL=url), clock) as api:
        calls.register(api)
        browser = Browser(api)
        page = browser.get("/login")
        fields = {**FORMS["/login"], "csrf": csrf(page)}
        is_page(browser.post("/login", fields, {"Origin": OWN}), 403, FOREIGN)
        assert browser.post("/login", fields, {"Origin": origin}).status_code == 303


def test_addresses_begin_with_the_path_of_the_public_address(
    make_settings: MakeSettings, clock: FakeClock
) -> None:
    with standing(make_settings(PUBLIC_URL="http://id.example.com/accounts"), clock) as api:
        calls.register(api)
        browser = Browser(api)
        page = browser.get("/login?client_id=a")
        fields = {**FORMS["/login"], "csrf": csrf(page)}
        answer = browser.post("/login?client_id=a", fields)

    assert action(page) == "/accounts/login?client_id=a"
    assert answer.headers["Location"] == "/accounts/login?client_id=a"
    assert 'href="/accounts/pages/style.css' in page.text


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"username=a&username=b", FORM, 400),
        (b"username=%FF", FORM, 400),
        (b"username=%00", FORM, 400),
        (b"&".join(b"a%d=1" % number for number in range(40)), FORM, 400),
        (b"x" * 70_000, FORM, 413),
        (b"{}", "application/json", 415),
        (b"username=a", "multipart/form-data", 415),
        (b"username=a", "text/plain", 415),
    ],
)
def test_what_is_no_form_gets_a_page(
    browser: Browser, body: bytes, content_type: str, status: int
) -> None:
    for path in FORMS:
        answer = browser.ask("POST", path, body=body, headers={"Content-Type": content_type})
        is_page(answer, status, "This cannot be read")


NOWHERE_ELSE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "@evil.example/",
    ".evil.example",
    "#@evil.example",
    "?next=https://evil.example",
    "x/../../evil",
    "/login",
    "a=b\r\nLocation: https://evil.example",
    "a=b\r\nSet-Cookie: varvel=x",
    "a=b; url=https://evil.example",
    'a="><meta http-equiv="refresh" content="0;url=https://evil.example">',
    "redirect_uri=https://evil.example",
    "%2f%2fevil.example",
    "https%3A%2F%2Fevil.example",
    "\uff41=https\uff1a\uff0f\uff0fevil.example",
    "\t//evil.example",
    " https://evil.example",
]


@pytest.mark.asvs("V3.7.2", "V1.2.2")
@pytest.mark.parametrize("text", NOWHERE_ELSE)
def test_after_the_log_in_nobody_is_led_anywhere_but_to_our_own_endpoint(
    browser: Browser, text: str
) -> None:
    asked = [("client_id", "a"), *parse_qsl(text, keep_blank_values=True)]
    carried = urlencode(asked)
    address = f"/login?client_id=a&{quote(text, safe='&=%')}"

    answer = browser.submit(address, FORMS["/login"])
    assert answer.headers["Location"] == f"/login?{carried}"
    assert "Set-Cookie" not in answer.text

    page = browser.get(answer.headers["Location"])
    text = is_page(page, 200, "You are logged in")
    target = f"/oauth2/authorize?{carried}".replace("&", "&amp;")
    assert f'<meta http-equiv="refresh" content="0; url={target}">' in text
    assert f'<a class="button primary" href="{target}">' in text
    assert text.count("<meta http-equiv") == 1
    assert "evil" not in text.replace(target, "")


@pytest.mark.parametrize(
    "query", ["client_id=%FF", "client_id=%00", "%FF", "&".join(f"x{n}=" for n in range(40))]
)
def test_a_query_that_cannot_be_carried_along_is_refused(browser: Browser, query: str) -> None:
    for path in FORMS:
        is_page(browser.get(f"{path}?{query}"), 400, "This cannot be read")


@pytest.mark.parametrize("query", ["next=/x", "a=b", "CLIENT_ID=a", "xclient_id=a"])
def test_a_query_that_is_no_applications_request_leads_nowhere(
    browser: Browser, query: str
) -> None:
    answer = browser.submit(f"/login?{query}", FORMS["/login"])

    assert answer.headers["Location"] == "/login"


def test_the_query_is_carried_through_every_page(browser: Browser) -> None:
    kept = urlencode({"client_id": "a&b", "state": 'é "<>', "empty": ""})

    page = browser.get(f"/login?{kept}")
    assert action(page) == f"/login?{kept}"
    assert f'href="/register?{escape(kept)}"' in page.text
    fields = {"username": "Zoë", "password": "python"}
    registered = browser.submit(f"/register?{kept}", fields)
    assert registered.headers["Location"] == f"/login?{kept}"
    out = browser.submit(f"/logout?{kept}")
    assert out.headers["Location"] == f"/logout?{kept}"
    assert f'href="/login?{escape(kept)}"' in browser.get(f"/logout?{kept}").text


@pytest.mark.parametrize(
    ("redirect_uri", "expected"),
    [
        ("https://App.example.com/callback?a=b", "https://app.example.com"),
        ("https://app.example.com:8443/callback", "https://app.example.com:8443"),
        ("http://127.0.0.1:51004/", "http://127.0.0.1:51004"),
        # A policy can name no IPv6 address.
        ("http://[::1]:51004/", "http:"),
        ("com.example.app:/callback", "com.example.app:"),
        ("com.example.app://callback", "com.example.app://callback"),
        ("https://a.example; script-src *", "https:"),
        ("https://user@a.example/", "https:"),
    ],
)
def test_a_policy_names_where_a_form_leads_and_nothing_else(
    redirect_uri: str, expected: str
) -> None:
    assert form_target(redirect_uri) == expected
