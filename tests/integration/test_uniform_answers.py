"""A refused password tells nothing but that: not by its answer, not by the hashes it costs."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest
from argon2 import exceptions, low_level
from falcon.testing import Result, TestClient

from tests.integration.calls import ask_token, by_token, log_in, register, resource, token
from tests.integration.conftest import Execute

KNOWN, DISABLED, BROKEN = "bob", "carol", "dave"

CASES = {
    "wrong password": (KNOWN, "cat"),
    "unknown name": ("nobody", "python"),
    "disabled": (DISABLED, "python"),
    "disabled, wrong password": (DISABLED, "cat"),
    "empty password": (KNOWN, ""),
    "unknown name, empty password": ("nobody-else", ""),
    "over-long password": (KNOWN, "p" * 257),
    "unknown name, over-long password": ("no-one", "p" * 257),
    "a stored hash of no known form": (BROKEN, "python"),
    "no password": (KNOWN, "py\tthon"),
    "no name": ("no name", "python"),
    "over-long name": ("n" * 65, "python"),
}
ONE_HASH = "$argon2id$v=19$m=8,t=1,p=1"
BAD_PASSWORDS = ("cat", "", "p" * 257, "py\tthon")

Answered = tuple[int, dict[str, str], str, list[str]]


@pytest.fixture
def spent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The parameters of each hash that was computed, in their order."""
    hashes: list[str] = []
    verify_secret, hash_secret = low_level.verify_secret, low_level.hash_secret

    def verify(stored: bytes, secret: bytes, kind: low_level.Type) -> bool:
        # A hash that cannot be read raises something else, and costs nothing.
        try:
            matches = verify_secret(stored, secret, kind)
        except exceptions.VerifyMismatchError:
            hashes.append(parameters(stored))
            raise
        hashes.append(parameters(stored))
        return matches

    def make(*args: Any, **options: Any) -> bytes:
        stored = hash_secret(*args, **options)
        hashes.append(parameters(stored))
        return stored

    monkeypatch.setattr(low_level, "verify_secret", verify)
    monkeypatch.setattr(low_level, "hash_secret", make)
    return hashes


def parameters(stored: bytes) -> str:
    return stored.decode().rsplit("$", 2)[0]


def answered(ask: Callable[[], Result], spent: list[str]) -> Answered:
    """The answer without what has to differ, and the hashes that it cost."""
    spent.clear()
    answer = ask()
    headers = {**answer.headers}
    body = answer.text.replace(headers.pop("x-request-id"), "")
    return answer.status_code, headers, body, [*spent]


@pytest.mark.parametrize("ask", [log_in, ask_token, resource], ids=lambda ask: ask.__name__)
def test_every_refused_log_in_gets_the_same_answer_for_the_same_hash(
    api: TestClient, execute: Execute, spent: list[str], ask: Callable[..., Result]
) -> None:
    for name in ("susan", KNOWN, DISABLED, BROKEN):
        register(api, username=name)
    execute("UPDATE users SET disabled_at = created_at WHERE name = :name", name=DISABLED)
    execute("UPDATE users SET password_hash = 'none' WHERE name = :name", name=BROKEN)
    refused = answered(partial(ask, api, "susan", "cat"), spent)

    for case, (username, password) in CASES.items():
        assert answered(partial(ask, api, username, password), spent) == refused, case

    assert refused[0] == 401
    assert refused[3] == [ONE_HASH]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/api/users/me/password", {"current_password": "", "new_password": "a new one"}),
        ("POST", "/api/users/me/removal", {"password": ""}),
    ],
)
def test_every_password_refused_beside_a_token_gets_the_same_answer_for_the_same_hash(
    miguel: TestClient, spent: list[str], method: str, path: str, body: Mapping[str, str]
) -> None:
    asked = partial(by_token, miguel, method, path, token(miguel))
    field = next(iter(body))

    refusals = [answered(partial(asked, {**body, field: bad}), spent) for bad in BAD_PASSWORDS]

    assert refusals == [refusals[0]] * len(BAD_PASSWORDS)
    assert refusals[0][0] == 400
    assert '"code":"wrong_password"' in refusals[0][2].replace(" ", "")
    assert refusals[0][3] == [ONE_HASH]
