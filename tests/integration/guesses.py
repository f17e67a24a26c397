"""Every place where a password is proved, tried with any password."""

from collections.abc import Callable, Mapping
from typing import Any

from falcon.testing import Result, TestClient

from tests.integration.calls import basic, bearer, problem

Guess = Callable[..., Result]
"""Tries a password, by default one that is wrong; `live` is a token of the user's own."""

PORT = 50_000
WRONG = "ruby"
FREE = 5


def _basic(path: str) -> Guess:
    def guess(
        api: TestClient,
        password: str = WRONG,
        *,
        username: str = "miguel",
        live: str,
        **options: Any,
    ) -> Result:
        return api.simulate_get(path, **with_headers(options, basic(username, password)))

    return guess


def _log_in(
    api: TestClient, password: str = WRONG, *, username: str = "miguel", live: str, **options: Any
) -> Result:
    body = {"username": username, "password": password}
    return api.simulate_post("/api/sessions", json=body, **options)


def _change(api: TestClient, password: str = WRONG, *, live: str, **options: Any) -> Result:
    body = {"current_password": password, "new_password": "monty"}
    options = with_headers(options, bearer(live))
    return api.simulate_put("/api/users/me/password", json=body, **options)


def _remove(api: TestClient, password: str = WRONG, *, live: str, **options: Any) -> Result:
    options = with_headers(options, bearer(live))
    return api.simulate_post("/api/users/me/removal", json={"password": password}, **options)


BY_NAME: dict[str, Guess] = {
    "GET /api/token": _basic("/api/token"),
    "GET /api/resource": _basic("/api/resource"),
    "POST /api/sessions": _log_in,
}
BY_TOKEN: dict[str, Guess] = {
    "PUT /api/users/me/password": _change,
    "POST /api/users/me/removal": _remove,
}
GUESSES = BY_NAME | BY_TOKEN


def with_headers(options: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    """Options of a request, with these headers beside those it has."""
    return {**options, "headers": {**options.get("headers", {}), **headers}}


def from_peer(address: str, forwarded: str | None = None) -> dict[str, Any]:
    """What makes a simulated request come from this address, and tell of another."""
    told = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return {"extras": {"client": (address, PORT)}, "headers": told}


def wrong(answer: Result) -> None:
    """The password was looked at, and refused."""
    if answer.status_code == 400:
        problem(answer, 400, "wrong_password")
    else:
        problem(answer, 401, "invalid_credentials")


def throttled(answer: Result) -> int:
    """The password was not looked at; gives the seconds to wait."""
    body = problem(answer, 429, "too_many_failures")
    assert body["detail"] == (
        "Too many passwords were wrong; wait as long as Retry-After says, then try again."
    )
    assert "errors" not in body
    assert answer.headers["Cache-Control"] == "no-store"
    return int(answer.headers["Retry-After"])


def fail(api: TestClient, times: int = FREE, username: str = "miguel", **options: Any) -> None:
    for _ in range(times):
        wrong(BY_NAME["GET /api/resource"](api, username=username, live="", **options))


def is_admitted(api: TestClient, username: str = "miguel", **options: Any) -> bool:
    """Whether the right password opens the account from there. Fails if it is refused as wrong."""
    guess = BY_NAME["GET /api/resource"]
    answer = guess(api, "python", username=username, live="", **options)
    if answer.status_code != 200:
        throttled(answer)
    return answer.status_code == 200
