"""The page where people make an account, in the real application."""

import re
from collections.abc import Callable, Iterator

import pytest
from falcon.testing import Result, TestClient

from tests.fakes.clock import FakeClock
from tests.integration.browsers import Browser, csrf, is_page
from tests.integration.clients import standing
from tests.integration.conftest import MakeSettings
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


@pytest.fixture
def registered(browser: Browser) -> Callable[..., Result]:
    def register(name: str, password: str) -> Result:
        return browser.submit("/register", {"username": name, "password": password})

    return register


def test_who_registers_is_logged_in(browser: Browser, registered: Callable[..., Result]) -> None:
    answer = registered(" Zoë ", "correct horse")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert browser.who() == "Zoë"


@pytest.mark.parametrize(
    ("name", "password", "faulty"),
    [
        ("miguel", "python", ["username"]),
        ("MIGUEL", "python", ["username"]),
        ("", "python", ["username"]),
        ("susan", "", ["password"]),
        ("su san", "", ["username", "password"]),
    ],
)
def test_what_is_wrong_with_a_registration_stands_at_the_field(
    browser: Browser,
    registered: Callable[..., Result],
    name: str,
    password: str,
    faulty: list[str],
) -> None:
    text = is_page(registered(name, password), 400, "Create an account")

    assert re.findall(r'<p class="fault" id="(\w+)-fault">', text) == faulty
    for field in faulty:
        (tag,) = re.findall(rf'<input id="{field}"[^>]*>', text)
        assert f"{field}-fault" in tag
        assert 'aria-invalid="true"' in tag
    assert 'role="alert"' in text
    assert browser.who() is None


def test_a_password_that_production_refuses_is_explained(store: Store, clock: FakeClock) -> None:
    settings = store.settings(
        PROFILE="production", PUBLIC_URL="https://id.example.com", SECRET=store.secret()
    )
    with standing(settings, clock) as api:
        browser = Browser(api)
        assert "At least 15 characters." in browser.get("/register").text
        refused = browser.submit("/register", {"username": "susan", "password": "python"})

    assert 'id="password-fault"' in is_page(refused, 400, "Create an account")


@pytest.fixture
def closed(make_settings: MakeSettings, clock: FakeClock) -> Iterator[Browser]:
    with standing(make_settings(REGISTRATION="closed"), clock) as api:
        yield Browser(api)


def test_where_registration_is_closed_nobody_is_led_to_it(closed: Browser) -> None:
    assert "/register" not in closed.get("/login").text
    is_page(closed.get("/register"), 404, "No registration here")
    fields = {"csrf": csrf(closed.get("/login")), "username": "susan", "password": "python"}
    is_page(closed.post("/register", fields), 404, "No registration here")
    assert closed.log_in("susan").status_code == 403
