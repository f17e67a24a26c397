"""What the long tests share."""

import pytest

from tests.processes.fixtures import database, frail_postgres, postgres_database

__all__ = ["database", "frail_postgres", "postgres_database"]

PLUGIN = "tests.torture.plugin"


def pytest_configure(config: pytest.Config) -> None:
    # For runs in which nobody else has loaded it.
    if not config.pluginmanager.has_plugin(PLUGIN):
        config.pluginmanager.import_plugin(PLUGIN)
