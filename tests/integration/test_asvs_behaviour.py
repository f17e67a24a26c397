"""What ASVS 5.0 asks for and no other test has a reason to look at."""

import json
import sys
from base64 import b64encode
from contextlib import suppress
from datetime import timedelta
from socket import create_connection
from subprocess import run
from time import monotonic
from typing import Any

import pytest
from falcon.testing import TestClient

from adapters.jose.signing_keys import JoseKeyFactory
from entrypoints.bootstrap import create_app
from entrypoints.http import app
from tests.fakes.clock import START, FakeClock
from tests.integration.calls import (
    basic,
    by_token,
    log_in,
    logged_in,
    problem,
    refresh,
    register,
    resource,
    token,
)
from tests.integration.conftest import Execute, MakeSettings
from tests.integration.forge import decoded
from tests.integration.long_lived import DEADLINE, long_lived
from tests.integration.stores import SQLITE, Store

COMMON = ("root", "admin", "administrator", "sa", "varvel", "test", "guest")
IDENTIFIERS = """
import os
from types import SimpleNamespace
from adapters.identifiers import RandomIdentifiers
from entrypoints.http.requests import request_id

identifiers = RandomIdentifiers()
new = {
    "session": identifiers.new,
    "request": lambda: request_id(SimpleNamespace(context=SimpleNamespace())),
}["KIND"]
new()
children = [os.fork() for _ in range(2)]  # four processes, as each child forks as well
for _ in range(2_000):
    os.write(1, new().encode() + b"\\n")  # whole lines, whoever else writes
for child in filter(None, children):
    os.waitpid(child, 0)
"""

contacted: list[str] = []


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        contacted.append(f"{event} {arguments[1:]}")


@pytest.mark.asvs("V1.1.1")
def test_nothing_is_decoded_twice(miguel: TestClient) -> None:
    register(miguel, username="a%62c")
    twice = b64encode(b"miguel:python").decode()

    problem(miguel.simulate_get("/api/users/%2531"), 400, "user_not_found")
    problem(log_in(miguel, "%6Diguel"), 401, "invalid_credentials")
    problem(log_in(miguel, "abc"), 401, "invalid_credentials")
    problem(log_in(miguel, "\\u006diguel"), 401, "invalid_credentials")
    headers = {"Authorization": f"Basic {b64encode(twice.encode()).decode()}"}
    problem(miguel.simulate_get("/api/resource", headers=headers), 401, "invalid_credentials")
    assert log_in(miguel, "a%62c").status_code == 201


@pytest.mark.asvs("V1.2.4")
@pytest.mark.parametrize(
    "name", ["x');DELETE/**/FROM/**/users;--", "'or'1'='1", '"users"', "miguel'--", "%s", "\\'"]
)
def test_text_never_becomes_a_part_of_a_statement(miguel: TestClient, name: str) -> None:
    for username, password in ((name, "python"), ("miguel", name)):
        problem(resource(miguel, username, password), 401, "invalid_credentials")
    answer = register(miguel, username=name, password=name)

    assert answer.json == {"username": name}
    assert resource(miguel, name, name).json == {"data": f"Hello, {name}!"}
    assert resource(miguel).status_code == 200


@pytest.mark.asvs("V4.1.2")
def test_plain_http_is_not_redirected_where_the_service_is_at_https(
    make_settings: MakeSettings,
) -> None:
    api = TestClient(create_app(make_settings(PUBLIC_URL="https://id.example.com")))

    for path, status in (("/", 200), ("/api/resource", 401), ("/help/", 404)):
        answer = api.simulate_get(path, protocol="http")
        assert answer.status_code == status
        assert "Location" not in answer.headers


@pytest.mark.asvs("V6.2.10")
def test_a_password_is_good_for_as_long_as_its_user_likes(store: Store, clock: FakeClock) -> None:
    settings = store.settings(
        PROFILE="production", PUBLIC_URL="https://id.example.com", SECRET=store.secret()
    )
    with long_lived(create_app(settings, clock=clock)) as api:
        register(api, password="correct horse battery")
        clock.advance(days=3650)

    late = TestClient(create_app(settings, clock=clock))
    assert log_in(late, password="correct horse battery").status_code == 201


