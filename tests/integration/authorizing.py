"""The authorization endpoint, as applications send people there and as it sends them back."""

from urllib.parse import parse_qsl, urlencode

from falcon.testing import Result

from entrypoints.settings import Settings
from tests.integration.applications import CALLBACK, Application, challenge
from tests.integration.browsers import Browser, action, csrf, is_page

AUTHORIZE = "/oauth2/authorize"
ISSUER = Settings.read({}).issuer
ASKED = "<bdi>Shop</bdi> wants to use your account"
REFUSED = "The application asked for something that cannot be"
STALE, FOREIGN = "This page was open for too long", "This came from another site"
USUAL = {
    "response_type": "code",
    "redirect_uri": CALLBACK,
    "scope": "profile",
    "state": "af0ifjsldkj",
    "code_challenge": challenge(),
    "code_challenge_method": "S256",
}


def asking(application: Application, **changed: str | None) -> str:
    """Where an application sends people. None leaves a parameter out."""
    wanted = {**USUAL, "client_id": application.id, **changed}
    said = {name: value for name, value in wanted.items() if value is not None}
    return f"{AUTHORIZE}?{urlencode(said)}"


def granted(browser: Browser, application: Application, **changed: str | None) -> str:
    """The code that comes without a question."""
    return sent_back(browser.get(asking(application, **changed)))["code"]


def decide(browser: Browser, address: str, decision: str = "allow", **fields: str) -> Result:
    """What comes of the decision at the page of consent."""
    return browser.submit(address, {"decision": decision, **fields})


def posted(browser: Browser, shown: str, sent: str) -> Result:
    """Allows what the form at one address is changed into."""
    page = browser.get(shown)
    assert action(page) != sent
    return browser.post(sent, {"csrf": csrf(page), "decision": "allow"})


def sent_back(answer: Result, to: str = CALLBACK) -> dict[str, str]:
    """What the application learns, after a look at what every answer tells it (RFC 9207)."""
    assert answer.status_code == 303, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    address, _, query = answer.headers["Location"].partition("?")
    assert address == to
    fields = parse_qsl(query, keep_blank_values=True, strict_parsing=True)
    found = dict(fields)
    assert len(found) == len(fields)
    assert found.pop("iss") == ISSUER
    return found


def code_for(browser: Browser, application: Application, **changed: str | None) -> str:
    """The code that comes of a consent."""
    return sent_back(decide(browser, asking(application, **changed)))["code"]


def shown_nothing_but_a_page(answer: Result, status: int = 400, heading: str = REFUSED) -> str:
    """Fails if the browser is sent anywhere."""
    assert "Location" not in answer.headers
    assert "Refresh" not in answer.headers
    text = is_page(answer, status, heading)
    assert 'http-equiv="refresh"' not in text
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    return text
