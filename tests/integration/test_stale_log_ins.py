"""What becomes of an application's request when the browser's log-in is over."""

import re
from collections.abc import Callable
from functools import partial
from html import unescape
from urllib.parse import urlencode

import pytest
from falcon.testing import Result, TestClient

from entrypoints.bootstrap import build
from entrypoints.http.app import create_http_app
from entrypoints.pages import texts
from tests.fakes.clock import FakeClock
from tests.integration import calls
from tests.integration.applications import CALLBACK, Application
from tests.integration.authorizing import ASKED, asking, sent_back
from tests.integration.browsers import Browser, action, csrf, is_page
from tests.integration.long_lived import long_lived
from tests.integration.stores import SQLITE, Store

End = Callable[[Browser, FakeClock], None]


def address(shop: Application) -> str:
    return asking(shop, state="é&")


def expire(_browser: Browser, clock: FakeClock) -> None:
    clock.advance(days=400)


def end_elsewhere(browser: Browser, _clock: FakeClock) -> None:
    token = calls.token(browser.api)
    assert calls.by_token(browser.api, "DELETE", "/api/sessions", token).status_code == 204


def through_log_in(browser: Browser, sent: Result) -> Result:
    """The page that follows the log-in which the browser was sent to."""
    assert sent.status_code == 303
    location = sent.headers["Location"]
    assert location.startswith("/login?response_type=code&")
    logged_in = browser.get(browser.log_in(address=location).headers["Location"])
    (target,) = re.findall(r'content="0; url=([^"]*)"', logged_in.text)
    return browser.get(unescape(target))


@pytest.mark.parametrize("end", [expire, end_elsewhere])
def test_a_request_after_the_log_in_is_over_comes_back_through_a_new_one(
    miguel: TestClient, shop: Application, clock: FakeClock, end: End
) -> None:
    browser = Browser(miguel).logged_in()
    is_page(browser.get(address(shop)), 200, ASKED)
    end(browser, clock)

    back = through_log_in(browser, browser.get(address(shop)))

    is_page(back, 200, ASKED)
    assert action(back) == address(shop)


@pytest.mark.parametrize("end", [expire, end_elsewhere])
@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_a_decision_after_the_log_in_is_over_is_asked_for_anew(
    miguel: TestClient, shop: Application, clock: FakeClock, end: End, decision: str
) -> None:
    browser = Browser(miguel).logged_in()
    page = browser.get(address(shop))
    end(browser, clock)

    sent = browser.post(action(page), {"csrf": csrf(page), "decision": decision})

    is_page(through_log_in(browser, sent), 200, ASKED)


@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize("is_consented", [False, True])
def test_a_log_in_that_ends_in_the_moment_of_the_decision_is_asked_for_anew(
    store: Store, miguel: TestClient, shop: Application, clock: FakeClock, *, is_consented: bool
) -> None:
    services, database = build(store.settings(), clock=clock)
    app = create_http_app(services, store.settings(), on_close=database.dispose)
    browser = Browser(miguel).logged_in()
    page = browser.get(address(shop))
    if is_consented:
        browser.post(action(page), {"csrf": csrf(page), "decision": "allow"})

    def overtake(work: Callable[[], object]) -> Callable[[], object]:
        assert isinstance(work, partial)
        if "grant_user" in work.keywords:
            services.storage.watch = None
            end_elsewhere(Browser(miguel), clock)
        return work

    with long_lived(app) as late:
        services.storage.watch = overtake
        browser.api = late
        if is_consented:
            sent = browser.get(address(shop))
        else:
            sent = browser.post(action(page), {"csrf": csrf(page), "decision": "allow"})
        assert services.storage.watch is None
        back = through_log_in(browser, sent)

    if is_consented:
        assert "code" in sent_back(back)
    else:
        is_page(back, 200, ASKED)


def test_what_a_request_says_of_itself_is_set_apart_in_the_error(
    miguel: TestClient, shop: Application
) -> None:
    words = "https://thief.example/ Call us"
    wrong = address(shop).replace(urlencode({"u": CALLBACK})[2:], urlencode({"u": words})[2:])

    page = Browser(miguel).logged_in().get(wrong)

    text = is_page(page, 400, texts.ASKED_WRONGLY_TITLE)
    (told,) = re.findall("<code>invalid_request: (.*)</code>", text)
    assert words in told
    assert words not in text.replace(told, "")
    assert "Location" not in page.headers
