"""Traces that OpenTelemetry's own variables forbid."""

import logging

import pytest

from tests.fakes.clock import FakeClock
from tests.integration.clients import standing
from tests.integration.stores import SQLITE, Store

pytestmark = pytest.mark.databases(SQLITE)


def test_variables_that_cannot_be_are_told_and_requests_are_served(
    store: Store,
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Fewer places than are sent at once.
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "8")
    caplog.set_level(logging.INFO, "varvel")
    settings = store.settings(TRACES_ENDPOINT="http://127.0.0.1:4318")

    with standing(settings, clock) as api:
        assert api.simulate_get("/health/ready").status_code == 200

    (told,) = (each.getMessage() for each in caplog.records if each.levelno == logging.ERROR)
    assert told.startswith("requests are not traced, mend OpenTelemetry's variables: max_export")
    (line,) = (each for each in caplog.records if each.name == "varvel.requests")
    assert not hasattr(line, "trace_id")
