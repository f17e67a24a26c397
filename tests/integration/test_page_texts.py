"""What pages show of texts that others chose: the consent, errors, the brand."""

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from falcon.testing import TestClient

from entrypoints.bootstrap import create_app
from entrypoints.pages import brand, texts
from tests.fakes.clock import FakeClock
from tests.integration import calls
from tests.integration.asking import create_app as asking_app
from tests.integration.browsers import Browser, action, is_page
from tests.integration.conftest import MakeSettings
from tests.integration.long_lived import long_lived
from tests.integration.stores import SQLITE, Store, Stores

pytestmark = pytest.mark.databases(SQLITE)

HOSTILE = [
    "<script>alert(1)</script>",
    "<img/src=x/onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "'-alert(1)-'",
    "{{7*7}}",
    "{user}",
    "{0.__class__}",
    "{%raw%}",
    "&lt;script&gt;",
    "</bdi></main>",
    "javascript&colon;alert(1)",
]
TAGS = {
    *("html", "head", "meta", "title", "link", "body", "header", "span", "main", "h1", "p"),
    *("bdi", "a", "ul", "li", "form", "input", "div", "button", "label", "code", "img"),
}
ASKED = {
    "client_id": "Photo Album",
    "scope": "profile photos.read",
    "redirect_uri": "https://photos.example.com/callback",
}


