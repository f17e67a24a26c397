"""Two nodes on one PostgreSQL behind a real nginx, where one is installed."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, closing
from pathlib import Path
from time import monotonic

import pytest

from tests.postgresql import PostgresServer
from tests.processes.commands import run
from tests.processes.connections import HOST, Answer, basic
from tests.processes.databases import Database, new_postgres
from tests.processes.nginx import Nginx, program
from tests.processes.proxied import CLIENTS, MIGUEL, Site, restart_under_load, site
from tests.processes.revocations import Watch
from tests.processes.servers import VARVEL, Server
from tests.processes.workers import one_stream_each
from tests.torture.counting import Done

pytestmark = pytest.mark.torture

ROUNDS = 20
RESTARTS = 2
"""Of each node."""

REQUESTS = 5_000
HEADER_SECONDS = 1
CLIENT = "127.0.0.9"
"""Another address than nginx's own; all of 127.0.0.0/8 is this machine."""


@pytest.fixture(scope="module")
def installed() -> None:
    program("nginx")


@pytest.fixture(scope="module")
def shared(
    installed: None, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, Database]]:
    """A site that is left as it is, with the user miguel."""
    directory: Path = tmp_path_factory.mktemp("site")
    database = new_postgres(postgres, directory)
    changes = {"client_header_timeout 10s": f"client_header_timeout {HEADER_SECONDS}s"}
    with site(directory, database, changes) as opened:
        assert opened.call("POST", "/api/users", json=MIGUEL).status == 201
        yield opened, database


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_who_logs_in_on_one_node_is_known_by_the_other(
    shared: tuple[Site, Database], record_property: Done
) -> None:
    opened, _ = shared
    for node in opened.nodes:
        body = {"username": "miguel", "password": "python"}
        token = node.call("POST", "/api/sessions", json=body).json["access_token"]
        for other in opened.nodes:
            assert other.call("GET", "/api/resource", headers=bearer(token)).status == 200
    token = opened.log_in("miguel")["access_token"]
    for _ in range(ROUNDS):
        assert opened.call("GET", "/api/resource", headers=bearer(token)).status == 200

    for node in opened.nodes:
        assert f" {HOST}:{node.port} 200\n" in opened.nginx.logged()
    record_property("done", f"2 nodes, {ROUNDS} requests through nginx, answered by both")


def test_a_revocation_through_nginx_is_heard_by_every_worker_of_both_nodes_within_a_second(
    shared: tuple[Site, Database], record_property: Done
) -> None:
    opened, _ = shared

    seconds = [asyncio.run(lateness(opened)) for _ in range(ROUNDS)]

    record_property("done", f"{ROUNDS} revocations, heard after {max(seconds):.2f} s at most")
    assert max(seconds) < 1


async def lateness(opened: Site) -> float:
    """Seconds from the answer to a log-out to the last request that its token opened anywhere."""
    token = opened.log_in("miguel")["access_token"]
    watch = Watch([token], longer=0)

    def log_out() -> None:
        path = "/api/sessions/current"
        assert opened.call("DELETE", path, headers=bearer(token)).status == 204
        watch.note([token])

    async with AsyncExitStack() as stack:
        streams = [
            stream
            for node in opened.nodes
            for stream in await stack.enter_async_context(one_stream_each(node))
        ]
        async with asyncio.TaskGroup() as group:
            for stream in streams:
                group.create_task(watch.ask_until_refused(stream))
            group.create_task(asyncio.to_thread(log_out))
    return watch.lateness()


def test_rolling_restarts_under_load_fail_none_of_5_000_requests(
    installed: None, tmp_path: Path, postgres_database: Database, record_property: Done
) -> None:
    with site(tmp_path, postgres_database) as opened:
        load = restart_under_load(opened, rounds=RESTARTS, at_least=REQUESTS)

    record_property(
        "done",
        f"{load.answered:,} requests of {CLIENTS} clients, {load.registered} registrations, "
        f"{2 * RESTARTS} restarts, {load.asked_again} asked again on a new connection, "
        f"{len(load.failed)} failed",
    )
    assert not load.failed, load.failed
    # Nobody was registered twice, nor without being told.
    assert len(postgres_database.users()) == load.registered + 1


def test_a_node_that_is_back_is_used_at_once_by_who_just_missed_it(
    shared: tuple[Site, Database], record_property: Done
) -> None:
    opened, _ = shared
    token = opened.log_in("miguel")["access_token"]
    statuses = []
    for node in opened.nodes:
        node.stop()
        statuses += [
            opened.call("GET", "/api/resource", headers=bearer(token)).status for _ in range(ROUNDS)
        ]
        node.start()
        node.wait_until_ready()

    assert set(statuses) == {200}
    record_property("done", f"{len(statuses)} requests with one of two nodes away")


