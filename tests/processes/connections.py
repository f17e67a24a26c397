"""HTTP to a server on the loopback interface: politely, by raw bytes, and many at once."""

import asyncio
import json as json_module
import socket
from base64 import b64encode
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPResponse
from typing import Any, Self

HOST = "127.0.0.1"
TIMEOUT = 60.0
"""Seconds after which a test gives up on an answer. Nothing is measured by it."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json_module.loads(self.body)


def basic(username: str, password: str) -> str:
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode()


def connect(port: int) -> HTTPConnection:
    return HTTPConnection(HOST, port, timeout=TIMEOUT)


def send(
    connection: HTTPConnection,
    method: str,
    path: str,
    *,
    json: object = None,
    body: bytes | Iterable[bytes] | None = None,
    auth: tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request on this connection. A body in pieces goes out chunked."""
    sent = dict(headers or {})
    if json is not None:
        body = json_module.dumps(json).encode()
        sent.setdefault("Content-Type", "application/json")
    if auth is not None:
        sent["Authorization"] = basic(*auth)
    # A server may refuse a body before it has all of it; its answer can be read all the same.
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.request(method, path, body=body, headers=sent)
    response = connection.getresponse()
    return Answer(response.status, response.headers, response.read())


def call(
    port: int,
    method: str,
    path: str,
    *,
    json: object = None,
    body: bytes | Iterable[bytes] | None = None,
    auth: tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request on a connection of its own."""
    with closing(connect(port)) as connection:
        return send(connection, method, path, json=json, body=body, auth=auth, headers=headers)


def exchange(port: int, data: bytes) -> bytes:
    """Sends these bytes; returns everything that comes until the server closes."""
    with socket.create_connection((HOST, port), TIMEOUT) as connection:
        received = bytearray()
        # A server that closes while bytes are still on their way resets the connection.
        with suppress(ConnectionError):
            connection.sendall(data)
            while piece := connection.recv(65_536):
                received += piece
        return bytes(received)


class Wire:
    """Requests as bytes, one after the other, on a connection that is renewed when it is closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._close()

    def ask(self, request: bytes) -> Answer:
        if self._socket is None:
            self._socket = socket.create_connection((HOST, self._port), TIMEOUT)
        self._socket.sendall(request)
        with closing(HTTPResponse(self._socket)) as response:
            response.begin()
            answer = Answer(response.status, response.headers, response.read())
            if response.will_close:
                self._close()
        return answer

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class Stream:
    """A kept-alive connection for requests of many tasks in one thread."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection(HOST, port))

    @property
    def local_port(self) -> int:
        port: int = self._writer.get_extra_info("sockname")[1]
        return port

    async def request(self, head: bytes, body: bytes = b"") -> tuple[int, bytes, bytes]:
        """Status, header lines and body. Raises ConnectionError when the server has gone."""
        try:
            return await asyncio.wait_for(self._request(head, body), TIMEOUT)
        except asyncio.IncompleteReadError as error:
            raise ConnectionResetError("The connection ended within an answer.") from error

    async def _request(self, head: bytes, body: bytes) -> tuple[int, bytes, bytes]:
        self._writer.write(
            b"%b\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b" % (head, len(body), body)
        )
        await self._writer.drain()
        answer = await self._reader.readuntil(b"\r\n\r\n")
        status_line, _, headers = answer.partition(b"\r\n")
        lines = [line.partition(b":") for line in headers.split(b"\r\n")]
        fields = {name.lower(): value.strip() for name, _, value in lines}
        body = await self._reader.readexactly(int(fields.get(b"content-length", b"0")))
        return int(status_line.split()[1]), headers, body

    async def close(self) -> None:
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()