@pytest.mark.asvs("V6.3.2")
def test_nobody_has_an_account_who_has_not_registered(api: TestClient, execute: Execute) -> None:
    for name in COMMON:
        for password in (name, "password", "", "changeme"):
            problem(resource(api, name, password), 401, "invalid_credentials")

    assert execute("SELECT count(*) FROM users") == [(0,)]


@pytest.mark.asvs("V6.3.4")
@pytest.mark.parametrize("way", ["/api/resource", "/api/token", "/api/sessions"])
def test_every_way_to_prove_a_password_refuses_the_same(
    miguel: TestClient, execute: Execute, way: str
) -> None:
    register(miguel, username="susan")
    execute("UPDATE users SET disabled_at = created_at WHERE name = 'susan'")
    told = set()
    for pair in (("miguel", "ruby"), ("susan", "python"), ("nobody", "x"), ("miguel", "x" * 257)):
        answer = (
            log_in(miguel, *pair)
            if way == "/api/sessions"
            else miguel.simulate_get(way, headers=basic(*pair))
        )
        told.add(json.dumps(problem(answer, 401, "invalid_credentials") | {"request_id": ""}))

    assert len(told) == 1


@pytest.mark.asvs("V11.3.1", "V11.3.2", "V11.2.3")
def test_a_stored_key_is_sealed_by_aes_256_gcm(store: Store) -> None:
    ((sealed,),) = store.execute("SELECT sealed_key FROM signing_keys")

    header, wrapped, nonce, _, tag = sealed.split(".")
    said = json.loads(decoded(header))
    assert (said["alg"], said["enc"], wrapped) == ("dir", "A256GCM", "")
    assert (len(decoded(nonce)), len(decoded(tag))) == (12, 16)


@pytest.mark.asvs("V11.3.4")
def test_no_two_seals_share_a_nonce() -> None:
    factory = JoseKeyFactory([b"s" * 32])
    key = factory.new(generation=1, use_from=START)

    nonces = {factory.resealed(key).split(".")[2] for _ in range(500)}

    assert len(nonces) == 500


@pytest.mark.asvs("V11.5.2")
@pytest.mark.parametrize("kind", ["session", "request"])
def test_no_identifier_is_given_to_two_processes_that_were_forked_from_one(kind: str) -> None:
    program = IDENTIFIERS.replace("KIND", kind)
    made = run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    identifiers = made.stdout.split()
    assert len(identifiers) == len(set(identifiers)) == 8_000


@pytest.mark.asvs("V14.2.3")
@pytest.mark.databases(SQLITE)
def test_nobody_but_the_database_is_contacted(miguel: TestClient) -> None:
    sys.addaudithook(_note)
    body = logged_in(miguel)
    contacted.clear()

    refresh(miguel, body["refresh_token"])
    for path in ("/api/resource", "/api/sessions", "/api/users/me"):
        by_token(miguel, "GET", path, token(miguel))
    change = {"current_password": "python", "new_password": "https://evil.example"}
    live = token(miguel)
    assert by_token(miguel, "PUT", "/api/users/me/password", live, change).status_code == 204

    assert contacted == []
    with suppress(OSError):
        create_connection(("127.0.0.1", 9))
    assert contacted, "a connection would have been seen"


@pytest.mark.asvs("V14.2.7")
def test_what_is_over_is_removed_by_a_server_that_runs(
    store: Store, miguel: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    token(miguel)
    store.execute("UPDATE sessions SET idle_end = '2020-01-01 00:00:00.000000'")
    monkeypatch.setattr(app, "INTERVAL", timedelta(milliseconds=1))

    with long_lived(create_app(store.settings())) as api:
        deadline = monotonic() + DEADLINE
        while store.execute("SELECT count(*) FROM sessions") != [(0,)]:
            assert monotonic() < deadline
            api.simulate_get("/health/ready")
