"""What becomes of an application's request when the browser's log-in is over."""

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import urlencode

import pytest
from falcon.testing import Result, TestClient

from entrypoints.pages import texts
from tests.fakes.clock import FakeClock
from tests.integration import calls
from tests.integration.applications import CALLBACK, Application, challenge
from tests.integration.browsers import Browser, action, csrf, is_page

End = Callable[[Browser, FakeClock], None]
CONSENT = "<bdi>Shop</bdi> wants to use your account"


def address(shop: Application) -> str:
    asked = {
        "response_type": "code",
        "client_id": shop.id,
        "redirect_uri": CALLBACK,
        "scope": "profile",
        "state": "é&",
        "code_challenge": challenge(),
        "code_challenge_method": "S256",
    }
    return f"/oauth2/authorize?{urlencode(asked)}"


def expire(_browser: Browser, clock: FakeClock) -> None:
    clock.advance(days=400)


def end_elsewhere(browser: Browser, _clock: FakeClock) -> None:
    token = calls.token(browser.api)
    assert calls.by_token(browser.api, "DELETE", "/api/sessions", token).status_code == 204


def through_log_in(browser: Browser, sent: Result) -> Result:
    """The page that follows the log-in which the browser was sent to."""
    assert sent.status_code == 303
    location = sent.headers["Location"]
    assert location.startswith("/login?next=")
    logged_in = browser.get(browser.log_in(address=location).headers["Location"])
    (target,) = re.findall(r'content="0; url=([^"]*)"', logged_in.text)
    return browser.get(unescape(target))


@pytest.mark.parametrize("end", [expire, end_elsewhere])
def test_a_request_after_the_log_in_is_over_comes_back_through_a_new_one(
    miguel: TestClient, shop: Application, clock: FakeClock, end: End
) -> None:
    browser = Browser(miguel).logged_in()
    is_page(browser.get(address(shop)), 200, CONSENT)
    end(browser, clock)

    back = through_log_in(browser, browser.get(address(shop)))

    is_page(back, 200, CONSENT)
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

    is_page(through_log_in(browser, sent), 200, CONSENT)


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
