"""The log: whatever goes through Python's logging, JSON or readable on a terminal."""

import logging
import os
import sys
from datetime import UTC, datetime
from typing import TextIO

from structlog import dev, processors
from structlog.stdlib import ExtraAdder, ProcessorFormatter
from structlog.types import EventDict, Processor, WrappedLogger

from entrypoints.settings import LogLevel

FIELDS = (
    *("request_id", "client", "method", "route", "status", "ms"),
    *("user_id", "session_id", "code", "trace_id", "reason"),
)
"""What of a record's `extra` is written; whatever else somebody put there is not."""


def configure(level: LogLevel) -> None:
    """Sends to standard output what the application logs, and from WARNING on what libraries do."""
    number = logging.getLevelNamesMapping()[level.name]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter(sys.stdout))
    root = logging.getLogger()
    root.handlers = [handler]
    # What libraries say below that may repeat a request.
    root.setLevel(max(number, logging.WARNING))
    logging.getLogger("varvel").setLevel(number)


def formatter(stream: TextIO) -> ProcessorFormatter:
    """A line for each record: JSON, or readable if the stream is a terminal.

    Colours are for terminals alone, and for none while NO_COLOR is set (no-color.org). A record's
    `extra` becomes FIELDS, its exception a traceback without local variables.
    """
    ending: list[Processor] = [processors.JSONRenderer()]
    if stream.isatty():
        colors = not os.environ.get("NO_COLOR")
        ending = [
            _printable,
            dev.ConsoleRenderer(colors=colors, pad_event_to=0, sort_keys=False),
        ]
    return ProcessorFormatter(
        processors=[
            _begin,
            ExtraAdder(FIELDS),
            ProcessorFormatter.remove_processors_meta,
            # Before a renderer does, which shows local variables where rich is installed.
            processors.format_exc_info,
            *ending,
        ]
    )


def _begin(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    moment = datetime.fromtimestamp(record.created, UTC)
    return {
        "timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "process": record.process,
        **event,
    }


def _printable(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
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
