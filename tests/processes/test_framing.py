"""Malformed HTTP on the wire: refused, and nothing that follows it is carried out."""

import json
import re

import pytest

from tests.processes.connections import exchange
from tests.processes.framings import FRAMINGS
from tests.processes.servers import Server

STATUS_LINE = re.compile(rb"^HTTP/1\.[01] ([0-9]{3}) ", re.MULTILINE)


def registration(username: str) -> bytes:
    body = json.dumps({"username": username, "password": "python"}).encode()
    return (
        b"POST /api/users HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    )


def statuses(answers: bytes) -> list[int]:
    return [int(status) for status in STATUS_LINE.findall(answers)]


@pytest.mark.asvs("V4.2.1")
@pytest.mark.parametrize("name", FRAMINGS)
def test_a_malformed_request_is_refused_and_what_follows_it_is_not_carried_out(
    server: Server, name: str
) -> None:
    username = f"smuggled-{list(FRAMINGS).index(name)}"

    answered = statuses(exchange(server.port, FRAMINGS[name] + registration(username)))

    assert len(answered) <= 1
    assert all(400 <= status < 500 for status in answered)
    assert server.register(username).status == 201


def test_a_request_that_follows_a_well_formed_one_is_carried_out(server: Server) -> None:
    first = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

    answered = statuses(exchange(server.port, first + registration("pipelined")))

    # Without this, the framings above would prove nothing.
    assert answered == [200, 201]
    assert server.register("pipelined").status == 400


def test_two_authorization_headers_are_refused(server: Server) -> None:
    server.register("miguel")
    line = b"Authorization: Basic bWlndWVsOnB5dGhvbg==\r\n"
    head = b"GET /api/resource HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"

    once = exchange(server.port, head + line + b"\r\n")
    twice = exchange(server.port, head + line + line + b"\r\n")

    assert statuses(once) == [200]
    assert statuses(twice) == [400]
    assert b'"code": "repeated_authorization"' in twice


@pytest.mark.parametrize("host", [b"", b"Host:\r\n", b"Host: a b\r\n", b"Host: a, b\r\n"])
def test_a_missing_or_malformed_host_is_refused(server: Server, host: bytes) -> None:
    answer = exchange(server.port, b"GET /help HTTP/1.1\r\nConnection: close\r\n" + host + b"\r\n")

    assert statuses(answer) == [400]
    assert b'"code": "invalid_host"' in answer
