"""A backup of a server under load, and what comes of it elsewhere."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from tests.processes.databases import Database
from tests.processes.servers import Server


@dataclass
class Load:
    """Who was told that they are registered, and the tokens of their sessions, as it goes on."""

    server: Server
    acknowledged: list[str] = field(default_factory=list)
    tokens: list[tuple[str, str]] = field(default_factory=list)

    def register_and_log_in(self, client: int, is_over: Event) -> None:
        number = 0
        while not is_over.is_set():
            name = f"user{client}x{number}"
            assert self.server.register(name).status == 201
            self.acknowledged.append(name)
            body = {"username": name, "password": "python"}
            answer = self.server.call("POST", "/api/sessions", json=body)
            assert answer.status == 201, answer
            self.tokens.append((answer.json["access_token"], answer.json["refresh_token"]))
            number += 1


@contextmanager
def under_load(server: Server, clients: int) -> Iterator[Load]:
    """So many clients register and log in for as long as the block lasts; none may fail."""
    load, is_over = Load(server), Event()
    with ThreadPoolExecutor(clients) as pool:
        running = [pool.submit(load.register_and_log_in, each, is_over) for each in range(clients)]
        try:
            yield load
        finally:
            is_over.set()
        for each in running:
            each.result()


def check_restored(
    directory: Path, database: Database, acknowledged: list[str], tokens: list[tuple[str, str]]
) -> None:
    """Fails unless these users can log in there, and none of these tokens is taken."""
    assert database.execute("SELECT count(*) FROM sessions") == [(0,)]
    with Server(directory, settings=database.variables) as server:
        for name in acknowledged:
            assert server.token(name)
        for access_token, refresh_token in tokens:
            refused = server.call("GET", "/api/resource", auth=(access_token, "x"))
            assert refused.status == 401, refused
            refused = server.call("POST", "/api/token", json={"refresh_token": refresh_token})
            assert refused.status == 401, refused
