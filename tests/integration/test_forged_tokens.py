"""Tokens that somebody made up, or changed, or that say what we never say: none opens anything."""

from collections.abc import Callable, Mapping
from itertools import product

import pytest
from falcon.testing import TestClient

from tests.integration.authorization_forms import b64
from tests.integration.calls import PROTECTED, exactly, resource
from tests.integration.forge import Forge, decoded, encoded
from tests.integration.forged_tokens import ALPHABET, algorithms, claims, headers, spellings
from tests.integration.stores import SQLITE

CORPUS = (algorithms, headers, claims, spellings)


def forms(text: str, genuine: str) -> tuple[str, ...]:
    """Every way to send a token."""
    bearer = text.encode("utf-8", "surrogatepass").decode("latin-1")
    pairs = [f"{text}:x", f"{text}:"]
    basic = [f"Basic {b64(pair.encode('utf-8', 'surrogatepass'))}" for pair in pairs]
    if text != genuine and text.strip(" \t") == genuine:
        # White space around a header's value is not a part of it.
        return tuple(basic)
    return (*basic, f"Bearer {bearer}")


def every_way(text: str, genuine: str) -> list[tuple[str, str]]:
    return list(product(PROTECTED, forms(text, genuine)))


def shortest_way(text: str, genuine: str) -> list[tuple[str, str]]:
    """For tokens by the hundred: which way they come is tried with the smaller collections."""
    return every_way(text, genuine)[:1]


def accepted(
    api: TestClient,
    tokens: Mapping[str, str],
    genuine: str,
    ways: Callable[[str, str], list[tuple[str, str]]] = every_way,
) -> dict[str, list[int]]:
    """Which of these tokens are answered, by any of these ways, as if it were good."""

    found: dict[str, list[int]] = {}
    for name, text in tokens.items():
        for path, form in ways(text, genuine):
            sent = exactly([("Host", "localhost"), ("Authorization", form)])
            answer = api.simulate_get(path, extras=sent)
            # A comma is how two headers arrive, and they are 400 before all else.
            refusals = (400, 401) if "," in form else (401,)
            if answer.status_code not in refusals:
                found.setdefault(name, []).append(answer.status_code)
    return found


def test_the_genuine_token_opens_everything_in_every_form(
    standing_api: TestClient, forge: Forge
) -> None:
    assert forge.signed(forge.header, forge.claims) != forge.genuine
    for text in (forge.genuine, forge.signed(forge.header, forge.claims)):
        assert accepted(standing_api, {"genuine": text}, forge.genuine) == {"genuine": [200] * 6}


@pytest.mark.asvs("V7.2.1", "V9.1.2", "V9.1.3", "V9.2.1", "V9.2.2")
@pytest.mark.parametrize("make", CORPUS)
def test_a_forged_token_opens_nothing(
    standing_api: TestClient, forge: Forge, make: Callable[[Forge], dict[str, str]]
) -> None:
    forged = make(forge)

    assert forge.genuine not in forged.values()
    assert accepted(standing_api, forged, forge.genuine) == {}


def test_there_are_at_least_sixty_forged_tokens(forge: Forge) -> None:
    made = [make(forge) for make in CORPUS]

    assert all(len(forged) >= 30 for forged in made)
    assert sum(len(set(forged.values())) for forged in made) >= 60


@pytest.mark.databases(SQLITE)
def test_a_token_cut_at_any_length_opens_nothing(standing_api: TestClient, forge: Forge) -> None:
    cut = {f"{size} characters": forge.genuine[:size] for size in range(len(forge.genuine))}

    assert accepted(standing_api, cut, forge.genuine, shortest_way) == {}


@pytest.mark.databases(SQLITE)
def test_a_token_with_any_character_changed_opens_nothing(
    standing_api: TestClient, forge: Forge
) -> None:
    text = forge.genuine
    changed = {
        f"character {at}": text[:at] + ALPHABET[ALPHABET.index(char) ^ 0b100000] + text[at + 1 :]
        for at, char in enumerate(text)
        if char != "."
    }

    assert accepted(standing_api, changed, forge.genuine, shortest_way) == {}


@pytest.mark.asvs("V9.1.1")
@pytest.mark.databases(SQLITE)
def test_a_token_with_any_byte_flipped_opens_nothing(
    standing_api: TestClient, forge: Forge
) -> None:
    flipped = {}
    parts = forge.genuine.split(".")
    for index, part in enumerate(parts):
        raw = decoded(part)
        for at in range(len(raw)):
            other = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
            text = ".".join([*parts[:index], encoded(other), *parts[index + 1 :]])
            flipped[f"byte {at} of part {index}"] = text

    assert accepted(standing_api, flipped, forge.genuine, shortest_way) == {}


def test_a_forged_token_opens_nothing_after_the_genuine_one_was_seen(
    standing_api: TestClient, forge: Forge
) -> None:
    assert resource(standing_api, forge.genuine, "x").status_code == 200

    seen = {"no signature": forge.genuine.rsplit(".", 1)[0] + ".", "padded": forge.genuine + "="}

    assert accepted(standing_api, seen, forge.genuine) == {}
    assert resource(standing_api, forge.genuine, "x").status_code == 200
