"""What a process does beside its requests: again and again, each chore by itself, until the end."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Event

import pytest

from domain.audit import ChainEnd
from domain.audit_chain import SEALING_INTERVAL
from domain.housekeeping import INTERVAL
from domain.unit_of_work import StorageUnavailable
from entrypoints.bootstrap import build
from entrypoints.follower import Follower
from entrypoints.http.app import chores
from entrypoints.http.lanes import Lane
from entrypoints.http.lifespan import Chore, Lifespan
from tests.integration.conftest import MakeSettings
from tests.integration.long_lived import DEADLINE
from tests.integration.stores import SQLITE

OFTEN = timedelta(milliseconds=1)
NEVER = timedelta(days=1)


class Work:
    """Gives or raises what it is told, one after the other, and then nothing; counts."""

    def __init__(self, *outcomes: object) -> None:
        self._outcomes = list(outcomes)
        self.calls = 0
        self.done = Event()

    def __call__(self) -> object:
        self.calls += 1
        if not self._outcomes:
            self.done.set()
            return None
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def chore(work: Callable[[], object], *, news: str | None = None) -> Chore:
    return Chore(work, OFTEN, "it is not done", news)


class Process:
    """A process with these chores; `closed` tells whether it has closed what was open."""

    def __init__(self, *chores: Chore, lane: Lane | None = None) -> None:
        self.lane = lane or Lane("chores", threads=2, queue=2)
        other = Lane("other", threads=1, queue=1)
        follower = Follower(lambda: None, interval=3600)
        self.closed = 0
        self._lifespan = Lifespan(follower, chores, self.lane, (other,), self._close)

    def _close(self) -> None:
        self.closed += 1

    async def until(self, *events: Event) -> set[asyncio.Task[object]]:
        """Lives until all this has happened; gives the tasks that are left then."""
        await self._lifespan.process_startup(None, None)
        for event in events:
            assert await asyncio.to_thread(event.wait, DEADLINE)
        await self._lifespan.process_shutdown(None, None)
        await asyncio.sleep(0)
        return asyncio.all_tasks() - {asyncio.current_task()}


def lived(*works: Work, news: str | None = None) -> Process:
    """A process that has lived until all this was done."""
    process = Process(*(chore(work, news=news) for work in works))
    assert asyncio.run(process.until(*(work.done for work in works))) == set()
    return process


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], Sequence[str]]:
    caplog.set_level(logging.INFO, "varvel")
    return lambda: [each.getMessage() for each in caplog.records if each.name == "varvel"]


def test_a_chore_is_done_again_and_again(said: Callable[[], Sequence[str]]) -> None:
    work = Work(1, None, 2, 3)

    lived(work)

    assert work.calls >= 5
    assert said() == []


def test_what_a_chore_has_to_tell_is_told_each_time(said: Callable[[], Sequence[str]]) -> None:
    lived(Work(None, ChainEnd(1, "one"), None, ChainEnd(3, "three"), 0), news="audit head")

    assert said() == ["audit head: 1 one", "audit head: 3 three", "audit head: 0"]


AWAY = StorageUnavailable("OperationalError")


def test_a_chore_that_fails_is_told_once_until_it_works_again(
    said: Callable[[], Sequence[str]], caplog: pytest.LogCaptureFixture
) -> None:
    lived(Work(AWAY, AWAY, AWAY, None, None, AWAY, AWAY))

    assert said() == [f"it is not done: {AWAY}"] * 2
    assert {record.levelno for record in caplog.records} == {logging.ERROR}
    # What is known needs no traceback.
    assert not any(record.exc_info for record in caplog.records)


def test_another_fault_is_told_as_well_and_one_that_nobody_foresaw_whole(
    said: Callable[[], Sequence[str]], caplog: pytest.LogCaptureFixture
) -> None:
    lived(Work(AWAY, KeyError("x"), KeyError("y"), AWAY))

    assert said() == [f"it is not done: {AWAY}", "it is not done: 'x'", f"it is not done: {AWAY}"]
    assert [bool(record.exc_info) for record in caplog.records] == [False, True, False]


def test_a_chore_that_fails_keeps_no_other_from_being_done(
    said: Callable[[], Sequence[str]],
) -> None:
    failing, working = Work(*[RuntimeError("broken")] * 20), Work(*range(20))

    lived(failing, working)

    assert working.calls > 20
    assert said() == ["it is not done: broken"]


def test_a_chore_that_hangs_keeps_no_other_from_being_done() -> None:
    begun, going_on, let_go, work = Event(), Event(), Event(), Work(*range(20))

    def hang() -> None:
        begun.set()
        assert going_on.wait(DEADLINE)

    def release() -> None:
        if begun.is_set() and work.done.is_set():
            going_on.set()
            let_go.set()

    process = Process(chore(hang), chore(work), chore(release))
    assert asyncio.run(process.until(let_go)) == set()

    assert work.calls > 20


def test_nothing_is_closed_under_a_chore_that_is_under_way() -> None:
    begun, going_on, ended = Event(), Event(), Event()

    class Closing(Lane):
        def close(self) -> None:
            going_on.set()
            super().close()

    class Watched(Process):
        def _close(self) -> None:
            assert ended.is_set()
            super()._close()

    def work() -> None:
        begun.set()
        assert going_on.wait(DEADLINE)
        ended.set()

    process = Watched(chore(work), lane=Closing("chores", threads=1, queue=1))
    assert asyncio.run(process.until(begun)) == set()
    assert process.closed == 1


def test_chores_for_which_the_lane_has_no_place_are_told_and_done_later(
    said: Callable[[], Sequence[str]],
) -> None:
    begun, going_on, work = Event(), Event(), Work()
    process = Process(chore(work), lane=Lane("chores", threads=1, queue=0))

    def occupy() -> None:
        begun.set()
        assert going_on.wait(DEADLINE)

    async def live() -> None:
        occupied = asyncio.create_task(process.lane.run(occupy))
        assert await asyncio.to_thread(begun.wait, DEADLINE)
        living = asyncio.create_task(process.until(work.done))
        while not said():
            await asyncio.sleep(OFTEN.total_seconds())
        going_on.set()
        await asyncio.gather(occupied, living)

    asyncio.run(live())

    (line,) = said()
    assert line.startswith("it is not done: ")
    assert work.calls


def test_the_end_ends_all_chores_whether_they_wait_or_work() -> None:
    started, work = Event(), Work()

    def note() -> None:
        started.set()

    process = Process(Chore(work, NEVER, "it is not done"), chore(note))
    assert asyncio.run(process.until(started)) == set()

    assert (work.calls, process.closed) == (0, 1)


def test_a_process_that_has_ended_can_begin_again() -> None:
    process = Process(chore(Work()))

    for number in (1, 2):
        assert asyncio.run(process.until()) == set()
        assert process.closed == number


@pytest.mark.databases(SQLITE)
def test_every_process_seals_each_second_and_tidies_up_each_minute(
    make_settings: MakeSettings,
) -> None:
    services, database = build(make_settings())

    found = {each.call: (each.interval, each.news) for each in chores(services)}

    assert found == {
        services.remove_expired: (INTERVAL, None),
        services.trim_audit_trail: (INTERVAL, None),
        services.seal_audit_trail: (SEALING_INTERVAL, "audit head"),
    }
    assert timedelta(seconds=1) == SEALING_INTERVAL
    database.dispose()
