"""Requests on kept-alive connections while servers are reloaded and started anew."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from tests.processes.connections import Stream, basic
from tests.processes.races import REGISTRATION, registration
from tests.processes.servers import Server

CLIENTS = 24
ROOM = {"HASH_QUEUE": str(2 * CLIENTS)}
"""The setting with which nobody is turned away, even if all of them register at once."""

BETWEEN_STEPS = 150
"""Requests answered after one step and before the next."""

REGISTRATIONS = 10
"""One request of so many registers somebody; the others check a token."""


@dataclass
class Traffic:
    """Clients that keep their connections until an answer tells them that these end.

    A connection that is closed without having been announced is a failed request: there is no way
    to know whether what was sent on it has been carried out.
    """

    servers: Sequence[Server]
    token: str
    answered: int = 0
    renewed: int = 0
    failed: list[str] = field(default_factory=list)
    leaving: set[int] = field(default_factory=set)
    over: bool = False
    users: "count[int]" = field(default_factory=count)
    progress: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def ask_until_over(self, first: int) -> None:
        ports = [server.port for server in self.servers]
        turn = first
        while not self.over:
            port = ports[turn % len(ports)]
            turn += 1
            # A balancer sends nobody to a server that it is about to stop.
            if port not in self.leaving:
                await self._ask_on_one_connection(port)

    async def _ask_on_one_connection(self, port: int) -> None:
        used = 0
        try:
            stream = await Stream.open(port)
        except OSError as error:
            self.failed.append(f"A connection was refused: {error}")
            return
        try:
            while not self.over and await self._ask(stream, used):
                used += 1
        except OSError as error:
            self.failed.append(f"Request {used} of its connection has no answer: {error!r}")
        finally:
            await stream.close()
        self.renewed += 1

    async def _ask(self, stream: Stream, used: int) -> bool:
        """Whether more may be asked on this connection."""
        if used % REGISTRATIONS == 1:
            body = registration(f"user-{next(self.users)}")
            status, headers, _ = await stream.request(REGISTRATION, body)
            expected = 201
        else:
            line = f"GET /api/resource HTTP/1.1\r\nAuthorization: {basic(self.token, 'x')}"
            status, headers, _ = await stream.request(line.encode())
            expected = 200
        if status != expected:
            self.failed.append(f"An answer is {status} instead of {expected}.")
        async with self.progress:
            self.answered += 1
            self.progress.notify_all()
        return b"connection: close" not in headers.lower()

    async def take(self, steps: Sequence[Callable[[], None]], *, at_least: int) -> None:
        """Takes one step after the other while requests go on, until there were enough."""
        try:
            for step in steps:
                await self._more(BETWEEN_STEPS)
                await asyncio.to_thread(step)
            await self._more(BETWEEN_STEPS)
            await self._more(at_least - self.answered)
        finally:
            self.over = True

    async def _more(self, number: int) -> None:
        enough = self.answered + number
        async with self.progress:
            await self.progress.wait_for(lambda: self.answered >= enough)

    def restart(self, server: Server) -> None:
        """Stops a server, and starts it again when it has ended."""
        self.leaving.add(server.port)
        code = server.stop()
        assert code == 0
        server.start()
        server.wait_until_ready()
        self.leaving.discard(server.port)


def run(
    servers: Sequence[Server],
    steps: Callable[[Traffic], Sequence[Callable[[], None]]],
    *,
    at_least: int,
) -> Traffic:
    """Asks at least so many requests of these servers while the steps are taken."""
    servers[0].register("miguel")
    traffic = Traffic(servers, servers[0].token("miguel"))

    async def ask() -> None:
        async with asyncio.TaskGroup() as group:
            for first in range(CLIENTS):
                group.create_task(traffic.ask_until_over(first))
            group.create_task(traffic.take(steps(traffic), at_least=at_least))

    asyncio.run(ask())
    return traffic


def check(traffic: Traffic, *, at_least: int, renewed: int) -> None:
    """Fails unless every request was answered, and connections were renewed as often as that."""
    assert not traffic.failed, traffic.failed
    assert traffic.answered >= at_least
    assert traffic.renewed >= renewed
