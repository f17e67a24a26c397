"""The lines of the log: JSON for programs, readable on a terminal, and nobody's but ours."""

import io
import json
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import TestClient

from entrypoints import logs
from entrypoints.settings import LogLevel
from tests.integration.calls import resource
from tests.integration.logged import lines
from tests.integration.stores import SQLITE

OPERATING = (Path(__file__).parents[2] / "docs/operating.md").read_text("utf-8")
FORGED = "x\n2026-11-24T08:00:00.000Z [info] request\r\x1b[2J\u2028\u202e\ud800"
MOMENT = 1_800_000_000.25


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


@pytest.fixture
def put_back() -> Iterator[None]:
    """Leaves Python's logging as it was."""
    root, ours = logging.getLogger(), logging.getLogger("varvel")
    handlers, levels = root.handlers, (root.level, ours.level)
    yield
    root.handlers = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


def formatted(stream: io.StringIO, event: str, error: Exception | None = None, **extra: Any) -> str:
    """What a record becomes on this stream."""
    caught = None if error is None else (type(error), error, error.__traceback__)
    log = logging.getLogger("varvel")
    record = log.makeRecord("varvel", logging.INFO, "file", 1, event, (), caught, extra=extra)
    record.created, record.process = MOMENT, 7
    return logs.LineFormatter(stream).format(record)


def fail(error: Exception) -> None:
    # Put together here, since a traceback shows the source as it stands.
    unseen = " ".join(("planted", "local"))
    assert unseen
    raise error


def raised(error: Exception) -> Exception:
    with pytest.raises(type(error)) as caught:
        fail(error)
    return caught.value


@pytest.mark.asvs("V16.2.2", "V16.2.4")
def test_where_nobody_looks_a_line_is_an_object_with_its_moment_in_utc(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")

    line = formatted(io.StringIO(), "text", status=200)

    assert list(json.loads(line).items()) == [
        ("timestamp", "2027-01-15T08:00:00.250Z"),
        ("level", "info"),
        ("logger", "varvel"),
        ("process", 7),
        ("event", "text"),
        ("status", 200),
    ]


def test_every_field_is_documented() -> None:
    documented = OPERATING.split("\n| field |")[1].split("\n\n")[0]
    names = re.findall(
        "`([a-z_]+)`", " ".join(re.findall("^[|](.*?)[|]", documented, re.MULTILINE))
    )

    line = formatted(io.StringIO(), "text", raised(ValueError()), **dict.fromkeys(logs.FIELDS, 1))
    assert sorted(names) == sorted(json.loads(line))


def test_only_fields_that_are_known_are_written() -> None:
    entry = json.loads(formatted(io.StringIO(), "text", username="planted", ms=1.5))

    assert entry["ms"] == 1.5
    assert "username" not in entry


def test_on_a_terminal_a_line_is_text_in_colours(terminal: Terminal) -> None:
    line = formatted(terminal, "text", status=200)

    assert "\x1b[" in line
    assert not line.startswith("{")


def test_a_terminal_without_colours_gets_none(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    assert formatted(terminal, "text", status=200) == (
        "2027-01-15T08:00:00.250Z [info     ] text [varvel] process=7 status=200"
    )


@pytest.mark.asvs("V16.4.1")
@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()], ids=["program", "terminal"])
def test_nobody_writes_a_line_of_their_own_or_moves_the_cursor(
    stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    line = formatted(stream, f"text {FORGED}", raised(ValueError(FORGED)), client=FORGED)

    _, *others = line.split("\n")
    assert all(row.startswith("  ") for row in others)
    assert line.replace("\n", "").isprintable()
    assert bool(others) == stream.isatty()
    assert line.count("Traceback") == 1


def test_a_traceback_shows_no_local_variables(terminal: Terminal) -> None:
    for stream in (io.StringIO(), terminal):
        line = formatted(stream, "failed", raised(ValueError("why")))

        assert "ValueError: why" in line
        assert "planted local" not in line


@pytest.mark.usefixtures("put_back")
def test_below_the_level_that_is_set_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stdout", written)
    logs.configure(LogLevel.WARNING)

    for name in ("varvel", "varvel.requests", "asyncio"):
        logging.getLogger(name).info("not %s", name)
        logging.getLogger(name).warning("from %s", name)

    events = [json.loads(line)["event"] for line in written.getvalue().splitlines()]
    assert events == ["from varvel", "from varvel.requests", "from asyncio"]


@pytest.mark.usefixtures("put_back")
def test_libraries_are_heard_from_warnings_on_however_low_the_level(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stdout", written)
    logs.configure(LogLevel.DEBUG)

    for name in ("varvel", "library"):
        logging.getLogger(name).debug("from %s", name)

    (line,) = written.getvalue().splitlines()
    assert json.loads(line)["event"] == "from varvel"


@pytest.mark.databases(SQLITE)
def test_a_request_whose_line_is_not_wanted_makes_none(
    miguel: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "varvel.requests"):
        assert resource(miguel).status_code == 200

    assert lines(caplog) == []
