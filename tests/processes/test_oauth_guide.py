"""docs/oauth.md, followed word for word by somebody who has nothing but Varvel."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from flask.sessions import SecureCookieSessionInterface

from flask import Flask
from tests.processes.browsing import Browser
from tests.processes.connections import TIMEOUT
from tests.processes.databases import BACKENDS, POSTGRESQL, new_postgres
from tests.processes.guides import Guide

NOWHERE = "nowhere:"
SECRET = "known to the test as well"


@dataclass(frozen=True)
class Followed:
    """What runs once somebody has followed the page."""

    guide: Guide
    shop: str
    notes: str
    varvel: str

    def feed(self, token: str | None) -> tuple[int, dict[str, Any]]:
        """What the API says to this token."""
        answer = ask(f"{self.notes}/notes", token)
        return answer.status_code, answer.json()

    def withdraw(self, name: str) -> None:
        """Takes back what somebody has let applications do."""
        auth = (name, "python")
        token = requests.get(f"{self.varvel}/api/token", auth=auth, timeout=TIMEOUT).json()["token"]
        consents = f"{self.varvel}/api/consents"
        (consent,) = ask(consents, token).json()["consents"]
        address = f"{consents}/{consent['client_id']}"
        assert ask(address, token, "DELETE").status_code == 204

    def come_in(self, browser: Browser, name: str, **asked: str) -> str:
        """Registers somebody from the shop, which is made to ask for something else."""
        browser.stops_at = f"{self.varvel}/oauth2/authorize"
        browser.open(f"{self.shop}/login")
        browser.stops_at = NOWHERE
        address = browser.address.partition("?")[0]
        browser.open(f"{address}?{urlencode(browser.query | asked)}")
        browser.follow("/register")
        return browser.log_in(name)

    def token(self, browser: Browser, name: str, **asked: str) -> str:
        """What somebody new lets the shop have."""
        self.come_in(browser, name, **asked)
        browser.submit(decision="allow")
        return str(kept(browser)["access_token"])


@pytest.fixture
def browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


@pytest.fixture(scope="module", params=BACKENDS)
def followed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Followed]:
    directory = tmp_path_factory.mktemp("guide")
    settings = {}
    if request.param == POSTGRESQL:
        settings = new_postgres(request.getfixturevalue("postgres"), directory).variables
    guide = Guide("oauth.md", directory, settings)
    guide.write_programs()
    varvel, shop, notes = guide.ports
    (serve,) = guide.commands("varvel serve")
    (create,) = guide.commands("varvel clients create Shop")
    (export,) = guide.commands("export")
    (sell,) = guide.commands("flask --app shop")
    (keep,) = guide.commands("flask --app notes")
    with ExitStack() as stack:
        stack.enter_context(guide.served(serve, port=varvel))
        guide.wait_for(varvel)
        stack.enter_context(guide.served(keep, port=notes))
        export = filled_in(export, guide.answer(create))
        export += f" SHOP_SECRET='{SECRET}'"
        stack.enter_context(guide.served(export, sell, port=shop))
        guide.wait_for(shop)
        guide.wait_for(notes)
        yield Followed(
            guide,
            f"http://127.0.0.1:{shop}",
            f"http://127.0.0.1:{notes}",
            f"http://localhost:{varvel}",
        )


def ask(address: str, token: str | None, method: str = "GET") -> requests.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return requests.request(method, address, headers=headers, timeout=TIMEOUT)


def notes_of(name: str | None) -> dict[str, object]:
    return {"of": name, "notes": ["Feed the falcon."]}


def filled_in(command: str, told: str) -> str:
    """The command with the id and the secret that `varvel clients create` told."""
    found = re.fullmatch(r"Created, with id (\S+)\nSecret, shown this once: (\S+)\n", told)
    assert found, told
    named = dict(zip(("CLIENT_ID", "CLIENT_SECRET"), found.groups(), strict=True))
    return re.sub(r"(?<![A-Z_])CLIENT_(ID|SECRET)", lambda word: named[word[0]], command)


def kept(browser: Browser) -> dict[str, Any]:
    """The token in the shop's cookie, which the browser's owner can read."""
    found: dict[str, Any] = serializer().loads(browser.cookie("session").value)["token"]
    return found


def expire(browser: Browser) -> None:
    """Makes the shop's token one that has expired."""
    token = kept(browser) | {"expires_at": 1}
    browser.cookie("session").value = serializer().dumps({"token": token})


def serializer() -> Any:
    app = Flask("shop")
    app.secret_key = SECRET
    return SecureCookieSessionInterface().get_signing_serializer(app)


def test_somebody_registers_allows_the_shop_and_sees_the_notes(
    followed: Followed, browser: Browser
) -> None:
    assert browser.open(followed.shop) == "Log in"
    assert browser.follow("/register") == "Create an account"
    assert browser.log_in("miguel") == "Shop wants to use your account"
    browser.submit(decision="allow")

    assert browser.address == f"{followed.shop}/"
    assert json.loads(browser.text) == notes_of("miguel")


def test_who_denies_is_told_so_and_can_try_again(followed: Followed, browser: Browser) -> None:
    followed.come_in(browser, "susan")
    browser.submit(decision="deny")

    told = {"error": "access_denied", "again": f"{followed.shop}/login"}
    assert (browser.status, json.loads(browser.text)) == (403, told)
    browser.open(told["again"])
    browser.submit(decision="allow")
    assert json.loads(browser.text) == notes_of("susan")


def test_the_shop_renews_expired_tokens_until_the_consent_is_withdrawn(
    followed: Followed, browser: Browser
) -> None:
    followed.come_in(browser, "jose")
    browser.submit(decision="allow")
    refresh_tokens = [kept(browser)["refresh_token"]]

    for _ in range(3):
        expire(browser)
        browser.open(followed.shop)
        assert json.loads(browser.text) == notes_of("jose")
        refresh_tokens.append(kept(browser)["refresh_token"])
    assert len(set(refresh_tokens)) == len(refresh_tokens)

    followed.withdraw("jose")
    expire(browser)
    browser.open(followed.shop)
    assert (browser.status, json.loads(browser.text)["error"]) == (403, "invalid_grant")
    assert browser.open(followed.shop) == "Shop wants to use your account"


def test_the_api_refuses_what_is_no_token_for_it(followed: Followed, browser: Browser) -> None:
    token = followed.token(browser, "zoe", scope="profile", resource=followed.varvel)

    refused = [followed.feed(each) for each in (None, "x", token)]

    assert refused == [(401, {"error": "invalid_token"})] * 3
    assert ask(f"{followed.varvel}/api/users/me", token).json()["username"] == "zoe"


def test_the_api_refuses_a_token_without_its_scope(followed: Followed, browser: Browser) -> None:
    token = followed.token(browser, "ana", scope="profile")

    assert followed.feed(token) == (403, {"error": "insufficient_scope"})


def test_an_application_that_acts_for_nobody_is_fed_as_well(followed: Followed) -> None:
    (create,) = followed.guide.commands("varvel clients create Robot")
    (curl,) = followed.guide.commands("curl")

    answer = json.loads(followed.guide.answer(filled_in(curl, followed.guide.answer(create))))

    assert answer.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert followed.feed(answer["access_token"]) == (200, notes_of(None))
