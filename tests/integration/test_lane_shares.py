"""Shares of a lane: what one holder may have of its places, and what is left to all others."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from falcon.testing import ASGIConductor, Result, TestClient

from entrypoints.bootstrap import build
from entrypoints.http import lanes
from entrypoints.http.app import create_http_app
from entrypoints.http.lanes import Lane
from entrypoints.http.problems import Problem
from tests.integration.calls import MIGUEL, PROTECTED, basic, bearer, problem, register, token
from tests.integration.conftest import MakeSettings
from tests.integration.guesses import from_peer
from tests.integration.stores import SQLITE
from tests.integration.test_lanes import FULL, Gate, refusal, settled
from tests.patience import tries

NEIGHBOUR, ELSEWHERE = "2001:db8:1:2::2", "203.0.113.9"
NETWORK = "2001:db8:1:2::/64"


@contextmanager
def closed_gate() -> Iterator[Gate]:
    """A gate that is opened at the latest when a test fails, so that nobody waits for ever."""
    gate = Gate()
    try:
        yield gate
    finally:
        gate.opened.set()


def held(lane: Lane, gate: Gate, number: int, holder: str | None) -> list[asyncio.Task[str]]:
    """So many calls of this holder, which wait at the gate."""
    return [asyncio.create_task(lane.run(gate, holder=holder)) for _ in range(number)]


async def refused(lane: Lane, gate: Gate, holder: str | None) -> None:
    """One more is turned away at once."""
    with pytest.raises(Problem) as caught:
        await lane.run(gate, holder=holder)
    assert refusal(caught.value) == FULL


Request = tuple[str, str, Mapping[str, Any]]


def requests_that_hash(live: str) -> list[Request]:
    """One of each kind."""
    token = {"headers": bearer(live)}
    change = {"current_password": "python", "new_password": "monty"}
    return [
        *(("GET", path, {"headers": basic("miguel", "python")}) for path in PROTECTED),
        ("POST", "/api/sessions", {"json": MIGUEL}),
        ("POST", "/api/users", {"json": MIGUEL | {"username": "susan"}}),
        ("PUT", "/api/users/me/password", token | {"json": change}),
        ("POST", "/api/users/me/removal", token | {"json": {"password": "python"}}),
    ]


@pytest.mark.parametrize(
    ("threads", "queue", "share"), [(1, 2, 2), (1, 4, 3), (2, 5, 4), (3, 16, 11), (1, 1, 1)]
)
def test_one_holder_has_the_threads_and_half_the_queue_and_others_the_rest(
    threads: int, queue: int, share: int
) -> None:
    async def flood() -> None:
        lane = Lane("lane", threads=threads, queue=queue)
        with closed_gate() as gate:
            inside = held(lane, gate, share, "flood")
            await settled()
            await refused(lane, gate, "flood")

            others = held(lane, gate, threads + queue - share, "other")
            await settled()

            await refused(lane, gate, "third")
            await refused(lane, gate, None)
            gate.opened.set()
            assert await asyncio.gather(*inside, *others) == ["through"] * (threads + queue)
            lane.close()

    asyncio.run(flood())


def test_calls_without_a_holder_have_no_share_but_all_places() -> None:
    async def flood() -> None:
        lane = Lane("lane", threads=1, queue=4)
        with closed_gate() as gate:
            inside = held(lane, gate, 5, None)
            await settled()
            await refused(lane, gate, None)
            gate.opened.set()
            assert await asyncio.gather(*inside) == ["through"] * 5
            lane.close()

    asyncio.run(flood())


def test_a_holders_places_come_back_after_answers_and_errors_and_leave_nothing_behind() -> None:
    def fail() -> None:
        raise KeyError("refused")

    async def use() -> None:
        lane = Lane("lane", threads=1, queue=2)
        with closed_gate() as gate:
            gate.opened.set()
            for _ in range(5):
                outcomes = await asyncio.gather(*held(lane, gate, 2, "holder"))
                assert outcomes == ["through"] * 2
                with pytest.raises(KeyError, match="refused"):
                    await lane.run(fail, holder="holder")
            lane.close()
            assert not lane._held

    asyncio.run(use())


async def until_timed_out_within(lane: Lane, gate: Gate, holder: str) -> None:
    """Gives up on a call that has begun; those that had not by then never do."""
    for _ in tries():
        with pytest.raises(Problem) as caught:
            await lane.run(gate, holder=holder)
        assert refusal(caught.value) == (503, "timed_out", {"Retry-After": "1"})
        if gate.entered.is_set():
            return


async def until_left_within(lane: Lane, gate: Gate, holder: str) -> None:
    """A client leaves whose call has begun."""
    (running,) = held(lane, gate, 1, holder)
    await asyncio.to_thread(gate.entered.wait)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


@pytest.mark.parametrize(
    ("leave", "seconds"), [(until_left_within, 60), (until_timed_out_within, 0.1)]
)
def test_a_holders_place_is_taken_until_its_thread_is_done_however_the_client_leaves(
    leave: Callable[[Lane, Gate, str], Awaitable[None]], seconds: float
) -> None:
    async def use() -> None:
        lane = Lane("lane", threads=1, queue=1)
        with closed_gate() as gate:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(lanes, "MAXIMUM_SECONDS", seconds)
                await leave(lane, gate, "holder")

            await refused(lane, gate, "holder")
            gate.opened.set()
            await asyncio.to_thread(lane.close)
            assert await lane.run(gate, holder="holder") == "through"
            lane.close()
            assert not lane._held

    asyncio.run(use())


def test_a_holder_that_leaves_the_queue_gives_its_place_back() -> None:
    async def leave() -> None:
        lane = Lane("lane", threads=1, queue=2)
        with closed_gate() as gate:
            running = asyncio.create_task(lane.run(gate, holder="holder"))
            await asyncio.to_thread(gate.entered.wait)
            for _ in range(3):
                (waiting,) = held(lane, gate, 1, "holder")
                await settled()
                await refused(lane, gate, "holder")
                waiting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await waiting
            gate.opened.set()
            assert await running == "through"
            lane.close()
            assert not lane._held

    asyncio.run(leave())


async def ask(conductor: ASGIConductor, request: Request, address: str) -> Result:
    """What such a request from this address is answered."""
    method, path, options = request
    extras = from_peer(address)["extras"]
    answer = await conductor.simulate_request(method, path, **options, extras=extras)
    assert isinstance(answer, Result)
    return answer


@pytest.mark.databases(SQLITE)
def test_over_http_a_network_has_its_share_of_the_hashing_lane_and_others_get_in(
    make_settings: MakeSettings,
) -> None:
    settings = make_settings(
        HASH_THREADS="1", HASH_QUEUE="4", REVOCATION_POLL="60", REVOCATION_BOUND="120"
    )
    services, database = build(settings)
    app = create_http_app(services, settings, on_close=database.dispose)
    api = TestClient(app)
    register(api)
    requests = requests_that_hash(token(api))

    async def flood() -> None:
        async with api as conductor:
            with closed_gate() as gate:
                inside = held(services.hashing, gate, 3, NETWORK)
                await asyncio.to_thread(gate.entered.wait)
                for request in requests:
                    answer = await ask(conductor, request, NEIGHBOUR)
                    problem(answer, 503, "overloaded")
                    assert answer.headers["Retry-After"] == "1"
                other = asyncio.create_task(ask(conductor, requests[0], ELSEWHERE))
                await settled()
                assert not other.done()
                gate.opened.set()
                assert (await other).status_code == 200
                assert await asyncio.gather(*inside) == ["through"] * 3

    asyncio.run(flood())
