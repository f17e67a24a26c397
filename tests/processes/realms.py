"""A server to which applications send their users."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.clients import Client
from domain.origins import Origin
from entrypoints.administration import Administration
from entrypoints.bootstrap import administration
from entrypoints.settings import Settings
from tests.ports import free_port
from tests.processes.commands import PLAIN_GUNICORN
from tests.processes.servers import Server, clean_environment


@dataclass(frozen=True)
class Realm:
    """A server on which miguel is registered, and the operators of it."""

    server: Server
    base: str
    operators: Administration

    def client(self, redirect_uri: str, **options: Any) -> tuple[Client, str | None]:
        """A new client, and its secret."""
        usual = {"name": "Shop", "redirect_uris": [redirect_uri], "scopes": ["profile"]}
        return self.operators.create_client(origin=Origin(), **(usual | options))


@contextmanager
def realm(
    directory: Path, variables: Mapping[str, str], command: Sequence[str] = PLAIN_GUNICORN
) -> Iterator[Realm]:
    """A realm on the database of these settings, which are without VARVEL_."""
    port = free_port()
    base = f"http://localhost:{port}"
    chosen = {**variables, "PUBLIC_URL": base}
    with Server(directory, command=command, port=port, settings=chosen) as server:
        assert server.register("miguel").status == 201
        with administration(Settings.read(clean_environment(directory, **chosen))) as operators:
            yield Realm(server, base, operators)
