"""Floods of requests, crowds of connections, and token checks beside them."""

import asyncio
import base64
import json
import secrets
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from http.client import HTTPConnection
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.connection import Connection
from time import perf_counter, sleep

CLIENTS = 32
CONNECTIONS = 1000
CHECKERS = 8
NAME, PASSWORD = "miguel", "python"
TIMEOUT = 60
"""Seconds."""

ALMOST_A_BODY = 65_000
"""Bytes; a body may have 65,536."""


def head(line: str, *headers: str) -> bytes:
    """The head of a request."""
    return "\r\n".join([f"{line} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def basic(username: str, password: str) -> str:
    """An Authorization header's value."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def posted(length: int) -> bytes:
    """The head of a registration whose body has so many bytes."""
    return head("POST /api/users", "Content-Type: application/json", f"Content-Length: {length}")


def registration(size: int = 0) -> bytes:
    """A registration under a new name, its body filled up to so many bytes."""
    body = json.dumps({"username": f"flood-{secrets.token_hex(8)}", "password": PASSWORD})
    return posted(max(size, len(body))) + body.ljust(size).encode()


@dataclass(frozen=True)
class Flood:
    """Requests of many clients: `rate` a second in all, or each without a pause."""

    request: Callable[[], bytes]
    clients: int = CLIENTS
    rate: float | None = None


@dataclass(frozen=True)
class Crowd:
    """Connections that open with these bytes, and go on with a byte every `pause` seconds."""

    opening: bytes
    pause: float = 0.5
    drip: bytes = b""
    connections: int = CONNECTIONS


CHEAPEST = Flood(partial(head, "GET /"))
LOG_INS = Flood(partial(head, "GET /api/resource", f"Authorization: {basic(NAME, PASSWORD)}"))
FLOODS: dict[str, Flood | Crowd] = {
    "log-ins": LOG_INS,
    "registrations": Flood(registration),
    "bodies of 64 KiB": Flood(partial(registration, 65_536)),
    "bodies of 1 MiB": Flood(partial(registration, 2**20)),
    "bodies a byte at a time": Crowd(posted(ALMOST_A_BODY), drip=b" "),
    "idle connections": Crowd(head("GET /")[:-2]),
}
UNFINISHED_BODIES = Crowd(posted(ALMOST_A_BODY) + b" " * (ALMOST_A_BODY - 1))


def press(flood: Flood, port: int, seconds: float, told: Connection) -> None:
    """Sends a flood; tells when it begins, and then the count of each status, 0 for none."""
    counts: Counter[int] = Counter()

    async def client(number: int) -> None:
        pause = flood.clients / flood.rate if flood.rate else 0.0
        due = perf_counter() + pause * number / flood.clients
        end = perf_counter() + seconds
        writer = None
        while perf_counter() < end:
            await asyncio.sleep(max(0.0, due - perf_counter()) if pause else 0)
            due += pause
            if writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(flood.request())
                status, closes = await _answer(reader)
            except (ConnectionError, asyncio.IncompleteReadError):
                status, closes = 0, True
            counts[status] += 1
            if closes:
                writer.close()
                writer = None

    async def clients() -> None:
        await asyncio.gather(*(client(number) for number in range(flood.clients)))

    told.send(None)
    asyncio.run(clients())
    told.send(counts)


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    read = (await reader.readuntil(b"\r\n\r\n")).lower()
    await reader.readexactly(int(read.split(b"content-length: ")[1].split(b"\r\n")[0]))
    return int(read.split()[1]), b"connection: close" in read


def hold(crowd: Crowd, port: int, seconds: float, told: Connection) -> None:
    """Holds a crowd's connections, anew where they are closed; tells how often under 0."""
    counts: Counter[int] = Counter()

    def opened() -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", port))
        connection.sendall(crowd.opening)
        return connection

    held = [opened() for _ in range(crowd.connections)]
    told.send(None)
    end = perf_counter() + seconds
    while perf_counter() < end:
        sleep(crowd.pause)
        for number, connection in enumerate(held if crowd.drip else ()):
            try:
                connection.send(crowd.drip)
            except OSError:
                counts[0] += 1
                connection.close()
                held[number] = opened()
    told.send(counts)


@contextmanager
def flooded(
    flood: Flood | Crowd, port: int, seconds: float
) -> Iterator[Callable[[], Counter[int]]]:
    """Begins a flood in a process of its own; yields what waits for its end and its counts."""
    context = get_context("spawn")
    here, there = context.Pipe()
    arguments = (flood, port, seconds, there)
    process = context.Process(target=press if isinstance(flood, Flood) else hold, args=arguments)
    process.start()
    try:
        here.recv()
        yield here.recv
    finally:
        process.terminate()
        process.join()


def check_times(port: int, token: str, seconds: float) -> list[float]:
    """The times of token checks one after another, in milliseconds. All have to succeed.

    They take turns on several connections: each belongs to one worker, and the connections of a
    flood are never shared out evenly, so that one alone would tell more of luck than of the flood.
    """
    times = []
    headers = {"Authorization": basic(token, "x")}
    end = perf_counter() + seconds
    with ExitStack() as stack:
        opened = (HTTPConnection("127.0.0.1", port, timeout=TIMEOUT) for _ in range(CHECKERS))
        connections = cycle([stack.enter_context(closing(each)) for each in opened])
        while perf_counter() < end:
            connection = next(connections)
            begun = perf_counter()
            connection.request("GET", "/api/resource", headers=headers)
            answer = connection.getresponse()
            answer.read()
            times.append((perf_counter() - begun) * 1000)
            if answer.status != 200:
                raise RuntimeError(f"A token check answered {answer.status}.")
    return times


def beside(
    flood: Flood | Crowd | None, port: int, token: str, seconds: float
) -> tuple[list[float], Counter[int]]:
    """The times of token checks beside a flood, and what the flood was answered."""
    if flood is None:
        return check_times(port, token, seconds), Counter()
    with flooded(flood, port, seconds + 0.6) as counted:
        check_times(port, token, 0.3)
        times = check_times(port, token, seconds)
        return times, counted()


def capacity(port: int, seconds: float) -> float:
    """How many log-ins a second are answered when there are just enough of them."""
    with flooded(replace(LOG_INS, clients=8), port, seconds) as counted:
        return counted()[200] / seconds


def registered_token(port: int) -> str:
    """A token of a freshly registered user."""
    body = json.dumps({"username": NAME, "password": PASSWORD})
    with closing(HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)) as connection:
        connection.request("POST", "/api/users", body, {"Content-Type": "application/json"})
        connection.getresponse().read()
        connection.request("GET", "/api/token", headers={"Authorization": basic(NAME, PASSWORD)})
        return str(json.loads(connection.getresponse().read())["token"])
