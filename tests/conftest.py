"""What all tests share."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.fakes.clock import FakeClock
from tests.postgresql import PostgresServer, running_server

pytest_plugins = ["tests.torture.plugin"]

# Deadlines are wall-clock assertions, and random examples make a red run unrepeatable.
settings.register_profile("default", deadline=None, derandomize=True, max_examples=100)
settings.register_profile("torture", deadline=None, max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The PostgreSQL server that tests share, started when the first of them asks for it."""
    with running_server(durable=False) as server:
        yield server
