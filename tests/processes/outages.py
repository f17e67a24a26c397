"""Databases that are away for longer than a server may go without news of revocations."""

import asyncio
import json
from collections.abc import Callable, Container, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from entrypoints.bootstrap import administration
from entrypoints.settings import Settings
from tests.origins import ORIGIN
from tests.patience import PATIENCE
from tests.postgresql import PostgresServer
from tests.processes import postgres_faults, sqlite_faults
from tests.processes.connections import Stream
from tests.processes.databases import new_postgres, new_sqlite
from tests.processes.faults import Stage, eventually
from tests.processes.postgres_faults import OWNER
from tests.processes.servers import Server, clean_environment
from tests.processes.workers import LIVE, one_stream_each, resource

WORKERS = 2
BOUND = 0.5
"""Seconds without news after which a worker refuses."""

SETTINGS = {
    "REVOCATION_BOUND": str(BOUND),
    "REVOCATION_POLL": "0.1",
    "HASH_THREADS": "4",
    "STORAGE_THREADS": "4",
}
READY = b"GET /health/ready HTTP/1.1"
UNKNOWN = "revocations_unknown"


@contextmanager
def sqlite_stage(directory: Path) -> Iterator[Stage]:
    database = new_sqlite(directory)
    variables = SETTINGS | database.variables
    with Server(directory, workers=WORKERS, settings=variables) as server:
        yield Stage(server, database)


@contextmanager
def postgres_stage(directory: Path, postgres: PostgresServer) -> Iterator[Stage]:
    database = new_postgres(postgres, directory, owner=OWNER)
    variables = SETTINGS | database.variables
    with Server(directory, workers=WORKERS, settings=variables) as server:
        yield Stage(server, database, postgres)


@dataclass(frozen=True)
class Outage:
    """No worker reaches the database as long as `strike` is entered; operators may, `behind` it."""

    name: str
    strike: Callable[[Stage], AbstractContextManager[None]]
    behind: Callable[[Stage], str] | None = None
    """The address at which operators reach the database meanwhile."""


@contextmanager
def cut_off(stage: Stage) -> Iterator[None]:
    """The server's own role is kept out."""
    postgres = stage.postgres
    assert postgres is not None
    postgres.execute(f"ALTER ROLE {OWNER} NOLOGIN")
    postgres_faults.end_sessions(postgres)
    yield
    postgres.execute(f"ALTER ROLE {OWNER} LOGIN")


def _as_superuser(stage: Stage) -> str:
    return stage.database.url.replace(f"//{OWNER}@", "//varvel@")


def _where_it_was_moved(stage: Stage) -> str:
    file = stage.database.file
    return f"sqlite:///{file.parent / 'away' / file.name}"


SQLITE_OUTAGES = [Outage("moved", sqlite_faults.moved, _where_it_was_moved)]
POSTGRES_OUTAGES = [
    Outage("stopped", postgres_faults.stopped),
    Outage("frozen", postgres_faults.frozen),
    Outage("cut off", cut_off, _as_superuser),
]


@dataclass(frozen=True)
class Tokens:
    """`living` of a session that lives on, `over` of one that does not, `doomed` of somebody who
    is disabled meanwhile, where that can be.
    """

    living: str
    over: str
    doomed: str | None


def outlast(stage: Stage, outage: Outage) -> float:
    """Fails if any worker takes a wrong token; returns the seconds until everything worked again.

    A wrong one is one of a session that is over, and any at all after the bound.
    """
    doomed = stage.new_name() if outage.behind else None
    return asyncio.run(_outlast(stage, outage, doomed))


async def _outlast(stage: Stage, outage: Outage, doomed: str | None) -> float:
    tokens = _start(stage, doomed)
    async with one_stream_each(stage.server) as streams:
        for stream in streams:
            await _until(stream, resource(tokens.living), 200, not_yet={503})
            await _until(stream, resource(tokens.over), 401, not_yet={200, 503})
        with outage.strike(stage):
            struck = monotonic()
            if doomed is not None and outage.behind is not None:
                await asyncio.to_thread(_disable, stage, outage.behind(stage), doomed)
            await asyncio.gather(*(_refuse(stream, tokens, struck) for stream in streams))
        ended = monotonic()
        await asyncio.gather(*(_recover(stream, tokens) for stream in streams))
    return monotonic() - ended


def _start(stage: Stage, doomed: str | None) -> Tokens:
    server = stage.server
    over = server.token("miguel")
    headers = {"Authorization": f"Bearer {over}"}
    if doomed is not None:
        stage.register(doomed)
    tokens = Tokens(server.token("miguel"), over, server.token(doomed) if doomed else None)
    eventually(
        lambda: server.call("DELETE", "/api/sessions/current", headers=headers),
        {503: False, 204: True},
    )
    return tokens


def _disable(stage: Stage, url: str, name: str) -> None:
    variables = {**stage.database.variables, "DATABASE_URL": url}
    settings = Settings.read(clean_environment(stage.server.directory, **variables))
    with administration(settings) as operators:
        assert operators.disable_user(who=name, origin=ORIGIN) == 1


async def _refuse(stream: Stream, tokens: Tokens, struck: float) -> None:
    """Asks until the worker knows that it knows too little, and it takes nobody any more."""
    asked = [token for token in (tokens.living, tokens.doomed) if token is not None]
    statuses = {200}
    while 200 in statuses:
        statuses = set()
        for token in asked:
            sent = monotonic()
            statuses.add(await _status(stream, token))
            # Whoever is asked later than this has read nothing within the bound.
            assert 200 not in statuses or sent <= struck + BOUND
        assert await _status(stream, tokens.over) in (401, 503)
    for token in (*asked, tokens.over):
        assert await _status(stream, token) == 503
    assert (await stream.request(LIVE))[0] == 200
    assert (await stream.request(READY))[0] == 503


async def _recover(stream: Stream, tokens: Tokens) -> None:
    """Asks until the worker judges again: what ended meanwhile is not taken even once.

    A read that took nearly as long as the bound is news for a moment only; so 503 may come again.
    """
    await _until(stream, resource(tokens.living), 200, not_yet={503})
    for token in (tokens.over, tokens.doomed):
        if token is not None:
            await _until(stream, resource(token), 401, not_yet={503})
    await _until(stream, READY, 200, not_yet={503})


async def _until(stream: Stream, head: bytes, status: int, *, not_yet: Container[int]) -> None:
    """Asks until the answer has this status. Fails on one that it may not have before."""
    patience = monotonic() + PATIENCE
    while True:
        answered, _, _ = await stream.request(head)
        if answered == status:
            return
        assert answered in not_yet
        assert monotonic() < patience, f"It does not come to {status}."


async def _status(stream: Stream, token: str) -> int:
    status, headers, body = await stream.request(resource(token))
    if status == 503:
        assert json.loads(body)["code"] == UNKNOWN
        assert b"retry-after: 1" in headers.lower()
    return status
