"""Where Prometheus reads the metrics of all workers: a port of the master's own.

Each process writes its numbers into files of one directory, which they outlive: that is
prometheus_client's multiprocess mode, chosen by a variable when that library is first imported.
"""

import atexit
import logging
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from errno import EADDRINUSE
from functools import partial
from socketserver import TCPServer, ThreadingMixIn
from tempfile import mkdtemp
from threading import Thread
from time import sleep
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from entrypoints.settings import authority

Application = Callable[..., Iterable[bytes]]

LONGEST_SILENCE = 5.0
"""Seconds that a client may keep a thread waiting."""

RETRY_INTERVAL = 0.5
"""Seconds between two tries to take over from the master before this one."""

_log = logging.getLogger("varvel")


class MetricsServer:
    """The hooks of a Gunicorn master that serves metrics. The directory is there from the start.

    One that has replaced another (USR2) serves once that has ended.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._server: _Server | None = None
        self._directory = mkdtemp(prefix="varvel-metrics-")
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = self._directory
        atexit.register(self._remove_directory, os.getpid())

    def when_ready(self, master: Any) -> None:
        """Begins to serve, before there are workers. Leaves with a message where it cannot."""
        try:
            # On this thread what locks guard: a worker forked meanwhile would find them locked.
            self._server = _Server(self._host, self._port, _application(self._directory))
            is_listening = _listen(self._server, is_successor=bool(master.master_pid))
        except OSError as error:
            sys.exit(
                f"Cannot serve metrics on {authority(self._host, self._port)}: {error.strerror}. "
                "Stop what listens there, or set VARVEL_METRICS_BIND to another address."
            )
        serve = partial(_serve, self._server, is_listening=is_listening)
        Thread(target=serve, name="metrics", daemon=True).start()

    def post_fork(self, _master: object, _worker: object) -> None:
        """Lets go of the port in a worker, which may outlive its master."""
        if self._server is not None:
            self._server.socket.close()

    def child_exit(self, _master: object, worker: Any) -> None:
        """Forgets what a dead worker had in hand, not what it has counted."""
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid, self._directory)  # type: ignore[no-untyped-call]

    def _remove_directory(self, owner: int) -> None:
        # Workers are forked, and end like the master.
        if os.getpid() == owner:
            shutil.rmtree(self._directory, ignore_errors=True)


class _Handler(WSGIRequestHandler):
    timeout = LONGEST_SILENCE

    def log_message(self, format: str, *_args: object) -> None:  # noqa: A002 - as it is called
        pass


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def __init__(self, host: str, port: int, application: Application) -> None:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        self.address_family, *_, address = found[0]
        super().__init__(address[:2], _Handler, bind_and_activate=False)  # type: ignore[arg-type]
        self.set_app(application)

    def listen(self) -> None:
        """Takes the port. Raises OSError."""
        self.server_bind()
        self.server_activate()

    def server_bind(self) -> None:
        # HTTPServer's own would ask a name server.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]
        self.setup_environ()

    def handle_error(self, _request: object, _client_address: object) -> None:
        _log.warning("metrics: a client went away: %s", type(sys.exception()).__name__)


def _listen(server: _Server, *, is_successor: bool) -> bool:
    try:
        server.listen()
    except OSError as error:
        if not is_successor or error.errno != EADDRINUSE:
            raise
        return False
    return True


def _serve(server: _Server, *, is_listening: bool) -> None:
    while not is_listening:
        sleep(RETRY_INTERVAL)
        with suppress(OSError):
            server.listen()
            is_listening = True
    server.serve_forever()


def _application(directory: str) -> Application:
    from prometheus_client import CollectorRegistry, make_wsgi_app
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=directory)  # type: ignore[no-untyped-call]
    served: Application = make_wsgi_app(registry)

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return served(environ, start_response)
        except Exception as error:  # a file that its worker has only begun, at worst
            _log.warning("metrics could not be read: %s", type(error).__name__)
            start_response("503 Service Unavailable", [("Retry-After", "1")])
            return [b"Read again in a moment.\n"]

    return answer
