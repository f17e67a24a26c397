"""Many who register one name at the same moment, each spelling it differently."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from time import monotonic

from tests.patience import PATIENCE
from tests.processes.connections import Stream

ROOM = {"HASH_QUEUE": "100"}
"""The setting with which few are turned away, so that the time goes into the race itself."""

REGISTRATION = b"POST /api/users HTTP/1.1\r\nContent-Type: application/json"

_FULL_WIDTH = 0xFEE0


def spellings(number: int, count: int) -> list[str]:
    """Spellings of one name that RFC 8265 compares as equal: case, width and composition."""
    letters = [_variants(letter) for letter in "zo"]
    accented = ["\u00e9", "\u00c9", "e\u0301", "E\u0301", "\uff45\u0301", "\uff25\u0301"]
    digits = str(number), "".join(chr(ord(digit) + _FULL_WIDTH) for digit in str(number))
    every = ["".join(parts) for parts in product(digits, accented, *letters)]
    # Digits come last, since a name must not begin with a foreign one.
    rotated = [_digits_last(text, number) for text in every]
    step = len(rotated) // count
    return rotated[::step][:count]


def _variants(letter: str) -> list[str]:
    both = letter, letter.upper()
    return [*both, *(chr(ord(variant) + _FULL_WIDTH) for variant in both)]


def _digits_last(text: str, number: int) -> str:
    size = len(str(number))
    return text[size:] + text[:size]


@dataclass(frozen=True)
class Outcome:
    """How often each status came, and the ids that were given."""

    statuses: Counter[int]
    ids: list[int]


def registration(username: str) -> bytes:
    """The body of a registration."""
    return json.dumps({"username": username, "password": "python"}).encode()


async def race(port: int, names: Sequence[Sequence[str]]) -> list[Outcome]:
    """For one name after the other, registers all its spellings at once."""
    streams = [await Stream.open(port) for _ in names[0]]
    try:
        return [await _register_at_once(streams, name) for name in names]
    finally:
        for stream in streams:
            await stream.close()


async def _register_at_once(streams: Sequence[Stream], name: Sequence[str]) -> Outcome:
    pairs = zip(streams, name, strict=True)
    answers = await asyncio.gather(*(register(stream, username) for stream, username in pairs))
    return Outcome(
        Counter(status for status, _ in answers),
        [user_id for _, user_id in answers if user_id is not None],
    )


async def register(stream: Stream, username: str) -> tuple[int, int | None]:
    """The status other than 503, and the id of the new user. A lane that never empties fails."""
    last = monotonic() + PATIENCE
    while monotonic() < last:
        status, user_id = await try_to_register(stream, username)
        if status != 503:
            return status, user_id
    raise AssertionError("The server is overloaded without an end.")


async def try_to_register(stream: Stream, username: str) -> tuple[int, int | None]:
    """The status, and the id of the new user."""
    status, headers, _ = await stream.request(REGISTRATION, registration(username))
    if status != 201:
        return status, None
    _, _, user_id = headers.partition(b"/api/users/")
    return status, int(user_id.split(b"\r\n")[0])


def check(outcomes: Sequence[Outcome], *, spellings: int) -> None:
    """Fails unless exactly one spelling of each name was registered, under an id of its own."""
    for outcome in outcomes:
        assert outcome.statuses == {201: 1, 400: spellings - 1}
    ids = [user_id for outcome in outcomes for user_id in outcome.ids]
    assert len(set(ids)) == len(outcomes)
