"""Identifiers that can be told beforehand."""

from itertools import count


class FakeIdentifiers:
    """Counts: id-1, id-2, and so on."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self) -> str:
        return f"id-{next(self._numbers)}"
