"""The machine's clock."""

from datetime import UTC, datetime


class SystemClock:
    """The time as the operating system tells it."""

    def now(self) -> datetime:
        return datetime.now(UTC)
