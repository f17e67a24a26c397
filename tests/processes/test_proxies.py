"""What senders say of themselves, on the wire: believed from trusted proxies only."""

import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.processes.connections import HOST, TIMEOUT
from tests.processes.servers import Server

TOLD = {
    "X-Forwarded-For": "203.0.113.7, 198.51.100.9",
    "X-Forwarded-Proto": "https",
    "X-Request-ID": "an-id-of-the-proxy",
}
BODY_SECONDS = 10


def registered(server: Server, headers: Mapping[str, str]) -> tuple[str, str, str]:
    """The request's id, its client in the log, and the scheme of its Location."""
    answer = server.call(
        "POST", "/api/users", json={"username": "miguel", "password": "python"}, headers=headers
    )
    assert answer.status == 201
    request_id = answer.headers["X-Request-ID"]
    server.wait_for(lambda: request_id in server.output)
    (entry,) = (each for each in server.entries() if each.get("request_id") == request_id)
    return request_id, entry["client"], answer.headers["Location"].partition(":")[0]


def test_nobody_is_believed_by_default_not_even_by_gunicorn(server: Server) -> None:
    request_id, client, scheme = registered(server, TOLD)

    assert request_id != TOLD["X-Request-ID"]
    assert (client, scheme) == ("127.0.0.1", "http")


def test_a_proxy_of_another_network_is_not_believed(tmp_path: Path) -> None:
    with Server(tmp_path, TRUSTED_PROXIES="10.0.0.0/8, fd00::/8") as server:
        request_id, client, scheme = registered(server, TOLD)

    assert request_id != TOLD["X-Request-ID"]
    assert (client, scheme) == ("127.0.0.1", "http")


def test_a_trusted_proxy_is_believed_as_far_as_it_vouches(tmp_path: Path) -> None:
    with Server(tmp_path, TRUSTED_PROXIES="127.0.0.0/8") as server:
        said = registered(server, TOLD)

    # The beginning of X-Forwarded-For is what the client itself wrote.
    assert said == ("an-id-of-the-proxy", "198.51.100.9", "https")


@pytest.mark.torture
def test_a_body_that_trickles_is_given_up_after_10_seconds_and_its_connection_closed(
    server: Server,
) -> None:
    head = (
        b"POST /api/users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 1000\r\n\r\n"
    )
    received = b""
    with socket.create_connection((HOST, server.port), TIMEOUT) as connection:
        connection.sendall(head)
        connection.settimeout(1)
        sent = 0
        while not received and sent < TIMEOUT:
            connection.sendall(b" ")
            sent += 1
            try:
                received = connection.recv(65_536)
            except TimeoutError:
                assert server.call("GET", "/health/live").status == 200
        connection.settimeout(TIMEOUT)
        while piece := connection.recv(65_536):
            received += piece

    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in head.lower()
    assert b'"code": "body_too_slow"' in body
    # One byte went out in every second that it was waited for.
    assert sent >= BODY_SECONDS
