"""Bodies, HEAD and kept-alive connections on the wire; and what the log does not hold."""

import re
from contextlib import closing
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path

import pytest

from tests.processes.connections import Answer, basic, connect, exchange, send
from tests.processes.servers import Server

JSON = {"Content-Type": "application/json"}
LIMIT = 65_536


def padded(username: str, size: int) -> bytes:
    """A registration of exactly this many bytes."""
    start = b'{"username": "%b", "password": "python"' % username.encode()
    return start + b" " * (size - len(start) - 1) + b"}"


def in_pieces(body: bytes) -> list[bytes]:
    return [body[start : start + 1000] for start in range(0, len(body), 1000)]


def test_a_chunked_body_is_taken_up_to_the_limit_and_refused_above_it(server: Server) -> None:
    just = server.call("POST", "/api/users", body=in_pieces(padded("just", LIMIT)), headers=JSON)
    over = server.call(
        "POST", "/api/users", body=in_pieces(padded("over", LIMIT + 1)), headers=JSON
    )

    assert just.status == 201
    assert over.status == 413
    assert over.json["code"] == "content_too_large"
    assert server.register("over").status == 201


def test_a_chunked_body_without_an_end_is_refused(server: Server) -> None:
    chunk = b"%x\r\n%b\r\n" % (LIMIT, b" " * LIMIT)
    head = b"POST /api/users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

    answer = exchange(server.port, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk)

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_connection_is_reused_after_a_refusal(server: Server) -> None:
    with closing(connect(server.port)) as connection:
        refused = send(connection, "GET", "/api/resource")
        first_socket = connection.sock
        welcomed = send(connection, "GET", "/")

        assert (refused.status, welcomed.status) == (401, 200)
        assert connection.sock is first_socket


@pytest.mark.parametrize("size", [LIMIT + 1, 200_000])
def test_a_client_goes_on_after_a_413(server: Server, size: int) -> None:
    with closing(connect(server.port)) as connection:
        refused = send(connection, "POST", "/api/users", body=padded("big", size), headers=JSON)

        assert refused.status == 413
        assert again(connection).status == 200


def again(connection: HTTPConnection) -> Answer:
    """Asks for `/`, once more if the server closed the connection, as clients do."""
    try:
        return send(connection, "GET", "/")
    except (RemoteDisconnected, ConnectionResetError):
        connection.close()
        return send(connection, "GET", "/")


@pytest.mark.parametrize(
    "path", ["/", "/help", "/openapi.json", "/.well-known/jwks.json", "/api/resource", "/nowhere"]
)
def test_head_answers_as_get_does_and_without_a_body(server: Server, path: str) -> None:
    request = b" %b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path.encode()

    got_head, _, got_body = exchange(server.port, b"GET" + request).partition(b"\r\n\r\n")
    head, _, body = exchange(server.port, b"HEAD" + request).partition(b"\r\n\r\n")

    assert got_body
    assert body == b""
    assert stable(head) == stable(got_head)


def stable(head: bytes) -> bytes:
    """Status line and headers, without what differs from one answer to the next."""
    return re.sub(rb"(?im)^(x-request-id|date): .*\r\n", b"", head)


def test_an_upgrade_to_a_websocket_is_refused_as_any_request_is(server: Server) -> None:
    answer = exchange(
        server.port,
        b"GET /api/resource HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
        b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    )

    assert re.match(rb"HTTP/1\.1 4[0-9]{2} ", answer)
    assert "Traceback" not in server.output


@pytest.mark.asvs("V14.2.4", "V16.2.5")
def test_planted_secrets_are_in_no_line_of_output_and_no_command_line(tmp_path: Path) -> None:
    name, password, secret = "planted-name", "planted-password", "planted-secret-" + "A" * 29
    with Server(tmp_path, workers=2, SECRET=secret, PROFILE="development") as server:
        assert server.register(name, password).status == 201
        token = server.token(name, password)
        assert server.call("GET", "/api/resource", auth=(token, password)).status == 200
        plant(server, name, password, token)
        command_lines = [
            Path(f"/proc/{pid}/cmdline").read_text() for pid in (server.pid, *server.worker_pids())
        ]

    for text in (server.output, *command_lines):
        for planted in (name, password, secret, token, *token.split("."), basic(name, password)):
            assert planted not in text
    assert "/api/token" in {entry.get("route") for entry in server.entries()}


def plant(server: Server, name: str, password: str, token: str) -> None:
    """Puts all three where a careless log would repeat them."""
    planted = f"{name}-{password}-{token}"
    server.register(name, password)
    server.call("GET", "/api/resource", auth=(name, password + "x"))
    server.call("GET", "/api/resource", auth=(token + "x", "x"))
    server.call("GET", "/api/resource", headers={"Authorization": f"Bearer {planted}"})
    server.call("GET", f"/api/users/{planted}")
    server.call("GET", f"/{planted}?{planted}", headers={"Referer": planted, "User-Agent": planted})
    server.call("POST", "/api/users", body=planted.encode(), headers=JSON)
    server.call("POST", "/api/users", json={"username": [planted], planted: 1})
    server.call("POST", "/api/users", json={"username": planted, "password": planted})
    server.call("GET", "/", headers={"Host": planted + "!", "X-Request-ID": planted})
    for malformed in (
        f"{planted} / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        f"GET /{planted} HTTP/9.9\r\n\r\n",
        f"GET / HTTP/1.1\r\n{planted}\r\n\r\n",
        f"GET / HTTP/1.1\r\n{planted}(: {planted}\r\n\r\n",
        f"GET / HTTP/1.1\r\nContent-Length: {planted}\r\n\r\n",
        f"POST /api/users HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{planted}\r\n",
    ):
        exchange(server.port, malformed.encode())


@pytest.mark.parametrize("request_line", ["GET / HTTP/1.1", "GET /nowhere HTTP/1.1", "NONSENSE"])
def test_no_answer_tells_what_serves(server: Server, request_line: str) -> None:
    sent = f"{request_line}\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()

    head = exchange(server.port, sent).partition(b"\r\n\r\n")[0].lower()

    assert head.startswith(b"http/1.1 ")
    assert b"\r\nserver:" not in head
    assert b"gunicorn" not in head
