"""The log: whatever goes through Python's logging, JSON or readable on a terminal."""

import json
import logging
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

from entrypoints.settings import LogLevel

FIELDS = (
    *("request_id", "client", "method", "route", "status", "ms"),
    *("user_id", "session_id", "code", "trace_id", "reason"),
)
"""What of a record's `extra` is written; whatever else somebody put there is not."""

_encoder = json.JSONEncoder(default=repr)


def configure(level: LogLevel) -> None:
    """Sends to standard output what the application logs, and from WARNING on what libraries do."""
    number = logging.getLevelNamesMapping()[level.name]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(LineFormatter(sys.stdout))
    root = logging.getLogger()
    root.handlers = [handler]
    # What libraries say below that may repeat a request.
    root.setLevel(max(number, logging.WARNING))
    logging.getLogger("varvel").setLevel(number)
    # Each record would look for these, which no line has.
    logging.logThreads = logging.logMultiprocessing = False


class LineFormatter(logging.Formatter):
    """A line for each record: JSON, or readable if the stream is a terminal.

    Colours are for terminals alone, and for none while NO_COLOR is set (no-color.org). A record's
    `extra` becomes FIELDS, its exception a traceback without local variables.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._render: Callable[[dict[str, object]], str] = _encoder.encode
        if stream.isatty():
            from structlog import dev

            colors = not os.environ.get("NO_COLOR")
            console = dev.ConsoleRenderer(colors=colors, pad_event_to=0, sort_keys=False)
            self._render = lambda event: console(None, "", _printable(event))

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        moment = datetime.fromtimestamp(record.created, UTC)
        event: dict[str, object] = {
            "timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "event": record.getMessage(),
        }
        told = record.__dict__
        event.update((name, told[name]) for name in FIELDS if name in told)
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return self._render(event)


def _printable(event: dict[str, object]) -> dict[str, object]:
    """Escapes what could move a terminal's cursor or forge a line, and indents a traceback."""
    shown = {
        key: _escaped(value) if isinstance(value, str) else value for key, value in event.items()
    }
    if "exception" in event:
        rows = str(event["exception"]).split("\n")
        shown["exception"] = "\n".join("  " + _escaped(row) for row in rows)
    return shown


def _escaped(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
