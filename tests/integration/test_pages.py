"""Pages for people: logging in, registering, logging out."""

import logging
import re

import pytest
from falcon.testing import TestClient

from tests.fakes.clock import FakeClock
from tests.integration import calls
from tests.integration.browsers import Browser, attributes, csrf, is_page
from tests.integration.clients import standing
from tests.integration.conftest import Execute, MakeSettings
from tests.integration.logged import entries, lines
from tests.integration.stores import SQLITE, Store

pytestmark = pytest.mark.databases(SQLITE)

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
WRONG = [
    ("miguel", "ruby"),
    ("nobody", "python"),
    ("miguel", ""),
    ("", "python"),
    ("mi guel:", "python"),
    ("eyJ.a.b", "python"),
    ("a" * 5000, "python"),
    ("miguel", "x" * 5000),
    # A disabled user's own.
    ("susan", "python"),
]


@pytest.fixture
def browser(standing_api: TestClient) -> Browser:
    return Browser(standing_api)


def test_somebody_who_logs_in_is_known_until_they_log_out(browser: Browser) -> None:
    assert browser.who() is None

    logged_in = browser.log_in()
    assert (logged_in.status_code, logged_in.headers["Location"]) == (303, "/login")
    assert browser.who() == "miguel"

    logged_out = browser.submit("/logout")
    assert (logged_out.status_code, logged_out.headers["Location"]) == (303, "/logout")
    assert not browser.cookies
    is_page(browser.get("/logout"), 200, "You are logged out")


@pytest.mark.asvs("V7.4.1")
def test_a_cookie_that_was_kept_opens_nothing_after_log_out(browser: Browser) -> None:
    kept = dict(browser.logged_in().cookies)
    browser.submit("/logout")

    assert Browser(browser.api, cookies=kept).who() is None


def test_logging_out_needs_a_form_and_not_only_a_link(browser: Browser) -> None:
    is_page(browser.logged_in().get("/logout"), 200, "Log out")

    assert browser.who() == "miguel"


def test_each_log_in_starts_a_session_of_its_own_and_ends_the_one_before(browser: Browser) -> None:
    first = dict(browser.logged_in().cookies)
    page = browser.get("/login")
    fields = {"csrf": csrf(page), "username": "miguel", "password": "python"}
    assert browser.post("/login", fields).status_code == 303

    assert browser.cookies["varvel"] != first["varvel"]
    assert Browser(browser.api, cookies=first).who() is None
    assert browser.who() == "miguel"


def test_a_cookie_that_somebody_planted_does_not_become_the_session(browser: Browser) -> None:
    browser.cookies["varvel"] = "varvel_rt_planted"

    assert browser.logged_in().cookies["varvel"] != "varvel_rt_planted"
    assert browser.who() == "miguel"


def test_the_cookie_opens_no_api_and_renews_nothing_there(browser: Browser) -> None:
    cookie = browser.logged_in().cookies["varvel"]

    calls.not_refreshed(calls.refresh(browser.api, cookie))
    assert browser.ask("GET", "/api/sessions").status_code == 401
    assert browser.who() == "miguel"


def test_a_refresh_token_of_the_api_logs_no_browser_in(browser: Browser) -> None:
    browser.cookies["varvel"] = calls.logged_in(browser.api)["refresh_token"]

    assert browser.who() is None


@pytest.mark.asvs("V3.3.1", "V3.3.2", "V3.3.3", "V3.3.4")
def test_cookies_under_https_belong_to_this_host_alone(
    make_settings: MakeSettings, clock: FakeClock
) -> None:
    settings = make_settings(PUBLIC_URL="https://id.example.com")
    with standing(settings, clock) as api:
        calls.register(api)
        browser = Browser(api, {"Origin": "https://id.example.com"})
        form = browser.get("/login").cookies["__Host-varvel-form"]
        session = browser.log_in().cookies["__Host-varvel"]
        assert browser.who() == "miguel"

    closed = {"path": "/", "domain": None, "secure": True, "http_only": True, "same_site": "Lax"}
    assert attributes(session) == attributes(form) == closed
    assert session.max_age is not None
    assert 0 <= settings.session_lifetime.total_seconds() - session.max_age <= 1
    assert form.max_age is None
    assert len(form.value) == 22


def test_cookies_under_plain_http_are_as_closed_as_can_be(browser: Browser) -> None:
    form = browser.get("/login").cookies["varvel-form"]
    session = browser.log_in().cookies["varvel"]

    closed = {"path": "/", "domain": None, "secure": False, "http_only": True, "same_site": "Lax"}
    assert attributes(session) == attributes(form) == closed


def test_whoever_is_refused_gets_one_and_the_same_page(
    miguel: TestClient, execute: Execute
) -> None:
    calls.register(miguel, username="susan")
    execute("UPDATE users SET disabled_at = created_at WHERE name = 'susan'")
    browser = Browser(miguel)

    pages = [
        without(is_page(browser.log_in(name, password), 403, "Log in"), name)
        for name, password in WRONG
    ]

    assert len(set(pages)) == 1
    assert "varvel" not in browser.cookies


def without(text: str, name: str) -> str:
    """A page of log-in without the name that was typed, and what depends on there being one."""
    for part in (f' value="{name}"', " autofocus"):
        text = text.replace(part, "")
    return re.sub(r'(?<=name="csrf" value=")[^"]*', "", text)


def test_the_name_stays_in_the_form_and_the_password_never(browser: Browser) -> None:
    for page in (
        browser.log_in("susan", "my secret words"),
        browser.submit("/register", {"username": "miguel", "password": "my secret words"}),
    ):
        assert re.search(r'name="username"[^>]* value="(susan|miguel)"', page.text)
        assert "my secret words" not in page.text


