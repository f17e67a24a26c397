"""The follower: one thread that goes on calling, says once that it fails, and ends when told."""

import logging
import threading
from collections.abc import Iterator
from threading import Event

import pytest

from domain.unit_of_work import StorageUnavailable
from entrypoints.follower import Follower
from tests.integration.long_lived import DEADLINE


class Following:
    """Fails as often as it is told, and counts."""

    def __init__(self, *failures: Exception | None) -> None:
        self._outcomes: Iterator[Exception | None] = iter(failures)
        self.calls = 0
        self.threads: set[str] = set()
        self.done = Event()

    def __call__(self) -> None:
        self.calls += 1
        self.threads.add(threading.current_thread().name)
        try:
            outcome = next(self._outcomes)
        except StopIteration:
            self.done.set()
            return
        if outcome is not None:
            raise outcome


def followed(following: Following) -> None:
    """Lets a follower call until it has nothing more to fail with."""
    follower = Follower(following, interval=0.001)
    follower.start().result(DEADLINE)
    assert following.done.wait(DEADLINE)
    follower.stop()


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "varvel"]


FAILED = "signing keys and revocations cannot be read: "
MENDED = "signing keys and revocations are read again"


def test_it_has_called_once_when_its_start_is_over() -> None:
    following = Following()
    follower = Follower(following, interval=3600)

    follower.start().result(DEADLINE)

    assert following.calls == 1
    assert following.threads == {"follower"}
    follower.stop()


def test_it_is_not_started_twice_since_the_first_thread_would_never_end() -> None:
    follower = Follower(Following(), interval=3600)
    follower.start().result(DEADLINE)

    with pytest.raises(RuntimeError, match="stop it first"):
        follower.start()

    follower.stop()
    follower.start().result(DEADLINE)
    follower.stop()


def test_a_first_call_that_fails_does_not_keep_the_process_from_its_start() -> None:
    following = Following(StorageUnavailable("OperationalError"))
    follower = Follower(following, interval=3600)

    assert follower.start().result(DEADLINE) is None

    follower.stop()
    assert following.calls == 1


def test_an_outage_is_told_once_when_it_begins_and_once_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    away = StorageUnavailable("OperationalError")
    with caplog.at_level(logging.INFO, "varvel"):
        followed(Following(away, away, away, None, None, away, away))

    said = FAILED + str(away)
    assert messages(caplog) == [said, MENDED, said, MENDED]
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.asvs("V16.5.4")
def test_a_fault_that_nobody_foresaw_is_logged_whole_and_does_not_end_the_thread(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, "varvel"):
        followed(Following(KeyError("position"), RuntimeError("x")))

    assert messages(caplog) == [f"{FAILED}'position'", f"{FAILED}x", MENDED]
    assert caplog.records[0].exc_info
    assert caplog.records[1].exc_info


def test_a_follower_that_was_stopped_calls_no_more_and_can_start_again() -> None:
    following = Following()
    follower, others = Follower(following, interval=0.001), set(threading.enumerate())
    for _ in range(3):
        follower.start().result(DEADLINE)
        follower.stop()
        assert set(threading.enumerate()) <= others
    calls = following.calls

    follower.stop()

    assert following.calls == calls >= 3


def test_stopping_waits_for_the_call_under_way() -> None:
    entered, going_on, ended = Event(), Event(), Event()

    def follow() -> None:
        entered.set()
        assert going_on.wait(DEADLINE)
        ended.set()

    follower = Follower(follow, interval=3600)
    follower.start()
    assert entered.wait(DEADLINE)
    stopping = threading.Thread(target=follower.stop)
    stopping.start()
    assert stopping.is_alive()
    going_on.set()
    stopping.join(DEADLINE)

    assert ended.is_set()
    assert not stopping.is_alive()
