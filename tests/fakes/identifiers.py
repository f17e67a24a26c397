"""Identifiers and secrets that can be told beforehand."""

from itertools import count


class FakeIdentifiers:
    """Counts: id-1, id-2, and so on."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self) -> str:
        return f"id-{next(self._numbers)}"


class FakeSecrets:
    """Counts: secret-1, secret-2, and so on."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self) -> str:
        return f"secret-{next(self._numbers)}"
