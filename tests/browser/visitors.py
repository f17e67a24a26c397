"""Somebody with a browser."""

from collections.abc import Callable
from typing import Any, TypeVar

from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.patience import BETWEEN_TRIES, PATIENCE
from tests.processes.servers import GUNICORN

SERVING = (
    *GUNICORN,
    *("-c", "python:entrypoints.gunicorn_conf"),
    # A browser opens connections that it never uses, and nothing makes it close them.
    *("--graceful-timeout", "1", "entrypoints.server:app"),
)
"""The command of a server for browsers."""

PASSING = (NoSuchElementException, StaleElementReferenceException)
"""What is seen while one page takes the place of another."""

T = TypeVar("T")


class Visitor:
    """What people do at the pages, and what they see of them."""

    def __init__(self, driver: Chrome, base: str) -> None:
        self.driver = driver
        self._base = base

    def forget(self) -> None:
        """Makes the browser new: no cookies, the size of a desk, by day."""
        self.driver.get("about:blank")
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.complaints()
        self.look(width=1200, dark=False)

    def look(self, *, width: int, dark: bool) -> None:
        """Gives the browser a width in CSS pixels, and its user a liking."""
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def open(self, path: str) -> None:
        self.driver.get(path if ":" in path else self._base + path)

    def sees(self, heading: str) -> None:
        """Waits for the page with this heading."""
        self.until(lambda: heading in self.element("h1").text)

    def until(self, condition: Callable[[], T]) -> T:
        """Waits until the condition is true."""
        wait = WebDriverWait(self.driver, PATIENCE, BETWEEN_TRIES, ignored_exceptions=PASSING)
        return wait.until(lambda _: condition(), f"at {self.driver.current_url}")

    def element(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def fill_in(self, username: str, password: str) -> None:
        """Fills in a form, and sends it by its button."""
        for id_, text in (("username", username), ("password", password)):
            field = self.element(f"#{id_}")
            field.clear()
            field.send_keys(text)
        self.press("button.primary")

    def press(self, selector: str) -> None:
        """Presses a button, and waits until the page has gone."""
        page = self.element("html").id
        self.element(selector).click()
        self.until(lambda: self.element("html").id != page)

    def type(self, *keys: str) -> None:
        """Presses keys, wherever the focus is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    @property
    def focused(self) -> WebElement:
        return self.driver.switch_to.active_element

    @property
    def text(self) -> str:
        return self.element("body").text

    def links(self) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, "a, form, meta[http-equiv]")

    def run(self, script: str) -> Any:
        return self.driver.execute_script(script)

    def cookies(self) -> dict[str, dict[str, Any]]:
        """All cookies of the page, those that no script can read as well."""
        return {cookie["name"]: cookie for cookie in self.driver.get_cookies()}

    def complaints(self) -> list[str]:
        """What the browser has refused to do since the last look."""
        entries = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in entries if "Security Policy" in entry["message"]]
