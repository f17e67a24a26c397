"""Transactions, as a port."""

from contextlib import AbstractContextManager
from typing import Protocol

from domain.errors import DomainError, ErrorKind


class UnitOfWork(Protocol):
    """Opens a transaction that every repository called inside the block takes part in."""

    def __call__(self) -> AbstractContextManager[None]:
        """Commits on leaving the block, rolls all of it back when an exception leaves it.

        Raises StorageUnavailable when the storage cannot be reached or does not answer in time.
        """


class StorageUnavailable(DomainError):
    """The storage could not be reached, or is too busy to take the work.

    Nothing was kept, unless it failed in the very moment of the commit: then nobody knows.

    `reason` is the name of the fault, for the log.
    """

    code = "storage_unavailable"
    kind = ErrorKind.UNAVAILABLE
    detail = "The database does not answer; try again in a moment."
    retry_after = 2

    def __init__(self, reason: str = "unknown") -> None:
        super().__init__()
        self.reason = reason
