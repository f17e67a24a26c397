"""JSON as this API speaks it: strict on the way in, one line on the way out."""

import json
import math
import re
from collections.abc import Iterable
from typing import Any

MAXIMUM_BODY = 65_536
"""Bytes."""

MAXIMUM_DEPTH = 16
"""Levels of nesting."""

MAXIMUM_ITEMS = 1_000
"""Commas and brackets, even in texts: what they can amount to is parsed in about a millisecond."""

MAXIMUM_NAMES = 32
"""Names in one object."""

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

_encoder = json.JSONEncoder(ensure_ascii=False)


class InvalidJson(ValueError):
    """The body is not JSON that this API takes; the message says why."""


def dumps(value: object) -> bytes:
    """The value as UTF-8 JSON that ends in a newline, because people read it in a terminal."""
    return (_encoder.encode(value) + "\n").encode()


def quoted(text: str) -> str:
    """The text as a JSON string. Quicker by far than a value that holds it."""
    return _encoder.encode(text)


def loads(body: bytes) -> Any:
    """The value that the body spells.

    Raises InvalidJson for what parsers disagree about or storage cannot keep: NaN and infinities,
    duplicate names, deep nesting, NUL and lone surrogates (RFC 8259 sections 4, 6, 8 and 9); and
    for what would keep the event loop busy.
    """
    if sum(map(body.count, (b",", b"[", b"{"))) > MAXIMUM_ITEMS:
        raise InvalidJson(f"The body holds more than {MAXIMUM_ITEMS} items; send less.")
    try:
        value = json.loads(
            body.decode(),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_unique,
        )
    except InvalidJson:
        raise
    except (ValueError, RecursionError):
        raise InvalidJson("The body is not valid JSON in UTF-8.") from None
    _check(value, MAXIMUM_DEPTH)
    return value


def _refuse_constant(name: str) -> object:
    raise InvalidJson(f"{name} is not JSON.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise InvalidJson("A number in the body is too large.")
    return number


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(pairs) > MAXIMUM_NAMES:
        raise InvalidJson(f"An object in the body has more than {MAXIMUM_NAMES} names.")
    value = dict(pairs)
    if len(value) != len(pairs):
        raise InvalidJson("An object in the body has the same name twice.")
    return value


def _check(value: object, depth: int) -> None:
    inner: Iterable[object]
    match value:
        case str():
            if _UNSTORABLE.search(value):
                raise InvalidJson("A text in the body holds NUL or half of a surrogate pair.")
            return
        case dict():
            inner = (*value.keys(), *value.values())
        case list():
            inner = value
        case _:
            return
    if depth == 0:
        raise InvalidJson(f"The body is nested deeper than {MAXIMUM_DEPTH} levels.")
    for item in inner:
        _check(item, depth - 1)