@pytest.mark.asvs("V6.3.1")
def test_who_guesses_too_often_is_told_how_long_to_wait(
    make_settings: MakeSettings, clock: FakeClock
) -> None:
    settings = make_settings(THROTTLE_FREE="1", THROTTLE_FIRST_DELAY="90", THROTTLE_MAXIMUM="50")
    with standing(settings, clock) as api:
        calls.register(api)
        browser = Browser(api)
        browser.log_in("miguel", "ruby")
        throttled = browser.log_in("miguel", "python")
        assert browser.log_in("nobody", "ruby").status_code == 403
        clock.advance(seconds=90)
        browser.logged_in()

    text = is_page(throttled, 429, "Log in")
    assert throttled.headers["Retry-After"] == "90"
    assert "Try again in 2 minutes." in text


def test_whoever_comes_while_the_database_is_away_gets_a_page(
    make_settings: MakeSettings, clock: FakeClock, store: Store
) -> None:
    with standing(make_settings(), clock) as api:
        calls.register(api)
        browser = Browser(api)
        page = browser.get("/login")
        store.take_away()
        api.stop()
        fields = {"csrf": csrf(page), "username": "miguel", "password": "python"}
        refused = browser.post("/login", fields)
        store.bring_back()

    is_page(refused, 503, "Too busy at the moment")
    assert int(refused.headers["Retry-After"]) >= 1


def test_a_session_that_was_ended_elsewhere_is_over_in_the_browser(browser: Browser) -> None:
    browser.logged_in()
    token = calls.token(browser.api)

    assert calls.by_token(browser.api, "DELETE", "/api/sessions", token).status_code == 204

    assert browser.who() is None


def test_the_browsers_session_is_listed_with_all_others(browser: Browser) -> None:
    browser.headers = {"User-Agent": "A browser"}
    browser.logged_in()

    listed = calls.sessions(browser.api, calls.token(browser.api))

    assert "A browser" in [each["user_agent"] for each in listed]


def test_a_disabled_user_is_logged_out_everywhere(miguel: TestClient, execute: Execute) -> None:
    browser = Browser(miguel).logged_in()
    execute("UPDATE users SET disabled_at = created_at")

    assert browser.who() is None


def test_a_session_that_nobody_used_ends_and_one_that_is_used_goes_on(
    make_settings: MakeSettings, clock: FakeClock
) -> None:
    with standing(make_settings(SESSION_IDLE="3600"), clock) as api:
        calls.register(api)
        browser = Browser(api).logged_in()
        for _ in range(3):
            clock.advance(minutes=50)
            assert browser.who() == "miguel"
        clock.advance(minutes=61)
        assert browser.who() is None


@pytest.mark.parametrize("cookie", ["x", "varvel_rt_", "varvel_rt_a.b", "é", '"', "x" * 4000])
def test_a_cookie_of_anything_logs_nobody_in(browser: Browser, cookie: str) -> None:
    answer = browser.ask("GET", "/login", headers={"Cookie": f"varvel={cookie}"})

    is_page(answer, 200, "Log in")


def test_of_two_cookies_of_one_name_neither_counts(browser: Browser) -> None:
    token = browser.logged_in().cookies["varvel"]

    answer = browser.api.simulate_get(
        "/login", headers={"Cookie": f"varvel={token}; varvel=varvel_rt_planted"}
    )

    is_page(answer, 200, "Log in")


@pytest.mark.asvs("V14.3.2")
@pytest.mark.parametrize("path", ["/login", "/register", "/logout", "/login?client_id=%FF"])
def test_every_page_allows_itself_no_more_than_it_needs(browser: Browser, path: str) -> None:
    headers = browser.get(path).headers

    assert headers["Content-Security-Policy"] == POLICY
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"


def test_pages_answer_head_and_options_as_everything_does(browser: Browser) -> None:
    for path in ("/login", "/register", "/logout"):
        assert browser.ask("HEAD", path).status_code == 200
        assert browser.ask("OPTIONS", path).headers["Allow"] == "GET, HEAD, POST, OPTIONS"
        is_page(browser.ask("DELETE", path), 405, "This cannot be read")


def test_the_stylesheet_is_where_pages_say_and_may_be_kept(browser: Browser) -> None:
    (address,) = re.findall(r'<link rel="stylesheet" href="([^"]*)">', browser.get("/login").text)

    style = browser.get(address)

    assert style.headers["Content-Type"] == "text/css; charset=utf-8"
    assert style.headers["Cache-Control"] == "public, max-age=86400"
    assert "prefers-color-scheme: dark" in style.text


@pytest.mark.asvs("V16.2.5")
def test_the_log_tells_who_it_was_by_id_and_nothing_that_was_typed_or_kept(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        browser.log_in("plantedname", "plantedpassword", "/login?client_id=planted-query")
        browser.submit("/register", {"username": "planted name", "password": "planted"})
        browser.logged_in()
        kept = tuple(browser.cookies.values())
        browser.submit("/logout")

    for line in lines(caplog):
        assert not re.search("planted|miguel|varvel_rt_|next", line), line
        assert not any(value in line for value in kept), line
    posts = [entry for entry in entries(caplog, "request") if entry["method"] == "POST"]
    assert [entry.get("code") for entry in posts] == [
        *("invalid_credentials", "invalid_fields", None, None)
    ]
    assert [entry.get("user_id") for entry in posts] == [None, None, 1, 1]
    assert posts[2]["session_id"] == posts[3]["session_id"]
