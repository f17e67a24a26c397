"""A clock that is set forward and back: nothing that was over comes back by that."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from falcon.testing import TestClient

from adapters.sql.database import Database
from adapters.sql.housekeeping import SqlExpiringStorage
from domain.housekeeping import BATCH, MARGIN
from domain.signing_keys import KeyState
from entrypoints.bootstrap import administration, create_app
from tests.fakes.clock import FakeClock
from tests.integration.calls import (
    by_token,
    claims,
    logged_in,
    not_refreshed,
    problem,
    refresh,
    refreshed,
    register,
    token,
)
from tests.integration.clients import standing
from tests.integration.ends import BY_API, BY_OPERATOR, End
from tests.integration.long_lived import long_lived
from tests.integration.stores import Store
from tests.origins import ORIGIN

WALK = (1, -1, -1, 1, 1, 1, -2, -2, 2, -1, 1)
"""Hours by which the clock is set, one step after the other; it is right again in the end."""

LEEWAY = 60
"""Seconds by which a token may be issued in the future."""


@dataclass
class World:
    """Two processes on one database and by one clock, and what nobody may take any more."""

    api: TestClient
    other: TestClient
    store: Store
    clock: FakeClock
    over: list[str] = field(default_factory=list)
    spent: list[str] = field(default_factory=list)

    def is_taken(self, live: str) -> bool:
        """Whether both take this token; they never disagree."""
        answers = [by_token(api, "GET", "/api/resource", live) for api in (self.api, self.other)]
        assert answers[0].status_code == answers[1].status_code in (200, 401), answers
        return answers[0].status_code == 200

    def is_in_its_time(self, live: str) -> bool:
        said, now = claims(live), self.clock.now().timestamp()
        return bool(said["iat"] - LEEWAY <= now < said["exp"])

    def stays_over(self, walk: Sequence[int]) -> None:
        """Fails if anything is taken that is over, now or after a step of the walk."""
        for hours in (0, *walk):
            self.clock.advance(hours=hours)
            for live in self.over:
                assert not self.is_taken(live), hours
            for refresh_token in self.spent:
                for api in (self.api, self.other):
                    assert refresh(api, refresh_token).status_code == 401, hours

    def bury(self, *bodies: dict[str, str]) -> None:
        for body in bodies:
            self.over.append(body["access_token"])
            self.spent.append(body["refresh_token"])


@pytest.fixture
def clock() -> FakeClock:
    """Later than the key that a database begins with, so that another one can follow it."""
    return FakeClock(datetime.now(UTC).replace(microsecond=250_000) + timedelta(seconds=1))


@pytest.fixture
def world(store: Store, clock: FakeClock) -> Iterator[World]:
    with standing(store.settings(), clock) as api, standing(store.settings(), clock) as other:
        register(api)
        yield World(api, other, store, clock)


def others(world: World) -> None:
    assert by_token(world.api, "DELETE", "/api/sessions", token(world.api)).status_code == 204


def password_change(world: World) -> None:
    body = {"current_password": "python", "new_password": "monty"}
    answer = by_token(world.api, "PUT", "/api/users/me/password", token(world.api), body)
    assert answer.status_code == 204


def removal(world: World) -> None:
    body = {"password": "python"}
    answer = by_token(world.api, "POST", "/api/users/me/removal", token(world.api), body)
    assert answer.status_code == 204


def disabling(world: World) -> None:
    with administration(world.store.settings(), clock=world.clock) as services:
        services.disable_user(who="miguel", origin=ORIGIN)


def deletion(world: World) -> None:
    with administration(world.store.settings(), clock=world.clock) as services:
        services.delete_user(who="miguel", origin=ORIGIN)


def rotate(world: World) -> None:
    """Another key is made, and has begun to sign."""
    with administration(world.store.settings(), clock=world.clock) as services:
        use_from = services.rotate_signing_keys(origin=ORIGIN).use_from
    world.clock.advance(seconds=(use_from - world.clock.now()).total_seconds())


def drop(world: World) -> None:
    """Drops the key that signs."""
    with administration(world.store.settings(), clock=world.clock) as services:
        (signing,) = (
            key for key, state in services.list_signing_keys() if state is KeyState.SIGNING
        )
        services.retire_signing_key(kid=signing.kid, compromised=True, origin=ORIGIN)


def keep_house(world: World) -> None:
    """Removes what has expired by the present clock, as the database's would."""
    database = Database(world.store.url)
    before = world.clock.now() - MARGIN
    assert SqlExpiringStorage(database).remove_expired(before=before, limit=BATCH) > 0
    database.dispose()


ALL_END: Sequence[Callable[[World], None]] = (
    *(others, password_change, removal),
    *(disabling, deletion),
)


