"""The real application on a real database, in this process."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from falcon.testing import TestClient

from entrypoints.bootstrap import create_app, prepare
from entrypoints.settings import Settings
from tests.fakes.clock import FakeClock

CHEAP_HASH = {"VARVEL_HASH_MEMORY": "8", "VARVEL_HASH_TIME": "1"}
"""For tests in which the hash is not what is tested."""

MakeSettings = Callable[..., Settings]


@pytest.fixture(scope="session")
def prepared_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a secret, an empty database and a signing key, to be copied."""
    directory = tmp_path_factory.mktemp("prepared")
    prepare(Settings.read({"VARVEL_DATA_DIR": str(directory), **CHEAP_HASH}))
    return directory


@pytest.fixture
def make_settings(prepared_directory: Path, tmp_path: Path) -> MakeSettings:
    """Makes settings for a database of this test's own; keywords are variables without VARVEL_."""
    directory = tmp_path / "var"
    shutil.copytree(prepared_directory, directory)

    def make(**variables: str) -> Settings:
        chosen = {f"VARVEL_{name}": value for name, value in variables.items()}
        return Settings.read({"VARVEL_DATA_DIR": str(directory), **CHEAP_HASH, **chosen})

    return make


@pytest.fixture
def api(make_settings: MakeSettings, clock: FakeClock) -> TestClient:
    return TestClient(create_app(make_settings(), clock=clock))
