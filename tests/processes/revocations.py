"""Sessions that are ended, in each way there is, while every worker is asked for their tokens."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any

from domain.tokens import CLIENT_ID
from entrypoints.administration import Administration
from entrypoints.bootstrap import administration
from entrypoints.settings import Settings
from tests.origins import ORIGIN
from tests.patience import PATIENCE
from tests.processes.connections import Answer, Stream
from tests.processes.databases import Database
from tests.processes.servers import Server, clean_environment
from tests.processes.workers import me, one_stream_each, resource

WORKERS = 4
LOG_INS_AT_ONCE = 4
ROOM = {"HASH_QUEUE": "100", "JWKS_MAX_AGE": "1"}
"""Settings with which nobody is turned away, and keys can be rotated within seconds."""

PASSWORD, NEW_PASSWORD = "python", "falcon"


@dataclass(frozen=True)
class Held:
    """What a client holds of a session."""

    session_id: str
    token: str
    refresh_token: str

    @classmethod
    def from_answer(cls, answer: Answer, status: int) -> "Held":
        assert answer.status == status, answer
        body = answer.json
        return cls(body["session"]["id"], body["access_token"], body["refresh_token"])


@dataclass(frozen=True)
class Crowd:
    """A server with several workers, and the operators' command line."""

    server: Server
    operators: Administration
    numbers: "count[int]" = field(default_factory=count)

    def user(self) -> "User":
        name = f"user-{next(self.numbers)}"
        assert self.server.register(name, PASSWORD).status == 201
        return User(self, name)

    def refresh(self, held: Held) -> Answer:
        """Whichever worker it is that answers."""
        body = {"refresh_token": held.refresh_token}
        return self.server.call("POST", "/api/token", json=body)


@dataclass(frozen=True)
class User:
    crowd: Crowd
    name: str

    def log_in(self) -> Held:
        body = {"username": self.name, "password": PASSWORD}
        return Held.from_answer(self.crowd.server.call("POST", "/api/sessions", json=body), 201)

    def log_in_often(self, number: int) -> list[Held]:
        with ThreadPoolExecutor(LOG_INS_AT_ONCE) as threads:
            return list(threads.map(lambda _: self.log_in(), range(number)))

    def call(self, held: Held, method: str, path: str, json: object = None) -> None:
        """Does something in a session of this user's. Fails if it is refused."""
        headers = {"Authorization": f"Bearer {held.token}"}
        answer = self.crowd.server.call(method, path, json=json, headers=headers)
        assert answer.status == 204, answer


@contextmanager
def crowd(directory: Path, database: Database, **settings: str) -> Iterator[Crowd]:
    variables = ROOM | database.variables | settings
    with Server(directory, workers=WORKERS, settings=variables) as server:
        chosen = Settings.read(clean_environment(directory, **variables))
        with administration(chosen) as operators:
            yield Crowd(server, operators)


Note = Callable[[Sequence[str]], None]
End = Callable[[Note], None]
Way = Callable[[Crowd, int], tuple[list[str], End]]
"""Starts so many sessions; gives their tokens, and what ends them and notes which are ended."""


def log_out(crowd: Crowd, number: int) -> tuple[list[str], End]:
    user = crowd.user()
    sessions = user.log_in_often(number)

    def end(note: Note) -> None:
        for held in sessions:
            user.call(held, "DELETE", "/api/sessions/current")
            note([held.token])

    return _tokens(sessions), end


def end_of_another(crowd: Crowd, number: int) -> tuple[list[str], End]:
    user = crowd.user()
    own, sessions = user.log_in(), user.log_in_often(number)

    def end(note: Note) -> None:
        for held in sessions:
            user.call(own, "DELETE", f"/api/sessions/{held.session_id}")
            note([held.token])

    return _tokens(sessions), end


def password_change(crowd: Crowd, number: int) -> tuple[list[str], End]:
    user = crowd.user()
    own, sessions = user.log_in(), user.log_in_often(number)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}

    def end(note: Note) -> None:
        user.call(own, "PUT", "/api/users/me/password", json=body)
        note(_tokens(sessions))

    return _tokens(sessions), end


def disabling(crowd: Crowd, number: int) -> tuple[list[str], End]:
    user = crowd.user()
    sessions = user.log_in_often(number)

    def end(note: Note) -> None:
        assert crowd.operators.disable_user(who=user.name, origin=ORIGIN) == number
        note(_tokens(sessions))

    return _tokens(sessions), end


