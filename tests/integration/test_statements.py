"""What a token check costs the database: nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from falcon.testing import Result, TestClient
from sqlalchemy import Engine, Pool, event

from tests.fakes.clock import FakeClock
from tests.integration.calls import basic, bearer, logged_in, problem, sessions, token

CHECKS = 1_000


@contextmanager
def counted() -> Iterator[list[str]]:
    """Every statement and every connection that requests ask for, of any engine, meanwhile."""
    seen: list[str] = []

    def note(what: str) -> None:
        # Followers and chores, of other applications too, ask at times of their own.
        if not threading.current_thread().name.startswith(("follower", "chores")):
            seen.append(what)

    def executed(*arguments: object) -> None:
        note(str(arguments[2]))

    def checked_out(*_: object) -> None:
        note("a connection")

    event.listen(Engine, "before_cursor_execute", executed)
    event.listen(Pool, "checkout", checked_out)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", executed)
        event.remove(Pool, "checkout", checked_out)


def resource(api: TestClient, headers: dict[str, str]) -> Result:
    return api.simulate_get("/api/resource", headers=headers)


def test_a_thousand_token_checks_make_no_statement_and_ask_for_no_connection(
    living: TestClient,
) -> None:
    tokens = [token(living), *(logged_in(living)["access_token"] for _ in range(3))]
    forms = [bearer(each) for each in tokens] + [basic(each, "x") for each in tokens]
    with counted() as seen:
        for number in range(CHECKS):
            assert resource(living, forms[number % len(forms)]).status_code == 200

    assert seen == []


def test_refusing_a_token_makes_no_statement_either(living: TestClient, clock: FakeClock) -> None:
    ended, expired, live = logged_in(living)["access_token"], token(living), token(living)
    living.simulate_delete("/api/sessions/current", headers=bearer(ended))
    refused = [ended, live[:-1], "eyJ.a.b", "x"]
    with counted() as seen:
        for number in range(100):
            problem(
                resource(living, bearer(refused[number % len(refused)])),
                *(401, "invalid_credentials"),
                token_sent=True,
            )
        clock.advance(seconds=600)
        problem(resource(living, bearer(expired)), 401, "invalid_credentials", token_sent=True)
        problem(resource(living, {}), 401, "credentials_required")

    assert seen == []


def test_what_does_ask_the_database_is_counted(living: TestClient) -> None:
    live = token(living)
    with counted() as seen:
        sessions(living, live)

    assert "a connection" in seen
    assert any("FROM sessions" in statement for statement in seen)
