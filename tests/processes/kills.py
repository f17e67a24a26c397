"""Processes that are killed while users register."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from itertools import count

from tests.postgresql import PostgresServer
from tests.processes.connections import Stream, connect, send
from tests.processes.databases import Database
from tests.processes.races import try_to_register
from tests.processes.servers import Server

CLIENTS = 8
BETWEEN_KILLS = 25
"""Users registered after one kill and before the next."""

ASKED = 100

PAUSE = 0.02
"""Seconds before a client that was turned away comes again."""


class Victim(Enum):
    """Who is killed."""

    WORKER = "a worker"
    MASTER = "the master"


@dataclass
class Registrations:
    """Who was told to be registered, by id; who was told not to be; whose answers were lost."""

    server: Server
    acknowledged: dict[int, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    broken: int = 0
    over: bool = False
    numbers: "count[int]" = field(default_factory=count)
    progress: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def register_until_over(self) -> None:
        stream = await self._open()
        while not self.over:
            name = f"user-{next(self.numbers)}"
            try:
                status, user_id = await try_to_register(stream, name)
            except ConnectionError:
                self.broken += 1
                await stream.close()
                stream = await self._open()
                continue
            await self._note(name, status, user_id)
        await stream.close()

    async def harm(self, harms: Sequence[Callable[[], None]]) -> None:
        """Does one harm after the other, each once some more users are there."""
        try:
            for harm in harms:
                await self._more_users()
                await asyncio.to_thread(harm)
            await self._more_users()
        finally:
            self.over = True

    async def _open(self) -> Stream:
        while True:
            try:
                return await Stream.open(self.server.port)
            except ConnectionError:
                await asyncio.sleep(PAUSE)

    async def _note(self, name: str, status: int, user_id: int | None) -> None:
        if status == 503:
            self.refused.add(name)
            await asyncio.sleep(PAUSE)
            return
        assert status == 201
        assert user_id is not None
        assert user_id not in self.acknowledged
        async with self.progress:
            self.acknowledged[user_id] = name
            self.progress.notify_all()

    async def _more_users(self) -> None:
        enough = len(self.acknowledged) + BETWEEN_KILLS
        async with self.progress:
            await self.progress.wait_for(lambda: len(self.acknowledged) >= enough)


def register_through_kills(server: Server, victims: Sequence[Victim]) -> Registrations:
    def kill(number: int, victim: Victim) -> None:
        if victim is Victim.MASTER:
            server.kill_master()
        else:
            server.kill_worker(number)

    harms = [partial(kill, number, victim) for number, victim in enumerate(victims)]
    return asyncio.run(_register_through(server, harms))


def register_through_crashes(server: Server, postgres: PostgresServer, times: int) -> Registrations:
    """As often, PostgreSQL ends at once and is started again."""

    def crash() -> None:
        postgres.stop("immediate")
        postgres.start()

    return asyncio.run(_register_through(server, [crash] * times))


async def _register_through(server: Server, harms: Sequence[Callable[[], None]]) -> Registrations:
    registrations = Registrations(server)
    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(registrations.register_until_over())
        group.create_task(registrations.harm(harms))
    return registrations


def check(registrations: Registrations, database: Database) -> None:
    """Fails unless everybody who was told so is registered, nobody is twice, and they can log in.

    Everybody is looked for in the database, and some of them, from first to last, by the server.
    """
    acknowledged = registrations.acknowledged
    database.check_users(acknowledged)
    some = list(acknowledged.items())[:: max(1, len(acknowledged) // ASKED)]
    with closing(connect(registrations.server.port)) as connection:
        for user_id, name in some:
            shown = send(connection, "GET", f"/api/users/{user_id}")
            assert shown.json == {"username": name}
            logged_in = send(connection, "GET", "/api/token", auth=(name, "python"))
            assert logged_in.status == 200


def registered_all_the_same(registrations: Registrations, database: Database) -> set[str]:
    """Who was told that nothing was changed, and is registered."""
    return registrations.refused & {name for _, name in database.users()}