def removal(crowd: Crowd, number: int) -> tuple[list[str], End]:
    user = crowd.user()
    sessions = user.log_in_often(number)

    def end(note: Note) -> None:
        user.call(sessions[0], "POST", "/api/users/me/removal", json={"password": PASSWORD})
        note(_tokens(sessions))

    return _tokens(sessions), end


def reuse(crowd: Crowd, number: int) -> tuple[list[str], End]:
    """Three tokens a session: a refresh token that is older than the last one is presented."""
    first = crowd.user().log_in_often(number)
    second = [Held.from_answer(crowd.refresh(held), 200) for held in first]
    third = [Held.from_answer(crowd.refresh(held), 200) for held in second]

    def end(note: Note) -> None:
        for rotations in zip(first, second, third, strict=True):
            answer = crowd.refresh(rotations[0])
            note(_tokens(rotations))
            assert (answer.status, answer.json["code"]) == (401, "refresh_token_reused")

    return _tokens([*first, *second, *third]), end


def compromised_key(crowd: Crowd, number: int) -> tuple[list[str], End]:
    """The sessions live on, but none of the tokens they have."""
    sessions = crowd.user().log_in_often(number)
    (kid,) = {kid_of(held.token) for held in sessions}

    def end(note: Note) -> None:
        crowd.operators.retire_signing_key(kid=kid, compromised=True, origin=ORIGIN)
        note(_tokens(sessions))

    return _tokens(sessions), end


WAYS: tuple[Way, ...] = (
    log_out,
    end_of_another,
    password_change,
    disabling,
    removal,
    reuse,
    compromised_key,
)


def kid_of(token: str) -> str:
    encoded = token.partition(".")[0]
    header: dict[str, Any] = json.loads(base64.urlsafe_b64decode(encoded + "=" * 3))
    return str(header["kid"])


def opened_by(token: str) -> bytes:
    """A request that is answered to who has this token: to an application it is another one."""
    encoded = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(encoded + "=" * 3))
    return resource(token) if claims["client_id"] == CLIENT_ID else me(token)


def _tokens(sessions: Sequence[Held]) -> list[str]:
    return [held.token for held in sessions]


@dataclass
class Watch:
    """When tokens were ended, and when a request was sent last that one of them opened."""

    tokens: Sequence[str]
    longer: float
    ended: dict[str, float] = field(default_factory=dict)
    accepted: dict[str, float] = field(default_factory=dict)

    def note(self, tokens: Sequence[str]) -> None:
        now = monotonic()
        self.ended.update(dict.fromkeys(tokens, now))

    def lateness(self) -> float:
        """Seconds from the answer to the last request that was let in all the same."""
        return max(self.accepted.get(token, 0) - self.ended[token] for token in self.tokens)

    async def ask_until_refused(self, stream: Stream) -> None:
        """Asks until all are ended and refused, and for longer. Fails if one is taken again."""
        refused: set[str] = set()
        patience = monotonic() + PATIENCE
        last = False
        while not last:
            assert monotonic() < patience, "Tokens of ended sessions are accepted without an end."
            # One more time after all were refused, and after the time that was asked for.
            last = len(refused) == len(self.tokens) and self._is_over()
            for token in self.tokens:
                sent = monotonic()
                status, _, _ = await stream.request(opened_by(token))
                if status == 401:
                    refused.add(token)
                    continue
                assert (status, token in refused) == (200, False)
                self.accepted[token] = max(sent, self.accepted.get(token, 0))

    def _is_over(self) -> bool:
        last = max(self.ended.values(), default=0)
        return len(self.ended) == len(self.tokens) and monotonic() > last + self.longer


def revoke(crowd: Crowd, way: Way, number: int, *, longer: float = 0) -> float:
    """Ends so many sessions this way; returns the seconds that one was still let in somewhere.

    Fails unless every worker takes all tokens before, and sooner or later none of them; asks for
    so many seconds longer at least.
    """
    tokens, end = way(crowd, number)
    watch = Watch(tokens, longer)

    async def run() -> None:
        async with one_stream_each(crowd.server) as streams:
            for stream in streams:
                for token in tokens:
                    assert (await stream.request(opened_by(token)))[0] == 200
            async with asyncio.TaskGroup() as group:
                for stream in streams:
                    group.create_task(watch.ask_until_refused(stream))
                group.create_task(asyncio.to_thread(partial(end, watch.note)))

    asyncio.run(run())
    return watch.lateness()
