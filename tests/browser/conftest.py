"""A real browser, and a server for it; left out of a run unless it asks for them."""

import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from tests.browser.shops import Shop
from tests.browser.visitors import SERVING, Visitor
from tests.processes.realms import Realm, realm

FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--ignore-certificate-errors"),
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.option.markexpr:
        left_out = [item for item in items if item.get_closest_marker("browser")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def program(name: str) -> str:
    """Where this program is. Fails the test if it is nowhere."""
    found = shutil.which(name)
    if found is None:
        pytest.fail(
            f"There is no {name} here. Install it: apt-get install chromium chromium-driver",
            pytrace=False,
        )
    return found


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """A browser that has never been anywhere, and asks nobody but the server of the test."""
    options = ChromeOptions()
    options.binary_location = program("chromium")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    driver = Chrome(options=options, service=ChromeService(program("chromedriver")))
    yield driver
    driver.quit()


@pytest.fixture(scope="session")
def standing_realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    """A server on which miguel is registered, with its operators."""
    with realm(tmp_path_factory.mktemp("realm"), {}, SERVING) as opened:
        yield opened


@pytest.fixture
def visitor(chromium: Chrome, standing_realm: Realm) -> Iterator[Visitor]:
    """Somebody with a browser that knows nothing of the server yet."""
    visitor = Visitor(chromium, standing_realm.base)
    visitor.forget()
    yield visitor
    assert visitor.complaints() == [], "Nothing on our pages is what their own policy forbids."


@pytest.fixture
def shop(visitor: Visitor, standing_realm: Realm, elsewhere: str) -> Shop:
    """An application that is new, so that nobody has let it do anything."""
    return Shop.registered(visitor, standing_realm, f"{elsewhere}/callback")


class Elsewhere(BaseHTTPRequestHandler):
    """Another site: it shows what it was asked, or sends a form to what follows `to=`."""

    def do_GET(self) -> None:
        _, _, target = self.path.partition("?to=")
        form = (
            f'<form method="post" action="{target}"><input name="decision" value="allow"></form>'
            "<script>document.forms[0].submit()</script>"
        )
        body = (form if target else f"<h1>Elsewhere: {self.path}</h1>").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[str]:
    """The address of another site: to browsers, 127.0.0.1 and localhost have nothing in common."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as site:
        thread = threading.Thread(target=site.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{site.server_port}"
        site.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost with its key, in one file."""
    from tests.browser.certificates import self_signed

    path: Path = tmp_path_factory.mktemp("certificate") / "localhost.pem"
    path.write_bytes(self_signed("localhost"))
    return path
