"""A browser as far as pages without scripts need one: it keeps cookies and sends forms."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlencode

from falcon.testing import Cookie, Result, TestClient

FORM = "application/x-www-form-urlencoded"


@dataclass
class Browser:
    """What somebody does at the pages. `headers` go with every request."""

    api: TestClient
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, address: str) -> Result:
        return self.ask("GET", address)

    def ask(self, method: str, address: str, **options: Any) -> Result:
        """One request; an address is a path, which may have a query."""
        path, _, query = address.partition("?")
        headers = {**self.headers, **options.pop("headers", {})}
        cookies = self.cookies or None
        answer = self.api.simulate_request(
            method, path, query_string=query, headers=headers, cookies=cookies, **options
        )
        for name, cookie in answer.cookies.items():
            if cookie.expires is None and cookie.value:
                self.cookies[name] = cookie.value
            else:
                self.cookies.pop(name, None)
        return answer

    def post(
        self, address: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Result:
        """A form with exactly these fields."""
        all_headers = {"Content-Type": FORM, **(headers or {})}
        return self.ask("POST", address, body=urlencode(fields), headers=all_headers)

    def submit(
        self,
        address: str,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Result:
        """The form at this address, filled in."""
        page = self.get(address)
        return self.post(action(page), {"csrf": csrf(page), **(fields or {})}, headers)

    def log_in(
        self, name: str = "miguel", password: str = "python", address: str = "/login"
    ) -> Result:
        return self.submit(address, {"username": name, "password": password})

    def logged_in(self, **options: Any) -> "Browser":
        """This browser, in which miguel has logged in."""
        answer = self.log_in(**options)
        assert answer.status_code == 303, answer.text
        return self

    def who(self) -> str | None:
        """Who is logged in, as the page says."""
        page = self.get("/login")
        assert page.status_code == 200, page.text
        found = re.search(r"logged in as <bdi>(.*?)</bdi>", page.text)
        return unescape(found[1]) if found else None


def action(page: Result) -> str:
    """Where the page's form goes."""
    found = re.search(r'<form method="post" action="([^"]*)">', page.text)
    assert found, page.text
    return unescape(found[1])


def csrf(page: Result) -> str:
    """What proves that the page's form is its own."""
    found = re.search(r'<input type="hidden" name="csrf" value="([^"]*)">', page.text)
    assert found, page.text
    return unescape(found[1])


def is_page(answer: Result, status: int, heading: str) -> str:
    """The text of a page, after a look at what every page has."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "WWW-Authenticate" not in answer.headers
    assert f"<h1>{heading}</h1>" in answer.text
    assert "<script" not in answer.text
    return answer.text


def attributes(cookie: Cookie) -> dict[str, object]:
    """How a cookie is kept."""
    return {
        "path": cookie.path,
        "domain": cookie.domain,
        "secure": cookie.secure,
        "http_only": cookie.http_only,
        "same_site": cookie.same_site,
    }
