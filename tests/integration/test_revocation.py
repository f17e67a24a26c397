"""What ends in one process ends in all: at once there, and elsewhere with the next poll."""

from collections.abc import Iterator

import pytest
from falcon.testing import TestClient

from entrypoints.bootstrap import create_app
from tests.fakes.clock import FakeClock
from tests.integration.calls import by_token, logged_in, problem, sessions, token
from tests.integration.ends import BY_API, BY_OPERATOR, End, Tokens
from tests.integration.long_lived import first_answer, long_lived
from tests.integration.stores import Store

ENDS = BY_API | BY_OPERATOR
SELDOM = {"REVOCATION_POLL": "60", "REVOCATION_BOUND": "120"}
OFTEN = {"REVOCATION_POLL": "0.01"}


@pytest.fixture
def watching(store: Store, clock: FakeClock) -> Iterator[TestClient]:
    """Another process, which polls all the time."""
    with long_lived(create_app(store.settings(**OFTEN), clock=clock)) as api:
        yield api


def started(api: TestClient) -> Tokens:
    body = logged_in(api)
    found = {name: str(body[name]) for name in ("access_token", "refresh_token")}
    return found | {"session_id": str(body["session"]["id"])}


def refused_after_a_poll(api: TestClient, live: str) -> None:
    answer = first_answer(
        lambda: by_token(api, "GET", "/api/resource", live), status=401, until_then=(200,)
    )
    problem(answer, 401, "invalid_credentials", token_sent=True)


@pytest.mark.parametrize("end", BY_API.values(), ids=BY_API)
def test_the_process_that_ended_a_session_refuses_its_token_without_a_poll(
    living: TestClient, store: Store, end: End
) -> None:
    tokens = started(living)
    # Seen before, so that the token is among those that are known to be good.
    assert by_token(living, "GET", "/api/resource", tokens["access_token"]).status_code == 200

    end(living, store, tokens)

    for path in ("/api/resource", "/api/token", "/api/sessions", "/api/users/me"):
        answer = by_token(living, "GET", path, tokens["access_token"])
        problem(answer, 401, "invalid_credentials", token_sent=True)


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_another_process_refuses_the_token_after_it_has_polled(
    living: TestClient, watching: TestClient, store: Store, end: End
) -> None:
    tokens = started(living)
    kept = token(living) if end is BY_API["log-out"] else ""
    live = tokens["access_token"]
    assert by_token(watching, "GET", "/api/resource", live).status_code == 200

    end(living, store, tokens)

    refused_after_a_poll(watching, live)
    if kept:
        assert by_token(watching, "GET", "/api/resource", kept).status_code == 200


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_process_that_starts_later_knows_what_ended_before(
    living: TestClient, store: Store, clock: FakeClock, end: End
) -> None:
    tokens = started(living)
    end(living, store, tokens)

    with long_lived(create_app(store.settings(**SELDOM), clock=clock)) as late:
        answer = by_token(late, "GET", "/api/resource", tokens["access_token"])

    problem(answer, 401, "invalid_credentials", token_sent=True)


def test_a_log_in_of_one_process_is_good_in_another_at_once(
    living: TestClient, store: Store, clock: FakeClock
) -> None:
    with long_lived(create_app(store.settings(**SELDOM), clock=clock)) as other:
        live = started(living)["access_token"]

        assert by_token(other, "GET", "/api/resource", live).status_code == 200
        assert len(sessions(other, live)) == 1


def test_a_feed_that_was_put_back_to_an_older_state_is_read_from_its_beginning(
    living: TestClient, watching: TestClient, store: Store
) -> None:
    for _ in range(3):
        ended = started(living)["access_token"]
        by_token(living, "DELETE", "/api/sessions/current", ended)
    refused_after_a_poll(watching, ended)
    forgotten = started(living)

    # As if the database of a moment ago had been put back, and another session ended since then.
    store.execute(
        "INSERT INTO revocations (position, session_id, expires_at)"
        " SELECT 1, id, tokens_end FROM sessions WHERE id = :id",
        id=forgotten["session_id"],
    )
    store.execute("UPDATE feed SET position = 1")

    refused_after_a_poll(watching, forgotten["access_token"])


def test_a_revocation_is_remembered_until_no_token_under_it_can_live(
    living: TestClient, store: Store, clock: FakeClock
) -> None:
    live = started(living)["access_token"]
    by_token(living, "DELETE", "/api/sessions/current", live)

    for _ in range(10):
        clock.advance(seconds=59.9)
        with long_lived(create_app(store.settings(**SELDOM), clock=clock)) as late:
            answer = by_token(late, "GET", "/api/resource", live)
            problem(answer, 401, "invalid_credentials", token_sent=True)
