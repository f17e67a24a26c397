"""Servers that are started for the first time, all at once, on one empty data directory."""

import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Self

from tests.ports import free_port
from tests.processes.databases import Database
from tests.processes.servers import ROOT, Server, clean_environment

SECRET_SIZE = 45
"""Bytes: 32 random ones in base64url, and a newline."""

FILES = {"secret", "varvel.sqlite", "varvel.sqlite-shm", "varvel.sqlite-wal"}

BETWEEN_LOOKS = 0.0005
"""Seconds."""


@contextmanager
def started_at_once(
    directory: Path, count: int, database: Database | None = None
) -> Iterator[list[Server]]:
    """This many servers, all answering: on this database, or on `directory / "var"`.

    On a database each has a data directory and a working directory of its own.
    """
    ports: set[int] = set()
    while len(ports) < count:
        ports.add(free_port())
    if database is None:
        servers = [_server(directory, port) for port in sorted(ports)]
    else:
        servers = [_own(directory / f"{port}", port, database) for port in sorted(ports)]
    with ExitStack() as stack:
        for server in servers:
            server.start()
            stack.push(server)
        for server in servers:
            server.wait_until_ready()
        yield servers
        for server in servers:
            server.ask_to_stop()


def _server(directory: Path, port: int, **variables: str) -> Server:
    environment = clean_environment(directory, BIND=f"127.0.0.1:{port}", WORKERS="1", **variables)
    working_directory = directory if variables else ROOT
    return Server(
        directory, port=port, environment=environment, working_directory=working_directory
    )


def _own(directory: Path, port: int, database: Database) -> Server:
    return _server(directory, port, **database.variables)


def check(servers: list[Server]) -> None:
    """Fails unless all servers share one key, and each takes the tokens of every other."""
    key_sets = [server.call("GET", "/.well-known/jwks.json").json for server in servers]
    assert len(key_sets[0]["keys"]) == 1
    assert all(key_set == key_sets[0] for key_set in key_sets)

    assert servers[0].register("miguel").status == 201
    tokens = [server.token("miguel") for server in servers]
    for server in servers:
        for token in tokens:
            assert server.call("GET", "/api/resource", auth=(token, "x")).status == 200


class Watch:
    """Looks at the secret and its directory over and over, and keeps what it saw."""

    def __init__(self, data_directory: Path) -> None:
        self._directory = data_directory
        self._over = Event()
        self._thread = Thread(target=self._look)
        self.modes: set[int] = set()
        self.secrets: set[tuple[int, bytes]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def check(self) -> None:
        """Fails unless the directory was private and the secret whole whenever they were there."""
        assert self.modes == {0o700}
        ((mode, secret),) = self.secrets
        assert mode == 0o600
        assert len(secret) == SECRET_SIZE
        # The drafts of those that came too late are gone.
        assert {path.name for path in self._directory.iterdir()} <= FILES

    def _look(self) -> None:
        secret = self._directory / "secret"
        while not self._over.wait(BETWEEN_LOOKS):
            if self._directory.exists():
                self.modes.add(stat.S_IMODE(self._directory.stat().st_mode))
            if secret.exists():
                self.secrets.add((stat.S_IMODE(secret.stat().st_mode), secret.read_bytes()))
