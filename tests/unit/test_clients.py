"""Applications: where their answers go, what they may ask for, and how they come to an end."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from domain.clients import (
    Client,
    ClientNotFound,
    ListClients,
    PublicClient,
    ShowClient,
)
from domain.issuance import IssueToken
from domain.revocations import Revocation
from domain.secrets import digest_of, is_digest_of
from domain.tokens import BROWSER, CLIENT_ID, TokenPrincipal
from domain.unit_of_work import StorageUnavailable
from domain.users import User
from tests.fakes.clients import FakeClientRepository
from tests.fakes.clock import START
from tests.fakes.sessions import FakeSessionRepository
from tests.fakes.unit_of_work import Storage
from tests.origins import ORIGIN
from tests.unit.applications import CALLBACK, OWN, SHOP, WIKI, Applications
from tests.unit.log_ins import proven

SECRET = "the wiki's secret"
NO_IDS = ["", "id 1", "wiki\n", "\0", "\ud800", "\u00e9", "x" * 65]


def redirecting(*uris: str) -> Client:
    return replace(WIKI, redirect_uris=uris)


def test_answers_go_to_each_registered_address() -> None:
    client = redirecting(CALLBACK, "com.example.app:/callback", "https://wiki.example/?next=1")

    assert all(map(client.redirects_to, client.redirect_uris))


@pytest.mark.parametrize(
    "uri",
    [
        *("", "/callback", "callback", "//wiki.example/callback", "https:/wiki.example/callback"),
        *("http://wiki.example/callback", "javascript://wiki.example/callback"),
        *("HTTPS://wiki.example/callback", "https://WIKI.example/callback"),
        *("https://wiki.example/Callback", "https://wiki.example./callback"),
        *("https://wiki.example/callback/", "https://wiki.example/callback?", f"{CALLBACK}#"),
        *(f"{CALLBACK}?next=1", f"{CALLBACK}#part", f"{CALLBACK};x", f"{CALLBACK}x"),
        *("https://wiki.example", "https://wiki.example/", "https://wiki.example/callbac"),
        *("https://wiki.example:443/callback", "https://wiki.example:8443/callback"),
        *("https://wiki.example/x/../callback", "https://wiki.example/./callback"),
        *("https://wiki.example/%2e/callback", "https://wiki.example/%63allback"),
        *("https://wiki.example//callback", "https://wiki.example\\callback"),
        *("https://wiki%2eexample/callback", "https://wiki.example%2f@evil.example/callback"),
        *("https://miguel@wiki.example/callback", "https://wiki.example@evil.example/callback"),
        *("https://evil.example\\@wiki.example/callback", "https://wiki.example.evil.example"),
        *("https://evil.example/https://wiki.example/callback", "https://x.wiki.example/callback"),
        *(f" {CALLBACK}", f"{CALLBACK} ", f"{CALLBACK}\t", f"{CALLBACK}\n", f"{CALLBACK}\0"),
        *("https://wiki.exa\tmple/callback", "https://wiki.example/call\nback"),
        *("https://w\u0456ki.example/callback", "https://wiki\u3002example/callback"),
    ],
)
def test_answers_go_to_no_address_that_differs_in_anything(uri: str) -> None:
    assert not redirecting(CALLBACK).redirects_to(uri)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
@pytest.mark.parametrize("registered", ["", ":1", ":8000"])
@pytest.mark.parametrize("asked", ["", ":1", ":80", ":8000", ":65535"])
@pytest.mark.parametrize("rest", ["", "/", "/callback", "/callback?next=1", "?next=1"])
def test_a_loopback_address_may_have_any_port(
    host: str, registered: str, asked: str, rest: str
) -> None:
    client = redirecting(CALLBACK, f"http://{host}{registered}{rest}")

    assert client.redirects_to(f"http://{host}{asked}{rest}")


@pytest.mark.parametrize(
    "uri",
    [
        *("http://127.0.0.1:0/callback", "http://127.0.0.1:65536/callback"),
        *("http://127.0.0.1:99999/callback", "http://127.0.0.1:100000/callback"),
        *("http://127.0.0.1:080/callback", "http://127.0.0.1:/callback"),
        *("http://127.0.0.1:-1/callback", "http://127.0.0.1:80x/callback"),
        *("http://127.0.0.1:\u0661/callback", "http://127.0.0.1: 80/callback"),
        *("https://127.0.0.1:80/callback", "HTTP://127.0.0.1/callback"),
        *("http://127.0.0.1:80/Callback", "http://127.0.0.1:80/callback/"),
        *("http://127.0.0.1:80/callback?", "http://127.0.0.1:80/callback#"),
        *("http://127.0.0.1:80", "http://127.0.0.1:80/%63allback", "http://127.0.0.1:80//callback"),
        *("http://127.0.0.1:80/callback\n", "http://127.0.0.1:80/call\nback"),
        *("http://127.0.0.1\t:80/callback", "http://127.0.0.1:80\\callback"),
        *("http://127.0.0.1.evil.example/callback", "http://127.0.0.1.evil.example:80/callback"),
        *("http://127.0.0.1:80@evil.example/callback", "http://127.0.0.1@evil.example/callback"),
        *("http://miguel@127.0.0.1:80/callback", "http://evil.example#127.0.0.1:80/callback"),
        *("http://127.0.0.1./callback", "http://127.1/callback", "http://127.0.0.2/callback"),
        *("http://2130706433/callback", "http://0x7f.0.0.1/callback", "http://0.0.0.0/callback"),
        *("http://localhost/callback", "http://localhost:80/callback", "http://[::1]:80/callback"),
        *("http://[::ffff:127.0.0.1]:80/callback", "http://127\u30020.0.1/callback"),
    ],
)
def test_no_other_address_is_taken_for_a_loopback_one(uri: str) -> None:
    assert not redirecting("http://127.0.0.1:8000/callback").redirects_to(uri)


def test_the_port_of_a_name_that_may_mean_another_machine_is_exact() -> None:
    client = redirecting("http://localhost:8000/callback", "https://127.0.0.1:8000/callback")

    assert client.redirects_to("http://localhost:8000/callback")
    for uri in ("http://localhost:8001/callback", "https://127.0.0.1:8001/callback"):
        assert not client.redirects_to(uri)


def test_a_client_without_addresses_gets_no_answer_anywhere() -> None:
    for uri in ("", CALLBACK, "http://127.0.0.1:80/"):
        assert not redirecting().redirects_to(uri)


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        (None, "read write profile"),
        ("", "read write profile"),
        (" ", "read write profile"),
        ("write", "write"),
        ("write  read write", "write read"),
        ("read admin", None),
        ("account", None),
        ("Read", None),
        ("read,write", None),
        ("read\twrite", None),
        ("read\u00a0write", None),
        ("\n", None),
    ],
)
def test_a_client_may_ask_for_what_it_was_registered_with_and_asks_for_all_by_default(
    asked: str | None, allowed: str | None
) -> None:
    assert WIKI.allowed(asked) == allowed


def test_a_secret_is_known_by_its_digest_alone() -> None:
    assert WIKI.has_secret(SECRET)
    assert SECRET not in repr(WIKI)
    for other in ("", SECRET.upper(), f"{SECRET} ", digest_of(SECRET), "\ud800", "\u00e9"):
        assert not WIKI.has_secret(other)


def test_a_public_client_has_no_secret_not_even_an_empty_one() -> None:
    public = replace(WIKI, secret_digest=None)

    assert not public.has_secret("")
    assert not public.has_secret("None")


def test_a_digest_is_of_one_secret() -> None:
    assert is_digest_of(digest_of("one"), "one")
    assert not is_digest_of(digest_of("one"), "other")
    assert digest_of("one") == "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"


def test_a_client_is_shown_by_its_id(apps: Applications) -> None:
    assert ShowClient(apps.clients)(client_id="wiki") == WIKI


def test_clients_are_listed_the_oldest_first(apps: Applications) -> None:
    older = replace(WIKI, id="older", created_at=START.replace(year=2025))
    apps.clients.add(older)

    assert list(ListClients(apps.clients)()) == [older, OWN, SHOP, WIKI]


@pytest.mark.parametrize("client_id", ["nobody", "WIKI", *NO_IDS])
def test_a_client_that_is_not_there_is_not_found(apps: Applications, client_id: str) -> None:
    before = apps.storage.tables()

    for attempt in (
        lambda: ShowClient(apps.clients)(client_id=client_id),
        lambda: apps.rotate_secret(client_id=client_id, origin=ORIGIN),
        lambda: apps.delete(client_id=client_id, origin=ORIGIN),
    ):
        with pytest.raises(ClientNotFound):
            attempt()
    assert apps.storage.tables() == before


@pytest.mark.parametrize("client_id", NO_IDS)
def test_what_can_be_no_id_of_a_client_is_not_looked_up(
    apps: Applications, storage: Storage, client_id: str
) -> None:
    class Unasked(FakeClientRepository):
        def find(self, client_id: str) -> Client | None:
            raise AssertionError("A text that can be no id was looked up.")

    clients = Unasked(storage)
    with pytest.raises(ClientNotFound):
        ShowClient(clients)(client_id=client_id)
    with pytest.raises(ClientNotFound):
        replace(apps.rotate_secret, clients=clients)(client_id=client_id, origin=ORIGIN)
    with pytest.raises(ClientNotFound):
        replace(apps.delete, clients=clients)(client_id=client_id, origin=ORIGIN)


def test_a_new_secret_takes_the_place_of_the_old_one_at_once(apps: Applications) -> None:
    secret = apps.rotate_secret(client_id="wiki", origin=ORIGIN)

    client = ShowClient(apps.clients)(client_id="wiki")
    assert client == replace(WIKI, secret_digest=digest_of(secret))
    assert client.has_secret(secret)
    assert not client.has_secret(SECRET)
    assert ShowClient(apps.clients)(client_id="shop") == SHOP


def test_a_public_client_gets_no_secret(apps: Applications) -> None:
    public = replace(WIKI, id="public", secret_digest=None)
    apps.clients.add(public)

    with pytest.raises(PublicClient):
        apps.rotate_secret(client_id="public", origin=ORIGIN)
    assert apps.clients.find("public") == public


def test_a_public_client_is_known_where_no_other_program_can_pass_for_it() -> None:
    client = replace(redirecting(CALLBACK, "http://127.0.0.1/callback"), secret_digest=None)

    assert client.is_known_at(CALLBACK)
    for uri in ("http://127.0.0.1:8000/callback", "com.example.app:/callback", ""):
        assert not client.is_known_at(uri)
        assert WIKI.is_known_at(uri)
    assert replace(client, redirect_uris=(CALLBACK,)).is_known_at("")


def test_a_deletion_ends_few_at_once_and_counts_all(
    apps: Applications, here: TokenPrincipal, monkeypatch: pytest.MonkeyPatch, storage: Storage
) -> None:
    class Counting(FakeSessionRepository):
        ended: ClassVar[list[int]] = []

        def end(self, *_: object, **given: Any) -> Sequence[Revocation]:
            found = super().end(None, **given)
            self.ended.append(len(found))
            return found

    monkeypatch.setattr("domain.clients.BATCH", 2)
    for _ in range(5):
        apps.granted(here)

    deletion = replace(apps.delete, sessions=Counting(storage))

    assert deletion(client_id="wiki", origin=ORIGIN) == 5
    assert Counting.ended == [2, 2, 1, 0]


def test_a_deletion_that_failed_half_way_is_finished_by_its_repetition(
    apps: Applications, here: TokenPrincipal, is_over: Callable[[str], bool], storage: Storage
) -> None:
    class Failing(FakeSessionRepository):
        def end(self, *_: object, **__: object) -> Sequence[Revocation]:
            raise StorageUnavailable

    left = [apps.granted(here).session.id, apps.alone().session.id]
    with pytest.raises(StorageUnavailable):
        replace(apps.delete, sessions=Failing(storage))(client_id="wiki", origin=ORIGIN)
    assert not any(map(is_over, left))

    assert apps.delete(client_id="wiki", origin=ORIGIN) == 2

    assert all(map(is_over, left))
    with pytest.raises(ClientNotFound):
        apps.delete(client_id="wiki", origin=ORIGIN)


@pytest.mark.parametrize("own", [CLIENT_ID, BROWSER])
def test_no_deletion_ends_what_people_hold_themselves(
    apps: Applications, issue: IssueToken, miguel: User, is_over: Callable[[str], bool], own: str
) -> None:
    issued = issue(principal=proven(miguel), origin=ORIGIN, refreshable=True, client_id=own)

    with pytest.raises(ClientNotFound):
        apps.delete(client_id=own, origin=ORIGIN)

    assert not is_over(issued.session.id)


def test_with_a_client_goes_all_that_it_was_granted_and_nothing_of_anybody_else(
    apps: Applications, here: TokenPrincipal, is_over: Callable[[str], bool]
) -> None:
    granted = [apps.granted(here).session.id, apps.granted(here).session.id]
    own = apps.alone().session.id
    others = [here.session_id, apps.granted(here, SHOP).session.id, apps.alone(SHOP).session.id]
    code, others_code = apps.code(here), apps.code(here, SHOP)

    assert apps.delete(client_id="wiki", origin=ORIGIN) == 3

    assert list(map(is_over, [*granted, own])) == [True] * 3
    assert list(map(is_over, others)) == [False] * 3
    assert apps.clients.find("wiki") is None
    assert [each.client_id for each in apps.list_consents(principal=here)] == ["shop"]
    assert apps.codes.find(code.digest) is None
    assert apps.codes.find(others_code.digest) == others_code