def test_the_address_that_is_kept_and_logged_is_the_clients_own_whatever_it_forges(
    shared: tuple[Site, Database], tmp_path: Path, record_property: Done
) -> None:
    opened, database = shared
    forged = {
        "X-Forwarded-For": "203.0.113.7, 127.0.0.1",
        "Forwarded": "for=203.0.113.7;proto=http;host=evil.example",
        "X-Real-IP": "203.0.113.7",
        "X-Forwarded-Proto": "http",
        "X-Request-ID": "forged",
    }
    for headers in ({}, *({name: value} for name, value in forged.items()), forged):
        body = opened.log_in("miguel", source=CLIENT, **headers)
        session_id = body["session"]["id"]
        listed = opened.call("GET", "/api/sessions", headers=bearer(body["access_token"])).json
        (address,) = (each["address"] for each in listed["sessions"] if each["current"])
        assert address == CLIENT
        words = (VARVEL, "audit", "list", "--event", "logged_in", "--json")
        told = run(tmp_path, words, **database.variables).stdout.splitlines()
        entries = [json.loads(line) for line in told]
        (entry,) = (each for each in entries if each["session_id"] == session_id)
        assert entry["address"] == CLIENT
        assert is_logged(opened.nodes, session_id)
    record_property("done", f"{len(forged) + 2} log-ins, {len(forged)} forged headers")


def is_logged(nodes: Sequence[Server], session_id: str) -> bool:
    """Whether a node's log tells of this log-in with the client's own address."""
    return any(
        (entry.get("session_id"), entry.get("client"), entry.get("status"))
        == (session_id, CLIENT, 201)
        for node in nodes
        for entry in node.entries()
    )


def test_nginx_logs_no_name_no_password_no_token_and_no_query(
    shared: tuple[Site, Database], record_property: Done
) -> None:
    opened, _ = shared
    token = opened.log_in("miguel")["access_token"]
    planted = ("planted-name", "planted-password", "planted-query", token)
    secrets = (*planted, *token.split("."), basic(token, "x")[6:], basic(*planted[:2])[6:])

    assert opened.call("GET", "/api/resource", auth=(token, "x")).status == 200
    for answer in failing(opened, planted[0], planted[1], f"?{planted[2]}={token}"):
        assert answer.status >= 400

    logged = opened.nginx.logged()
    assert '"GET /api/resource" 200 ' in logged
    assert [text for text in secrets if text in logged] == []
    record_property("done", f"{len(secrets)} texts in {len(logged.splitlines()):,} lines")


def failing(opened: Site, name: str, password: str, query: str) -> Iterator[Answer]:
    """Requests that nginx or a node refuses, each with all that must not be logged."""
    headers = {"Referer": f"https://a.example/{query}", "User-Agent": name, "Cookie": f"a={name}"}
    headers["Authorization"] = basic(name, password)
    path = f"/api/token{query}"
    yield opened.call("GET", path, headers=headers)
    yield opened.call("POST", path, body=b"x" * 70_000, headers=headers)
    yield opened.call("GET", path, headers={**headers, "Host": "a b"})
    yield opened.call("GET", path, headers={**headers, "X-Long": "x" * 40_000})
    # Upstream trouble is what nginx writes most about.
    opened.nginx.configure(down=opened.nodes[0].port)
    opened.nginx.reload()
    opened.nodes[1].stop()
    try:
        yield opened.call("GET", path, headers=headers)
        yield opened.call("POST", path, body=password.encode(), headers=headers)
    finally:
        opened.nodes[1].start()
        opened.nodes[1].wait_until_ready()
        opened.nginx.configure()
        opened.nginx.reload()


@pytest.mark.parametrize("buffer", ["64k", "8k"])
def test_a_body_that_varvel_takes_is_written_to_no_disk(
    shared: tuple[Site, Database], tmp_path: Path, record_property: Done, buffer: str
) -> None:
    opened, _ = shared
    # With a smaller buffer the log, made to tell more, shows that this would be seen.
    changes = {"buffer_size 64k": f"buffer_size {buffer}", "error.log crit": "error.log warn"}
    with Nginx(tmp_path, [node.port for node in opened.nodes], changes) as nginx:
        answer = Site(nginx, opened.nodes).call("POST", "/api/users", body=b"x" * 60_000)

    assert answer.status == 415
    assert ("buffered to a temporary file" in nginx.logged()) == (buffer == "8k")
    record_property("done", f"60,000 bytes, a buffer of {buffer}")


@pytest.mark.parametrize(
    "sent", [b"", b"GET /half-sent HTTP/1.1\r\nHost: a\r\nX-Half: "], ids=["nothing", "half"]
)
def test_a_half_sent_header_is_ended_by_nginx_and_reaches_no_node(
    shared: tuple[Site, Database], record_property: Done, sent: bytes
) -> None:
    opened, _ = shared
    asked = sum(node.times_logged('"request"') for node in opened.nodes)
    with closing(opened.nginx.connect()) as connection:
        connection.connect()
        began = monotonic()
        connection.sock.sendall(sent)
        received = connection.sock.recv(65_536)
        seconds = monotonic() - began

    assert received == b""
    assert HEADER_SECONDS - 0.1 <= seconds < HEADER_SECONDS + 5
    assert sum(node.times_logged('"request"') for node in opened.nodes) == asked
    record_property("done", f"closed after {seconds:.1f} s")
