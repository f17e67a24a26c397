"""The workers of one server, each asked on a connection of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.patience import tries
from tests.processes.connections import Stream
from tests.processes.servers import Server

AT_ONCE = 16
"""How many connections are opened at a time, until every worker has taken one."""

LIVE = b"GET /health/live HTTP/1.1"


def resource(token: str) -> bytes:
    """A request that checks this token."""
    return f"GET /api/resource HTTP/1.1\r\nAuthorization: Bearer {token}".encode()


def me(token: str) -> bytes:
    """A request that an application's token opens."""
    return f"GET /api/users/me HTTP/1.1\r\nAuthorization: Bearer {token}".encode()


@asynccontextmanager
async def one_stream_each(server: Server) -> AsyncIterator[list[Stream]]:
    """A connection to each worker, since which one takes a connection is nobody's choice."""
    found: dict[int, Stream] = {}
    try:
        for _ in tries():
            await _find(server, found)
            if len(found) == server.workers:
                break
        assert len(found) == server.workers, "Some workers take no connections."
        # In the same order every time.
        yield [found[worker] for worker in sorted(found)]
    finally:
        for stream in found.values():
            await stream.close()


async def _find(server: Server, found: dict[int, Stream]) -> None:
    streams = [await Stream.open(server.port) for _ in range(AT_ONCE)]
    # A connection belongs to nobody until a worker has taken it.
    await asyncio.gather(*(stream.request(LIVE) for stream in streams))
    owners = _owners(server)
    for stream in streams:
        worker = owners[stream.local_port]
        if found.setdefault(worker, stream) is not stream:
            await stream.close()


def _owners(server: Server) -> dict[int, int]:
    """The worker that holds the other end of each connection, by the client's port."""
    holders = {}
    for worker in server.worker_pids():
        for descriptor in Path(f"/proc/{worker}/fd").iterdir():
            # The worker closes files meanwhile.
            with suppress(FileNotFoundError):
                holders[str(descriptor.readlink())] = worker
    owners = {}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        (local, remote), inode = fields[1:3], fields[9]
        holder = holders.get(f"socket:[{inode}]")
        if holder is not None and _port(local) == server.port:
            owners[_port(remote)] = holder
    return owners


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)
