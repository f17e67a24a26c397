"""Backups, as the tests of their commands make them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from falcon.testing import TestClient

from adapters.clock import SystemClock
from tests.integration.calls import (
    register,
)
from tests.integration.clients import standing
from tests.integration.commands import said
from tests.integration.stores import POSTGRESQL, Store
from tests.postgresql import PostgresServer

OVER = (
    "All sessions are over and all signing keys are gone: tokens and refresh tokens from before"
    " are refused, and everybody logs in again. Restart all servers.\n"
    "The secret (VARVEL_SECRET, or the file secret of the data directory) is not in it: without "
    "that of then, the audit trail of the backup does not verify.\n"
)


@pytest.fixture(autouse=True)
def programs(backend: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs, of the server's version."""
    if backend == POSTGRESQL:
        server: PostgresServer = request.getfixturevalue("postgres")
        monkeypatch.setenv("PATH", f"{server.binaries}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup"


@pytest.fixture
def running(store: Store) -> Iterator[TestClient]:
    """A process that goes on through everything, by the real clock, with miguel registered."""
    with standing(store.settings(), SystemClock()) as api:
        store.let_go.append(api.stop)
        register(api)
        yield api


@pytest.fixture
def elsewhere(empty_url: str, store: Store, tmp_path: Path) -> Store:
    """A database without a schema, for servers that have the store's secret."""
    directory = tmp_path / "elsewhere"
    directory.mkdir(mode=0o700)
    (directory / "secret").write_text(store.secret())
    return Store(directory, empty_url)


def back_up(store: Store, file: Path, *options: str) -> str:
    return said(store.environment(), "backup", str(file), *options)


def restore(store: Store, file: Path, *options: str) -> str:
    return said(store.environment(), "restore", str(file), *options)