class Structure(HTMLParser):
    """The tags of a page, and all addresses and events in their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.shown = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            assert not name.startswith("on"), (tag, name)
            assert name != "style", tag
            if name in ("href", "src", "action"):
                assert re.match(r"/[a-z]", value or ""), value

    def handle_data(self, data: str) -> None:
        self.shown += data


def is_harmless(text: str) -> str:
    """What a page shows. Fails if anything in it is none of our own."""
    structure = Structure(text)
    assert structure.tags <= TAGS
    return structure.shown


@pytest.fixture(scope="module")
def asking(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """An application whose authorization endpoint asks for consent to whatever it is told."""
    with stores.lent(tmp_path_factory.mktemp("asking") / "var") as store:
        app = asking_app(store.settings(), clock=FakeClock())
        with long_lived(app) as api:
            calls.register(api)
            yield api


def consent_address(**asked: str) -> str:
    return f"/oauth2/authorize?{urlencode(ASKED | asked)}"


def test_the_consent_page_says_who_asks_for_what_and_where_it_leads(asking: TestClient) -> None:
    page = Browser(asking).logged_in().get(consent_address())

    shown = is_harmless(is_page(page, 200, "<bdi>Photo Album</bdi> wants to use your account"))
    for part in ("miguel", texts.SCOPES["profile"], "photos.read", "photos.example.com"):
        assert part in shown
    assert action(page) == consent_address()
    assert re.findall(r'name="decision" value="(\w+)"', page.text) == ["allow", "deny"]
    policy = page.headers["Content-Security-Policy"]
    assert "form-action 'self' https://photos.example.com; " in policy


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1:51004/", "http://[::1]:51004/", "com.example.app:/callback"]
)
def test_who_is_sent_to_a_program_at_hand_is_told_so(asking: TestClient, uri: str) -> None:
    page = Browser(asking).logged_in().get(consent_address(redirect_uri=uri))

    assert texts.THIS_DEVICE in page.text


def test_whoever_is_not_logged_in_is_asked_after_the_log_in(asking: TestClient) -> None:
    browser = Browser(asking)
    address = consent_address(state='é&"<')

    sent = browser.get(address)
    assert sent.status_code == 303
    assert sent.headers["Location"] == f"/login?{address.partition('?')[2]}"
    back = browser.log_in(address=sent.headers["Location"]).headers["Location"]
    (target,) = re.findall(r'content="0; url=([^"]*)"', browser.get(back).text)
    assert unescape(target) == address


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_a_decision_comes_with_a_token_of_the_session_it_was_shown_in(
    asking: TestClient, decision: str
) -> None:
    browser = Browser(asking).logged_in()

    decided = browser.submit(consent_address(), {"decision": decision})
    assert decided.headers["Location"] == f"{ASKED['redirect_uri']}?decision={decision}"
    foreign = browser.post(consent_address(), {"decision": decision, "csrf": "x"})
    is_page(foreign, 403, texts.STALE_TITLE)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_that_others_chose_is_text(asking: TestClient, text: str) -> None:
    browser = Browser(asking)
    pages = [browser.log_in(text, text), browser.get(f"/login?{urlencode({'next': text})}")]
    pages.append(browser.submit("/register", {"username": f"{text} x", "password": text}))
    browser.submit("/register", {"username": text, "password": "python"})
    assert browser.who() == text
    pages += [browser.get("/login"), browser.get("/logout")]
    asked = {"client_id": text, "scope": f"{text} profile", "state": text}
    pages.append(browser.get(consent_address(**asked)))

    shown = [is_harmless(page.text) for page in pages]

    assert text in shown[-1]
    assert text in shown[-2]


def test_an_error_page_shows_a_text_as_text_and_leads_nowhere(asking: TestClient) -> None:
    page = asking.simulate_get("/error", params={"title": HOSTILE[0], "detail": HOSTILE[2]})

    assert page.status_code == 400
    shown = is_harmless(page.text)
    assert HOSTILE[0] in shown
    assert HOSTILE[2] in shown
    assert not {"a", "form"} & Structure(page.text).tags
    assert "Location" not in page.headers


def test_name_logo_and_colour_are_those_of_the_settings(make_settings: MakeSettings) -> None:
    logo = "https://cdn.example.com:8443/a;b,c/logo.svg?v=1"
    settings = make_settings(BRAND_NAME="Müller & <Söhne>", BRAND_LOGO=logo, BRAND_COLOUR="#FFCC00")
    api = TestClient(create_app(settings))

    page = api.simulate_get("/login")
    style = api.simulate_get("/pages/style.css").text

    assert "<title>Log in \u2013 Müller &amp; &lt;Söhne&gt;</title>" in page.text
    assert f'<img src="{logo}" alt="" height="40">' in page.text
    assert "img-src https://cdn.example.com:8443; " in page.headers["Content-Security-Policy"]
    # Yellow itself is for the night, since nobody could read it on white.
    assert "--brand: #ffcc00;" in style
    assert style.count("--brand: ") == 2


def test_a_logo_may_be_in_the_setting_itself(store: Store) -> None:
    logo = "data:image/svg+xml;base64,PHN2Zy8+"
    page = TestClient(create_app(store.settings(BRAND_LOGO=logo))).simulate_get("/login")

    assert f'<img src="{logo}"' in page.text
    assert "img-src data:; " in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "colour", ["#000000", "#ffffff", "#1f5f78", "#ffcc00", "#ff0000", "#00ff00", "#808080"]
)
def test_every_colour_becomes_one_that_can_be_read(colour: str) -> None:
    colours = brand.Brand("Varvel", None, colour).colours

    assert brand.contrast(colours["light"], brand.LIGHT) >= 4.5
    assert brand.contrast(colours["dark"], brand.DARK) >= 4.5
    assert brand.contrast(colours["light"], colours["on_light"]) >= 4.5
    assert brand.contrast(colours["dark"], colours["on_dark"]) >= 4.5


def test_contrast_is_that_of_the_guidelines() -> None:
    assert brand.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert brand.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_stylesheets_own_colours_can_be_read(standing_api: TestClient) -> None:
    style = standing_api.simulate_get("/pages/style.css").text
    for theme in style.split("prefers-color-scheme: dark")[:2]:
        named = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", theme))
        for text, behind in (
            *(("text", "page"), ("text", "card"), ("soft", "card"), ("brand", "card")),
            *(("fault", "card"), ("fault", "fault-back"), ("on-brand", "brand")),
        ):
            assert brand.contrast(named[text], named[behind]) >= 4.5, (text, behind)
        assert brand.contrast(named["line"], named["card"]) >= 3, "the edge of a field"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1, "1 second"),
        (60, "60 seconds"),
        (61, "2 minutes"),
        (3600, "60 minutes"),
        (3601, "2 hours"),
        (86_400, "24 hours"),
    ],
)
def test_waits_are_said_as_people_say_them(seconds: int, said: str) -> None:
    assert texts.duration(seconds) == said