@pytest.mark.parametrize("rotated", [False, True])
def test_a_token_is_taken_in_its_own_time_alone(world: World, rotated: bool) -> None:
    tokens = [token(world.api), logged_in(world.api)["access_token"]]
    if rotated:
        rotate(world)
        tokens.append(token(world.api))
    for hours in (0, *WALK):
        world.clock.advance(hours=hours)
        tokens.append(token(world.api))
        assert world.is_taken(tokens[-1])
        for seconds in (0, 599.5, 0.25, 0.5, -661, 0.75, 60):
            world.clock.advance(seconds=seconds)
            for live in tokens:
                assert world.is_taken(live) == world.is_in_its_time(live)


@pytest.mark.parametrize("end", [*BY_API.values(), *BY_OPERATOR.values()], ids=BY_API | BY_OPERATOR)
def test_a_session_that_was_ended_stays_so_whatever_the_clock_does_then(
    world: World, end: End
) -> None:
    body = logged_in(world.api)
    tokens = {name: body[name] for name in ("access_token", "refresh_token")}
    assert world.is_taken(body["access_token"])

    end(world.api, world.store, tokens | {"session_id": body["session"]["id"]})

    world.bury(body)
    world.stays_over(WALK)


@pytest.mark.parametrize("before", [pytest.param(1, id="ahead"), pytest.param(-1, id="behind")])
@pytest.mark.parametrize("end", ALL_END, ids=lambda end: end.__name__)
def test_what_a_wrong_clock_ends_stays_ended_when_it_is_right_again(
    world: World, end: Callable[[World], None], before: int
) -> None:
    body = logged_in(world.api)
    world.bury(body)
    world.over.append(token(world.api))
    assert all(map(world.is_taken, world.over))
    world.clock.advance(hours=before)

    end(world)

    world.stays_over((-before, before, -before))


@pytest.mark.parametrize("hours", [1, -1])
def test_a_spent_refresh_token_ends_its_session_whatever_the_clock_says(
    world: World, hours: int
) -> None:
    first = logged_in(world.api)
    second = refreshed(world.api, first["refresh_token"])
    world.clock.advance(minutes=1, hours=hours)

    not_refreshed(refresh(world.other, first["refresh_token"]), "refresh_token_reused")

    world.bury(first, second)
    world.stays_over((-hours, *WALK))


@pytest.mark.parametrize("hours", [1, -1])
def test_a_refresh_token_that_a_wrong_clock_replaced_is_spent_when_it_is_right_again(
    world: World, hours: int
) -> None:
    first = logged_in(world.api)
    world.clock.advance(hours=hours)
    second = refreshed(world.api, first["refresh_token"])
    world.clock.advance(hours=-hours)

    not_refreshed(refresh(world.api, first["refresh_token"]), "refresh_token_reused")

    world.bury(first, second)
    world.stays_over(WALK)


@pytest.mark.parametrize("before", [0, 1, -1])
def test_tokens_of_a_dropped_key_are_refused_and_the_next_key_signs_at_every_step(
    world: World, before: int
) -> None:
    world.over = [token(world.api), logged_in(world.api)["access_token"]]
    assert all(map(world.is_taken, world.over))
    world.clock.advance(hours=before)

    drop(world)

    for hours in (0, *WALK):
        world.clock.advance(hours=hours)
        world.stays_over(())
        assert world.is_taken(token(world.api))


def test_no_key_signs_that_is_retired_after_a_clock_ran_ahead(world: World) -> None:
    rotate(world)
    world.clock.advance(hours=1)
    drop(world)
    world.clock.advance(hours=-1)

    for _ in range(300):
        # By less than the bound, as in a process that follows the feed all the time.
        world.clock.advance(seconds=4)
        assert world.is_taken(token(world.api))


@pytest.mark.parametrize("hours", [1, -1])
def test_a_process_that_has_not_read_the_feed_since_a_step_takes_no_token(
    store: Store, clock: FakeClock, hours: int
) -> None:
    settings = store.settings(
        REVOCATION_POLL="60", REVOCATION_BOUND="120", TOKEN_LIFETIME=str(2 * 3600)
    )
    with standing(settings, clock) as api:
        register(api)
        live = token(api)
    clock.advance(hours=max(0, -hours))
    with long_lived(create_app(settings, clock=clock)) as late:
        assert by_token(late, "GET", "/api/resource", live).status_code == 200

        clock.advance(hours=hours)

        answer = by_token(late, "GET", "/api/resource", live)
        problem(answer, 503, "revocations_unknown")


def test_two_days_ahead_and_back_nothing_but_unexpired_access_tokens_can_come_back(
    world: World,
) -> None:
    """What docs/operating.md says of steps beyond the time for which what has expired is kept."""
    body = logged_in(world.api)
    BY_API["log-out"](world.api, world.store, body)
    world.clock.advance(days=2)
    world.is_taken(body["access_token"])
    keep_house(world)
    world.clock.advance(days=-2)

    assert world.is_taken(body["access_token"])

    not_refreshed(refresh(world.api, body["refresh_token"]))
    world.clock.advance(minutes=10)
    assert not world.is_taken(body["access_token"])
