"""The pages in Chromium, as people use them."""

from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.shops import ASKS, Shop
from tests.browser.visitors import SERVING, Visitor
from tests.ports import free_port
from tests.processes.realms import Realm
from tests.processes.servers import Server

pytestmark = pytest.mark.browser

PAGES = ["/login", "/register", "/logout", "/login?client_id=%FF"]


def test_who_mistypes_the_password_is_told_so_and_tries_again(visitor: Visitor) -> None:
    visitor.open("/login")
    visitor.fill_in("miguel", "pyhton")

    visitor.sees("Log in")
    alert = visitor.element("[role=alert]")
    assert "do not match" in alert.text
    assert visitor.focused.get_attribute("id") == "password"
    assert visitor.focused.get_attribute("aria-describedby") == alert.get_attribute("id")
    assert visitor.element("#username").get_attribute("value") == "miguel"
    assert visitor.element("#password").get_attribute("value") == ""

    visitor.element("#password").send_keys("python")
    visitor.press("button.primary")
    visitor.sees("You are logged in")
    assert "miguel" in visitor.text


def test_who_logs_out_is_logged_out(visitor: Visitor) -> None:
    visitor.open("/login")
    visitor.fill_in("miguel", "python")
    visitor.sees("You are logged in")

    visitor.press("button")

    visitor.sees("You are logged out")
    assert visitor.cookies() == {}
    visitor.driver.back()
    visitor.open("/login")
    visitor.sees("Log in")


def test_who_has_no_account_makes_one_and_is_logged_in(visitor: Visitor) -> None:
    visitor.open("/login")
    visitor.press("a")
    visitor.fill_in("miguel", "python")
    visitor.sees("Create an account")
    assert visitor.focused.get_attribute("id") == "username"
    assert "taken" in visitor.element("#username-fault").text

    visitor.fill_in("Zoë", "python")

    visitor.sees("You are logged in")
    assert "Zoë" in visitor.text


def test_a_form_of_another_site_does_nothing(
    visitor: Visitor, elsewhere: str, standing_realm: Realm
) -> None:
    visitor.open("/login")
    visitor.fill_in("miguel", "python")
    visitor.sees("You are logged in")

    for path in ("/logout", "/login", "/register", "/oauth2/authorize?client_id=x"):
        visitor.open(f"{elsewhere}/?to={standing_realm.base}{path}")
        visitor.sees("This came from another site")

    visitor.open("/login")
    visitor.sees("You are logged in")


def test_everything_is_done_by_keyboard(visitor: Visitor, shop: Shop) -> None:
    shop.ask()
    visitor.sees("Log in")
    visitor.type("miguel", Keys.TAB, "python", Keys.ENTER)
    visitor.sees(ASKS)

    reached = []
    for _ in range(3):
        visitor.type(Keys.TAB)
        reached.append(visitor.focused.text)
        assert visitor.run("return getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert reached == ["Not you?", "Allow", "Deny"]

    visitor.type(Keys.ENTER)
    assert shop.answer()["error"] == "access_denied"


CONTRASTS = """
const channels = colour => colour.match(/[0-9.]+/g).map(Number);
const luminance = colour => channels(colour).slice(0, 3).map(value => value / 255)
  .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
  .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
const behind = element => {
  const colour = getComputedStyle(element).backgroundColor;
  return channels(colour)[3] === 0 ? behind(element.parentElement) : colour;
};
const hasText = element => element.matches("input:not([type=hidden])")
  || [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
return [...document.body.querySelectorAll("*")].filter(hasText).map(element => {
  const pair = [luminance(getComputedStyle(element).color), luminance(behind(element))];
  return [element.outerHTML, (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05)];
});
"""


@pytest.mark.parametrize(
    ("width", "dark"), [(320, True), (1200, False)], ids=["phone, by night", "desk, by day"]
)
def test_every_page_can_be_read(
    visitor: Visitor, standing_realm: Realm, elsewhere: str, width: int, dark: bool
) -> None:
    visitor.look(width=width, dark=dark)
    for path in PAGES:
        visitor.open(path)
        is_readable(visitor, dark=dark)
    visitor.open("/login")
    visitor.fill_in("miguel" * 10, "wrong")
    is_readable(visitor, dark=dark)
    visitor.fill_in("miguel", "python")
    visitor.sees("You are logged in")
    shop = Shop.registered(visitor, standing_realm, f"{elsewhere}/callback", name="W" * 60)
    shop.ask()
    visitor.sees(ASKS)
    is_readable(visitor, dark=dark)


def is_readable(visitor: Visitor, *, dark: bool) -> None:
    """Fails for what nobody can see, reach, or understand without seeing it."""
    contrasts = visitor.run(CONTRASTS)
    assert contrasts
    assert [each for each in contrasts if each[1] < 4.5] == []
    background = visitor.run("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, background[4:-1].split(","))) < 3 * 128) is dark
    page = visitor.element("html")
    assert page.get_attribute("lang") == "en"
    assert visitor.run("return document.documentElement.scrollWidth <= innerWidth")
    assert len(visitor.driver.find_elements(By.CSS_SELECTOR, "main h1")) == 1
    for field in visitor.driver.find_elements(By.CSS_SELECTOR, "input:not([type=hidden]), button"):
        assert field.accessible_name, field.get_attribute("outerHTML")
        assert field.size["height"] >= 44, "WCAG 2.2, criterion 2.5.5"


def test_under_https_the_cookies_are_bound_to_the_host(
    chromium: Chrome, tmp_path: Path, certificate: Path
) -> None:
    port = free_port()
    base = f"https://localhost:{port}"
    *command, application = SERVING
    command += ["--certfile", str(certificate), "--keyfile", str(certificate), application]
    with Server(tmp_path, command=command, port=port, PUBLIC_URL=base):
        visitor = Visitor(chromium, base)
        visitor.forget()
        visitor.open("/register")
        visitor.fill_in("miguel", "python")
        visitor.sees("You are logged in")
        cookies = visitor.cookies()
        visitor.press("button")
        visitor.sees("You are logged out")
        left = visitor.cookies()

    assert cookies.keys() == {"__Host-varvel", "__Host-varvel-form"}
    for cookie in cookies.values():
        assert cookie["secure"]
        assert cookie["httpOnly"]
        assert cookie["sameSite"] == "Lax"
        assert (cookie["path"], cookie["domain"]) == ("/", "localhost")
    assert left == {}
