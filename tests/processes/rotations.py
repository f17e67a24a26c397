"""Signing keys that are rotated while every worker issues tokens, and others verify them."""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tests.origins import ORIGIN
from tests.patience import PATIENCE
from tests.processes.connections import Stream
from tests.processes.revocations import Crowd, kid_of
from tests.processes.workers import one_stream_each, resource

JWKS = b"GET /.well-known/jwks.json HTTP/1.1"

_MAX_AGE = re.compile(rb"cache-control: *public, max-age=(\d+)", re.IGNORECASE)


class Verifier:
    """Somebody else's service: keeps the published keys as it is told, and asks no earlier.

    Whatever the token is: one by a key it does not know is refused, and not a reason to ask.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._keys = KeySet([])
        self._fresh_until = 0.0

    async def accepts(self, token: str) -> bool:
        if monotonic() >= self._fresh_until:
            await self._fetch()
        try:
            jwt.decode(token, self._keys, ["ES256"])
        except (JoseError, ValueError):
            return False
        return True

    async def _fetch(self) -> None:
        status, headers, body = await self._stream.request(JWKS)
        assert status == 200
        told = _MAX_AGE.search(headers)
        assert told is not None
        self._keys = KeySet.import_key_set(json.loads(body))
        self._fresh_until = monotonic() + int(told[1])


@dataclass
class Traffic:
    """Clients that renew their tokens without pause, and what verifiers make of those."""

    verified: int = 0
    refused: int = 0
    kids: dict[Stream, str] = field(default_factory=dict)
    """By which key each worker signed last."""
    over: bool = False
    progress: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def renew(self, stream: Stream, token: str, verifier: Verifier) -> None:
        while not self.over:
            head = f"GET /api/token HTTP/1.1\r\nAuthorization: Bearer {token}"
            status, _, body = await stream.request(head.encode())
            assert status == 200, body
            token = json.loads(body)["token"]
            self.verified += 1
            self.refused += not await verifier.accepts(token)
            async with self.progress:
                self.kids[stream] = kid_of(token)
                self.progress.notify_all()

    async def rotate(self, crowd: Crowd, times: int) -> None:
        """Rotates as often as that, each time once every worker signs by the newest key."""
        try:
            for _ in range(times):
                new = await asyncio.to_thread(crowd.operators.rotate_signing_keys, origin=ORIGIN)
                async with self.progress, asyncio.timeout(PATIENCE):
                    while list(self.kids.values()) != [new.kid] * crowd.server.workers:
                        await self.progress.wait()
        finally:
            self.over = True


def rotate_under_load(crowd: Crowd, times: int) -> Traffic:
    """Rotates so many times while every worker issues tokens. Fails if an old one is refused."""
    held = crowd.user().log_in_often(crowd.server.workers)
    traffic = Traffic()

    async def run() -> None:
        async with (
            one_stream_each(crowd.server) as streams,
            one_stream_each(crowd.server) as others,
        ):
            async with asyncio.TaskGroup() as group:
                # A verifier has its keys from another worker than the one whose tokens it sees.
                for stream, other, each in zip(
                    streams, [*others[1:], others[0]], held, strict=True
                ):
                    group.create_task(traffic.renew(stream, each.token, Verifier(other)))
                group.create_task(traffic.rotate(crowd, times))
            await _check_old(streams, [each.token for each in held])

    asyncio.run(run())
    return traffic


async def _check_old(streams: Sequence[Stream], tokens: Sequence[str]) -> None:
    for stream in streams:
        for token in tokens:
            assert (await stream.request(resource(token)))[0] == 200
