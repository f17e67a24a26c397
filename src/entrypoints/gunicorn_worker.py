"""Gunicorn's asgi worker, made to say goodbye."""

from collections.abc import Awaitable, Callable
from typing import Any

from gunicorn.asgi import protocol
from gunicorn.workers.gasgi import ASGIWorker

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

DRAINING_SECONDS = 0.5
"""How long answers announce the end of their connections before connections end."""

# What serves is nobody's business; Gunicorn has no setting for its banner.
protocol._CACHED_SERVER_HEADER = b""  # noqa: SLF001

_connection_lost = protocol.ASGIProtocol.connection_lost


def _connection_let_go(self: Any, exc: Exception | None) -> None:
    # Gunicorn's own keeps a connection for three seconds after its client has closed it, in case
    # a request is still being served. Where none is, that costs 13 KiB each, and not for three
    # seconds only: by then they belong to what the garbage collector seldom looks at.
    if self._awaiting_request and not self._finishing_calls:
        self._request_ready.set()
        self._task = None
    _connection_lost(self, exc)


protocol.ASGIProtocol.connection_lost = _connection_let_go


class DrainingWorker(ASGIWorker):
    """Announces `Connection: close` before it stops.

    Gunicorn's own worker, told to stop between an answer's headers and its end, closes a connection
    that it has just promised to keep; whatever the client sent on it by then is lost.
    """

    asgi: Any
    _draining = False

    def load_wsgi(self) -> None:
        """Loads the application, and wraps it so that its answers can announce the end."""
        super().load_wsgi()
        application: Callable[..., Awaitable[None]] = self.asgi

        def announcing(scope: Message, receive: Receive, send: Send) -> Awaitable[None]:
            closing = self._draining and scope["type"] == "http"
            return application(scope, receive, _closing(send) if closing else send)

        self.asgi = announcing

    def handle_exit_signal(self) -> None:
        """Begins to drain; a moment later no connection is left that was promised more."""
        if not self._draining:
            self._draining = True
            self.loop.call_later(DRAINING_SECONDS, super().handle_exit_signal)

    async def _shutdown(self) -> None:
        # Also where a worker comes that has lost its master, and was never told to stop.
        self._draining = True
        await super()._shutdown()


def _closing(send: Send) -> Send:
    async def send_closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        await send(message)

    return send_closing
