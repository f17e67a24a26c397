"""How long tests wait for what has to come."""

from collections.abc import Iterator
from threading import Event
from time import monotonic

PATIENCE = 120.0
"""Seconds after which a test gives up waiting. Nothing is measured by it."""

BETWEEN_TRIES = 0.05
"""Seconds."""


def tries() -> Iterator[None]:
    """A try, and another one after a pause, for as long as there is patience."""
    last = monotonic() + PATIENCE
    pause = Event()
    while monotonic() < last:
        yield
        pause.wait(BETWEEN_TRIES)
