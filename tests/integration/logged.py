"""What the application has logged, in the form in which programs get it."""

import io
import json
from typing import Any

import pytest

from entrypoints import logs

_FORMATTER = logs.LineFormatter(io.StringIO())


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Each line of ours, as it is written where standard output is not a terminal."""
    ours = [record for record in caplog.records if record.name.startswith("varvel")]
    return [_FORMATTER.format(record) for record in ours]


def entries(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, Any]]:
    """The fields of each line with this event."""
    found = [json.loads(line) for line in lines(caplog)]
    return [entry for entry in found if entry["event"] == event]


def request_entry(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """The fields of the line that the only request left."""
    (entry,) = entries(caplog, "request")
    return entry
