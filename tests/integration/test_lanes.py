"""Lanes: as many calls as there are places, the next one turned away at once, none lost."""

import asyncio
from threading import Event, current_thread
from urllib.parse import urlencode

import pytest
from falcon.testing import TestClient

from entrypoints.bootstrap import build
from entrypoints.http.app import create_http_app
from entrypoints.http.lanes import Lane
from entrypoints.http.problems import Problem
from tests.integration.browsers import FORM, csrf, is_page
from tests.integration.calls import problem, register, resource
from tests.integration.conftest import MakeSettings
from tests.integration.stores import SQLITE


async def settled() -> None:
    """Lets what is ready on the loop run."""
    for _ in range(5):
        await asyncio.sleep(0)


class Gate:
    """A call that goes on when it is let."""

    def __init__(self) -> None:
        self.opened = Event()
        self.entered = Event()

    def __call__(self, *, answer: str = "through") -> str:
        self.entered.set()
        self.opened.wait()
        return answer


def refusal(error: BaseException | object) -> tuple[int, str, dict[str, str]]:
    assert isinstance(error, Problem)
    return error.status, error.code, error.headers


FULL = (503, "overloaded", {"Retry-After": "1"})


def test_a_call_runs_on_a_thread_of_the_lane_and_returns_its_answer() -> None:
    lane = Lane("storage", threads=1, queue=0)

    name = asyncio.run(lane.run(lambda: current_thread().name))
    answer = asyncio.run(lane.run(lambda *, a, b: (a, b), a=1, b=2))
    lane.close()

    assert name.startswith("storage")
    assert answer == (1, 2)


@pytest.mark.parametrize(("threads", "queue"), [(1, 0), (2, 0), (1, 3), (3, 2)])
def test_who_comes_when_every_place_is_taken_is_turned_away_at_once(
    threads: int, queue: int
) -> None:
    async def flood() -> None:
        lane, gate = Lane("lane", threads=threads, queue=queue), Gate()
        inside = [asyncio.create_task(lane.run(gate)) for _ in range(threads + queue)]
        await settled()

        late = await asyncio.gather(*(lane.run(gate) for _ in range(3)), return_exceptions=True)

        assert [refusal(error) for error in late] == [FULL] * 3
        gate.opened.set()
        assert await asyncio.gather(*inside) == ["through"] * (threads + queue)
        lane.close()

    asyncio.run(flood())


def test_a_place_is_given_back_after_an_answer_and_after_an_error() -> None:
    def fail() -> None:
        raise KeyError("refused")

    async def use() -> None:
        lane = Lane("lane", threads=1, queue=0)
        for _ in range(5):
            with pytest.raises(KeyError, match="refused"):
                await lane.run(fail)
            assert await lane.run(lambda: 1) == 1
        lane.close()

    asyncio.run(use())


def test_a_client_that_leaves_keeps_its_place_until_its_thread_is_done() -> None:
    async def leave() -> None:
        lane, gate = Lane("lane", threads=1, queue=0), Gate()
        task = asyncio.create_task(lane.run(gate))
        await asyncio.to_thread(gate.entered.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        with pytest.raises(Problem) as caught:
            await lane.run(gate)

        assert refusal(caught.value) == FULL
        gate.opened.set()
        lane.close()
        assert await lane.run(gate, answer="again") == "again"
        lane.close()

    asyncio.run(leave())


def test_a_client_that_leaves_the_queue_gives_its_place_back() -> None:
    async def leave() -> None:
        lane, gate = Lane("lane", threads=1, queue=1), Gate()
        running = asyncio.create_task(lane.run(gate))
        await asyncio.to_thread(gate.entered.wait)
        for _ in range(3):
            waiting = asyncio.create_task(lane.run(gate))
            await settled()
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

        last = asyncio.create_task(lane.run(gate))
        await settled()
        gate.opened.set()
        assert await running == await last == "through"
        lane.close()

    asyncio.run(leave())


def test_a_lane_that_was_closed_opens_again_with_all_its_places() -> None:
    async def use() -> None:
        lane = Lane("lane", threads=2, queue=1)
        lane.close()
        for _ in range(3):
            answers = await asyncio.gather(*(lane.run(lambda: 1) for _ in range(3)))
            assert answers == [1, 1, 1]
            lane.close()
            lane.close()

    asyncio.run(use())


def test_closing_waits_for_the_call_under_way() -> None:
    async def use() -> None:
        lane, gate = Lane("lane", threads=1, queue=0), Gate()
        task = asyncio.create_task(lane.run(gate))
        await asyncio.to_thread(gate.entered.wait)
        closing = asyncio.create_task(asyncio.to_thread(lane.close))
        await settled()
        assert not closing.done()
        gate.opened.set()
        await closing
        assert await task == "through"

    asyncio.run(use())


@pytest.mark.asvs("V15.2.2")
@pytest.mark.databases(SQLITE)
def test_a_full_hashing_lane_is_503_over_http_and_leaves_the_rest_alone(
    make_settings: MakeSettings,
) -> None:
    settings = make_settings(
        HASH_THREADS="1", HASH_QUEUE="0", REVOCATION_POLL="60", REVOCATION_BOUND="120"
    )
    services, database = build(settings)
    app = create_http_app(services, settings, on_close=database.dispose)
    api, gate = TestClient(app), Gate()
    register(api)

    async def flood() -> None:
        async with api as conductor:
            holding = asyncio.create_task(services.hashing.run(gate))
            await asyncio.to_thread(gate.entered.wait)
            login = {"Authorization": "Basic bWlndWVsOnB5dGhvbg=="}
            for path in ("/api/token", "/api/resource"):
                answer = await conductor.simulate_get(path, headers=login)
                problem(answer, 503, "overloaded")
                assert answer.headers["Retry-After"] == "1"
            fields = {"username": "susan", "password": "cat"}
            answer = await conductor.simulate_post("/api/users", json=fields)
            problem(answer, 503, "overloaded")
            for path in ("/login", "/register"):
                form = await conductor.simulate_get(path)
                assert form.status_code == 200
                page = await conductor.simulate_post(
                    path,
                    body=urlencode({"csrf": csrf(form), "username": "jane", "password": "cat"}),
                    headers={"Content-Type": FORM},
                    cookies={name: cookie.value for name, cookie in form.cookies.items()},
                )
                is_page(page, 503, "Too busy at the moment")
                assert page.headers["Retry-After"] == "1"
                assert not page.cookies
            assert (await conductor.simulate_get("/api/users/1")).status_code == 200
            assert (await conductor.simulate_get("/api/resource")).status_code == 401
            gate.opened.set()
            await holding

    asyncio.run(flood())
    assert resource(api).status_code == 200
    assert register(api, username="susan").status_code == 201
