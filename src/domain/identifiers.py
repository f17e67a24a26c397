"""Identifiers that nobody can guess, as a port."""

from typing import Protocol


class Identifiers(Protocol):
    """Makes identifiers for tokens and sessions."""

    def new(self) -> str:
        """An identifier never given before, with at least 128 random bits (ASVS V7.2.3)."""
