"""Gunicorn's own messages: in the form of the application's, and never a request's path."""

import io
import json
import logging
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from gunicorn.config import Config

import entrypoints
from entrypoints.gunicorn_logger import FormattedLogger


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    """Leaves the loggers as they were."""
    logs = [logging.getLogger(name) for name in ("gunicorn.error", "gunicorn.access")]
    before = [(log.handlers[:], log.level, log.propagate) for log in logs]
    yield
    for log, (handlers, level, propagate) in zip(logs, before, strict=True):
        log.handlers, log.propagate = handlers, propagate
        log.setLevel(level)


def test_they_have_the_applications_form_also_after_a_reload(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logger = FormattedLogger(Config())
    logger.info("Booting worker with pid: %s", 7)
    logger.setup(Config())
    logger.warning("text\n%s", "more")

    entries = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [(entry["level"], entry["event"]) for entry in entries] == [
        ("info", "Booting worker with pid: 7"),
        ("warning", "text\nmore"),
    ]
    assert {entry["logger"] for entry in entries} == {"gunicorn.error"}


@pytest.mark.parametrize(
    ("level", "gunicorns"),
    [("debug", "info"), ("info", "info"), ("warning", "warning"), ("error", "error")],
)
def test_they_have_the_applications_level_but_not_debug_which_would_write_paths(
    monkeypatch: pytest.MonkeyPatch, level: str, gunicorns: str
) -> None:
    monkeypatch.setenv("VARVEL_LOG_LEVEL", level)

    settings = runpy.run_path(str(Path(entrypoints.__file__).parent / "gunicorn_conf.py"))

    assert settings["loglevel"] == gunicorns
    assert settings["logger_class"] == "entrypoints.gunicorn_logger.FormattedLogger"
