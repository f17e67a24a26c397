"""Names and passwords from all of Unicode, and what an API makes of them."""

import json
import sys
import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from random import Random

from falcon.testing import Result, TestClient

Pair = tuple[str, str]
Outcome = tuple[object, ...]

_RANGES = [
    *((0x21, 0x7E), (0x00, 0xFF), (0x100, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x8FF)),
    *((0x900, 0xDFF), (0x1100, 0x11FF), (0x1E00, 0x20CF), (0x2100, 0x2BFF), (0x3000, 0x30FF)),
    *((0x4E00, 0x9FFF), (0xA000, 0xABFF), (0xAC00, 0xD7FF), (0xD800, 0xDFFF), (0xE000, 0xF8FF)),
    *((0xF900, 0xFFFF), (0x10000, 0x1FFFF), (0x20000, 0x3FFFF), (0xE0000, 0x10FFFF)),
]
_RESPELLINGS = (
    str.upper,
    str.lower,
    str.title,
    str.casefold,
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: unicodedata.normalize("NFC", text),
    lambda text: unicodedata.normalize("NFKC", text),
    lambda text: text + "\u0301",
    lambda text: text + "\x00",
    lambda text: text + " ",
)


def pairs(count: int, *, seed: int = 3) -> Iterator[Pair]:
    """Names with passwords. Every third name is another spelling of one before it."""
    random = Random(seed)
    names: list[str] = []
    for number in range(count):
        if number % 3 == 2:
            name = random.choice(_RESPELLINGS)(random.choice(names))
        else:
            name = _text(random, longest=random.choice((1, 3, 12, 66)))
        names.append(name)
        yield name, _text(random, longest=random.choice((1, 8, 30, 258)))


def _text(random: Random, *, longest: int) -> str:
    """Text of one script, of several, or of letters alone, so that many are taken."""
    kind = random.randrange(3)
    ranges = [random.choice(_RANGES)] if kind else _RANGES
    text = ""
    size = random.randint(1, longest)
    while len(text) < size:
        char = chr(random.randint(*random.choice(ranges)))
        if kind == 2:
            while unicodedata.category(char) not in ("Ll", "Lo", "Nd"):
                char = chr(random.randint(0x21, sys.maxunicode))
        text += char
    return text


def outcomes(api: TestClient, chosen: list[Pair]) -> list[Outcome]:
    """What happens when each pair registers and then logs in."""

    found = []
    for name, password in chosen:
        # In ASCII, so that half a surrogate pair arrives as one.
        body = json.dumps({"username": name, "password": password}).encode()
        registered = api.simulate_post(
            "/api/users", body=body, headers={"Content-Type": "application/json"}
        )
        credentials = f"{name}:{password}".encode("utf-8", "surrogatepass")
        login = {"Authorization": "Basic " + b64encode(credentials).decode()}
        entered = api.simulate_get("/api/resource", headers=login)
        found.append((*_seen(registered), *_seen(entered)))
    return found


def _seen(answer: Result) -> Outcome:
    body = {key: value for key, value in answer.json.items() if key != "request_id"}
    # Not the id in it: what a refused registration leaves of a sequence is each database's own.
    has_location = "Location" in answer.headers
    return answer.status_code, has_location, json.dumps(body, sort_keys=True)


def disagreements(
    chosen: list[Pair], one: list[Outcome], other: list[Outcome]
) -> dict[Pair, tuple[Outcome, Outcome]]:
    """Pairs of which the two databases do not say the same, or of which either says 5xx."""
    return {
        pair: (a, b)
        for pair, a, b in zip(chosen, one, other, strict=True)
        if a != b or any(type(part) is int and part >= 500 for part in (*a, *b))
    }
