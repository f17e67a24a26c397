"""The lines of the log."""

import logging
from collections.abc import Iterator

import pytest

from entrypoints import logs


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """The application's log as it is when it serves; afterwards as it was."""
    log = logging.getLogger("varvel")
    before = (log.handlers, log.level, log.propagate)
    logs.configure()
    yield log
    log.handlers, log.level, log.propagate = before


@pytest.mark.asvs("V16.2.2")
def test_a_line_begins_with_its_moment_in_utc(
    log: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    handler = log.handlers[0]
    record = log.makeRecord("varvel", logging.INFO, "file", 1, "text", (), None)
    record.created, record.msecs = 1_800_000_000.25, 250

    assert handler.format(record).startswith("2027-01-15T08:00:00.250Z ")
