"""The scenarios that are measured in requests per second, each subject in its turn."""

import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import contract, hashing, users
from bench.subjects import WORKERS, Running
from bench.wrk import Load, Sample, turn, write
from scripts.floods import NAME, PASSWORD, basic, head, registration

USERS = 10_000
"""In every database, beside those who register."""

BEYOND = 40_000
"""Tokens: so many that each of Varvel's workers finds none in its cache."""

CYCLES = 6
"""How often each token is sent before it counts: by then every worker has seen nearly all."""

CEILINGS = ("asgi", "falcon")
PEERS = ("flask-sync", "flask-threads", "fastapi-users", "drf")
ALONE = "argon2"
"""What stands among the subjects for hashes without a server."""

FEW, MANY = 8, 16
"""Connections."""


@dataclass(frozen=True)
class Context:
    """What scenarios are made of: a server, and the token that miguel has there."""

    server: Running
    token: str
    distinct: int
    """How many tokens are many, though no more than Varvel's cache holds."""

    def check(self) -> None:
        """Ends the run unless the token opens what it should."""
        contract.greets(self.server, basic(self.token, "x"), NAME)

    def tokens(self, count: int) -> list[str]:
        """A token of each of so many users."""
        subject = self.server.subject
        return users.tokens(subject.peer, self.server.database, self.token, count)


@dataclass(frozen=True)
class Scenario:
    """A load, made anew for every turn if it `is_spent` by one.

    Where it `is_hashing`, argon2 alone has its turns as well.
    """

    name: str
    title: str
    subjects: tuple[str, ...]
    load: Callable[[Context], Load]
    is_spent: bool = False
    is_hashing: bool = False


def resource(username: str, password: str) -> bytes:
    """A request for the protected resource."""
    return head("GET /api/resource", f"Authorization: {basic(username, password)}")


def _hot(context: Context) -> Load:
    return Load([resource(context.token, "x")], MANY)


def _distinct(context: Context) -> Load:
    return _with_tokens(context, context.distinct)


def _new(context: Context) -> Load:
    return _with_tokens(context, BEYOND)


def _with_tokens(context: Context, count: int) -> Load:
    if context.server.subject.is_ceiling:
        return _hot(context)
    return Load([resource(each, "x") for each in context.tokens(count)], MANY)


def _log_in(_context: Context) -> Load:
    # Of many, since whoever logs in too often loses the first of these sessions.
    asked = [basic(f"u{n}", PASSWORD) for n in range(1, USERS)]
    requests = [head("GET /api/token", f"Authorization: {each}") for each in asked]
    return Load(requests, FEW, pinned=False)


def _register(_context: Context) -> Load:
    return Load([registration() for _ in range(4000)], FEW, pinned=False)


def _renew(context: Context) -> Load:
    return Load([head("GET /api/token", f"Authorization: {basic(context.token, 'x')}")], FEW)


def _rotate(context: Context) -> Load:
    body = {"username": NAME, "password": PASSWORD}
    answers = [
        contract.call(context.server.port, "POST", "/api/sessions", body=body) for _ in range(12)
    ]
    return Load([str(value["refresh_token"]).encode() for _, _, value in answers], 4, rotates=True)


def by_id(count: int, chosen: random.Random) -> list[bytes]:
    """Requests for users at random."""
    return [head(f"GET /api/users/{chosen.randint(1, count)}") for _ in range(5000)]


def _user(_context: Context) -> Load:
    return Load(by_id(USERS, random.Random(1)), FEW)  # noqa: S311 - the same ids for everybody


def _mixed(context: Context) -> Load:
    checks = [resource(context.token, "x")] * 19
    return Load([*checks, resource(NAME, PASSWORD)], FEW, pinned=False)


EVERYBODY = ("varvel", *PEERS)
SCENARIOS = (
    Scenario("hot", "Token check, one token", (*CEILINGS, "varvel", "varvel-logged", *PEERS), _hot),
    Scenario(
        "distinct",
        "Token check, many tokens",
        ("falcon", *EVERYBODY),
        _distinct,
    ),
    Scenario("new", "Token check, every token new", ("falcon", "varvel"), _new),
    Scenario("log-in", "Log-in", EVERYBODY, _log_in, is_hashing=True),
    Scenario(
        "registration",
        "Registration",
        EVERYBODY,
        _register,
        is_spent=True,
        is_hashing=True,
    ),
    Scenario("renewal", "Next token for a token", EVERYBODY, _renew),
    Scenario("rotation", "Next tokens for a refresh token", ("varvel",), _rotate, is_spent=True),
    Scenario("user", "User by id", EVERYBODY, _user),
    Scenario("mixed", "95 token checks to 5 log-ins", EVERYBODY, _mixed),
)


def measure(
    scenario: Scenario, contexts: Sequence[Context], rounds: int, seconds: int
) -> dict[str, list[Sample]]:
    """The samples of each subject. All take turns, in every round anew."""
    found: dict[str, list[Sample]] = {each.server.subject.name: [] for each in contexts}
    with tempfile.TemporaryDirectory() as name:
        for context in contexts:
            context.check()
        turns = [_Turns(scenario, context, Path(name)) for context in contexts]
        for each in turns:
            each.warm_up()
        for _ in range(rounds):
            for each in turns:
                found[each.name].append(each.taken(seconds))
            if scenario.is_hashing:
                found.setdefault(ALONE, []).append(hashing.measure(WORKERS, seconds))
    for context in contexts:
        context.check()
    return found


class _Turns:
    """The turns of one subject."""

    def __init__(self, scenario: Scenario, context: Context, folder: Path) -> None:
        self.name = context.server.subject.name
        self._scenario = scenario
        self._context = context
        self._file = folder / self.name
        self._load = scenario.load(context)
        write(self._load, self._file)

    def warm_up(self) -> None:
        """Plays for a second, and until everything within a cache's size may be in it."""
        if self._scenario.is_hashing:
            return
        missing = CYCLES * len(self._load.requests) if self._scenario.name == "distinct" else 0
        self.taken(1)
        while missing > 0 and self.name == "varvel":
            missing -= self.taken(1).requests

    def taken(self, seconds: int) -> Sample:
        """A turn. Ends the run if more than one answer in a hundred is not what was asked for."""
        if self._scenario.is_spent:
            self._load = self._scenario.load(self._context)
            write(self._load, self._file)
        sample = turn(self._context.server, self._load, seconds, self._file)
        if sample.refused + sample.lost > sample.requests / 100:
            raise SystemExit(f"{self._scenario.title}, {self.name}: {sample}")
        return sample
