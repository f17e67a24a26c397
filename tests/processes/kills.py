"""Workers that are killed while users register."""

import asyncio
import os
import signal
from dataclasses import dataclass, field
from itertools import count

from tests.processes.connections import Stream
from tests.processes.races import register
from tests.processes.servers import LISTENING, Server

CLIENTS = 8
BETWEEN_KILLS = 25
"""Users registered after one kill and before the next."""


@dataclass
class Registrations:
    """Who was told to be registered, by id, and how many connections broke on the way."""

    server: Server
    acknowledged: dict[int, str] = field(default_factory=dict)
    broken: int = 0
    over: bool = False
    numbers: "count[int]" = field(default_factory=count)
    progress: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def register_until_over(self) -> None:
        stream = await Stream.open(self.server.port)
        while not self.over:
            name = f"user-{next(self.numbers)}"
            try:
                status, user_id = await register(stream, name)
            except ConnectionError:
                self.broken += 1
                await stream.close()
                stream = await Stream.open(self.server.port)
                continue
            assert status == 201
            assert user_id is not None
            assert user_id not in self.acknowledged
            async with self.progress:
                self.acknowledged[user_id] = name
                self.progress.notify_all()
        await stream.close()

    async def kill_workers(self, times: int) -> None:
        try:
            for kill in range(times):
                await self._more_users()
                before = self.server.times_logged(LISTENING)
                workers = self.server.worker_pids()
                os.kill(workers[kill % len(workers)], signal.SIGKILL)
                await asyncio.to_thread(self._wait_for_listeners, before + 1)
            await self._more_users()
        finally:
            self.over = True

    def _wait_for_listeners(self, number: int) -> None:
        self.server.wait_for(lambda: self.server.times_logged(LISTENING) >= number)

    async def _more_users(self) -> None:
        enough = len(self.acknowledged) + BETWEEN_KILLS
        async with self.progress:
            await self.progress.wait_for(lambda: len(self.acknowledged) >= enough)


async def register_through_kills(server: Server, times: int) -> Registrations:
    registrations = Registrations(server)
    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(registrations.register_until_over())
        group.create_task(registrations.kill_workers(times))
    return registrations


def check(registrations: Registrations) -> None:
    """Fails unless everybody who was told so is registered, and nobody is twice."""
    acknowledged = registrations.acknowledged
    kept: dict[int, str] = {}
    # Those whose answer was lost may be there or not; each broken connection lost one at most.
    for user_id in range(1, max(acknowledged) + registrations.broken + 1):
        answer = registrations.server.call("GET", f"/api/users/{user_id}")
        if answer.status == 200:
            kept[user_id] = answer.json["username"]
    assert acknowledged.items() <= kept.items()
    assert len(set(kept.values())) == len(kept)
    for name in acknowledged.values():
        registrations.server.token(name)
