"""A small browser for pages that need no script: it follows redirects and sends forms."""

from html.parser import HTMLParser
from http.cookiejar import Cookie
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from tests.processes.connections import TIMEOUT


class _Page(HTMLParser):
    """The heading of a page, its first form, and where it goes on to by itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.heading = ""
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self.onward: str | None = None
        self.links: list[str] = []
        self._in_heading = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "h1":
            self._in_heading = True
        elif tag == "form":
            self.action = values["action"]
        elif tag == "a":
            self.links.append(values["href"])
        elif tag == "input" and values["type"] == "hidden":
            self.fields[values["name"]] = values["value"]
        elif tag == "meta" and values.get("http-equiv") == "refresh":
            self.onward = values["content"].partition("url=")[2]

    def handle_endtag(self, tag: str) -> None:
        self._in_heading = self._in_heading and tag != "h1"

    def handle_data(self, data: str) -> None:
        if self._in_heading:
            self.heading += data


class Browser:
    """What somebody does with it. It stops short of addresses that begin with `stops_at`."""

    def __init__(self, stops_at: str = "nowhere:") -> None:
        self._session = requests.Session()
        self.stops_at = stops_at
        self._page = _Page("")
        self.address = self.text = ""
        self.status = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._session.close()

    def open(self, address: str) -> str:
        """Goes there, and wherever that leads; returns the heading of the page."""
        return self._arrive("GET", address)

    def submit(self, **fields: str) -> str:
        """Sends the page's form with these fields; returns the heading of what comes then."""
        assert self._page.action is not None, self.text
        address = urljoin(self.address, self._page.action)
        return self._arrive("POST", address, self._page.fields | fields)

    def log_in(self, username: str = "miguel", password: str = "python") -> str:
        """Fills in the form for logging in, or that for registering."""
        return self.submit(username=username, password=password)

    @property
    def query(self) -> dict[str, str]:
        """What the present address carries, each of it once."""
        found = parse_qs(urlsplit(self.address).query, strict_parsing=True)
        assert all(len(values) == 1 for values in found.values()), found
        return {name: values[0] for name, values in found.items()}

    def follow(self, part: str) -> str:
        """Follows the page's link whose address has this part; returns the heading of the page."""
        (link,) = [each for each in self._page.links if part in each]
        return self.open(urljoin(self.address, link))

    def cookie(self, name: str) -> Cookie:
        """The one cookie with this name, which can be changed."""
        (found,) = [cookie for cookie in self._session.cookies if cookie.name == name]
        return found

    def _arrive(self, method: str, address: str, form: dict[str, str] | None = None) -> str:
        self.address = address
        if address.startswith(self.stops_at):
            return ""
        answer = self._session.request(
            method, address, data=form, allow_redirects=False, timeout=TIMEOUT
        )
        self.text, self.status = answer.text, answer.status_code
        self._page = _Page(answer.text)
        onward = answer.headers.get("Location") or self._page.onward
        return self._page.heading if onward is None else self.open(urljoin(address, onward))
