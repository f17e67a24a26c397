"""The worker: answers under way when it is told to stop announce the end of their connection."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from entrypoints import gunicorn_worker
from entrypoints.gunicorn_worker import DrainingWorker, Message, Receive, Send, _closing

START: Message = {"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]}
BODY: Message = {"type": "http.response.body", "body": b"x"}
CLOSE = (b"connection", b"close")


async def application(scope: Message, receive: Receive, send: Send) -> None:
    await send(dict(START))
    await send(dict(BODY))


class Loaded:
    """What gunicorn loads the application from."""

    def wsgi(self) -> object:
        return application


class Loop:
    """Notes what is to happen later."""

    def __init__(self) -> None:
        self.later: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        self.later.append((seconds, callback))


@pytest.fixture
def worker() -> Any:
    made: Any = DrainingWorker.__new__(DrainingWorker)
    made.app, made.loop, made.alive = Loaded(), Loop(), True
    made.load_wsgi()
    return made


def answered(app: Callable[..., Any], kind: str = "http") -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError("nobody asks for a body here")

    asyncio.run(app({"type": kind}, receive, send))
    return sent


def test_a_worker_that_goes_on_changes_no_answer(worker: Any) -> None:
    assert answered(worker.asgi) == [START, BODY]


def test_a_worker_told_to_stop_announces_it_and_goes_on_for_a_moment(worker: Any) -> None:
    worker.handle_exit_signal()

    assert worker.alive
    assert answered(worker.asgi) == [START | {"headers": [(b"a", b"b"), CLOSE]}, BODY]


def test_after_that_moment_it_stops_as_gunicorns_own_worker_does(worker: Any) -> None:
    worker.handle_exit_signal()
    ((seconds, stop),) = worker.loop.later

    stop()

    assert seconds == gunicorn_worker.DRAINING_SECONDS
    assert not worker.alive


def test_a_second_signal_does_not_put_the_end_off(worker: Any) -> None:
    for _ in range(3):
        worker.handle_exit_signal()

    assert len(worker.loop.later) == 1


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_only_answers_over_http_announce_anything(worker: Any, kind: str) -> None:
    worker.handle_exit_signal()

    assert answered(worker.asgi, kind) == [START, BODY]


def test_an_answer_that_began_before_the_signal_is_left_as_it_is(worker: Any) -> None:
    async def stopped_midway(scope: Message, receive: Receive, send: Send) -> None:
        worker.handle_exit_signal()
        await application(scope, receive, send)

    worker.app.wsgi = lambda: stopped_midway
    worker.load_wsgi()

    assert answered(worker.asgi)[-1] == BODY


def test_announcing_leaves_the_applications_own_message_alone() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    original = {"type": "http.response.start", "status": 204, "headers": []}
    asyncio.run(_closing(send)(original))  # type: ignore[arg-type]

    assert original["headers"] == []
    assert sent == [{**original, "headers": [CLOSE]}]
