"""Clients of two nodes behind nginx, which go on while the nodes are restarted one by one."""

import ssl
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from threading import Condition
from typing import Any

from tests.patience import PATIENCE
from tests.processes.connections import HOST, Answer, basic, send
from tests.processes.databases import Database
from tests.processes.nginx import NAME, Nginx
from tests.processes.servers import Server

CLIENTS = 12
BETWEEN_STEPS = 150
"""Requests answered after one step and before the next."""

SETTINGS = {"HASH_QUEUE": "100", "TRUSTED_PROXIES": HOST, "PUBLIC_URL": f"https://{NAME}"}

_GONE = (ConnectionError, ssl.SSLEOFError)


@dataclass(frozen=True)
class Site:
    nginx: Nginx
    nodes: Sequence[Server]

    def call(self, method: str, path: str, *, source: str = HOST, **arguments: Any) -> Answer:
        """One request on a connection of its own, from this address."""
        with closing(self.nginx.connect(source)) as connection:
            return send(connection, method, path, **arguments)

    def log_in(self, name: str, *, source: str = HOST, **headers: str) -> Any:
        body = {"username": name, "password": "python"}
        answer = self.call("POST", "/api/sessions", json=body, source=source, headers=headers)
        assert answer.status == 201, answer
        return answer.json

    def restart(self, node: Server) -> None:
        """Takes a node out of nginx, starts it anew, and puts it in again."""
        self.nginx.configure(down=node.port)
        self.nginx.reload()
        assert node.stop() == 0
        node.start()
        node.wait_until_ready()
        assert node.call("GET", "/health/ready").status == 200
        self.nginx.configure()
        self.nginx.reload()


@contextmanager
def site(
    directory: Path, database: Database, changes: Mapping[str, str] | None = None
) -> Iterator[Site]:
    """Two nodes of two workers, on one database and behind one nginx."""
    variables = database.variables | SETTINGS
    with ExitStack() as stack:
        nodes = [
            stack.enter_context(Server(directory / name, workers=2, settings=variables))
            for name in ("first", "second")
        ]
        ports = [node.port for node in nodes]
        nginx = stack.enter_context(Nginx(directory / "nginx", ports, changes))
        yield Site(nginx, nodes)


@dataclass
class Load:
    """Clients that check tokens on kept-alive connections, and register on new ones.

    nginx, told to reload, closes idle connections, and a request may be on its way then. A client
    asks again, once, what may be asked twice (RFC 9110 section 9.2.2); registrations may not.
    """

    site: Site
    token: str
    answered: int = 0
    asked_again: int = 0
    registered: int = 0
    failed: list[str] = field(default_factory=list)
    over: bool = False
    progress: Condition = field(default_factory=Condition)
    users: "count[int]" = field(default_factory=count)

    def ask_until_over(self) -> None:
        connection = self.site.nginx.connect()
        with closing(connection):
            for turn in count(1):
                if self.over:
                    return
                try:
                    status = self._register() if turn % 10 == 0 else self._check(connection)
                except OSError as error:
                    self._note(f"no answer: {error!r}")
                    connection.close()
                else:
                    self._note("" if status in (200, 201) else f"answered {status}")

    def _check(self, connection: HTTPConnection) -> int:
        headers = {"Authorization": basic(self.token, "x")}
        is_used = connection.sock is not None
        try:
            return send(connection, "GET", "/api/resource", headers=headers).status
        except _GONE:
            connection.close()
            if not is_used:
                raise
            self.asked_again += 1
            return send(connection, "GET", "/api/resource", headers=headers).status

    def _register(self) -> int:
        body = {"username": f"user-{next(self.users)}", "password": "python"}
        status = self.site.call("POST", "/api/users", json=body).status
        self.registered += status == 201
        return status

    def _note(self, failure: str) -> None:
        with self.progress:
            self.answered += 1
            if failure:
                self.failed.append(failure)
            self.progress.notify_all()

    def wait_for(self, number: int) -> None:
        """Waits for so many requests more."""
        with self.progress:
            enough = self.answered + number
            assert self.progress.wait_for(lambda: self.answered >= enough, PATIENCE)


def restart_under_load(site: Site, *, rounds: int, at_least: int) -> Load:
    """Restarts one node after the other, so many times, while requests go on."""
    assert site.call("POST", "/api/users", json=MIGUEL).status == 201
    load = Load(site, site.log_in("miguel")["access_token"])
    with ThreadPoolExecutor(CLIENTS) as threads:
        clients = [threads.submit(load.ask_until_over) for _ in range(CLIENTS)]
        try:
            for node in (*site.nodes,) * rounds:
                load.wait_for(BETWEEN_STEPS)
                site.restart(node)
            load.wait_for(max(BETWEEN_STEPS, at_least - load.answered))
        finally:
            load.over = True
    for client in clients:
        client.result()
    return load


MIGUEL = {"username": "miguel", "password": "python"}
