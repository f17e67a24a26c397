"""Identifiers that nobody can guess, as a port."""

import re
from typing import Protocol

_FORM = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class Identifiers(Protocol):
    """Makes identifiers for tokens and sessions."""

    def new(self) -> str:
        """An identifier never given before, with at least 128 random bits (ASVS V7.2.3)."""


def is_identifier(text: str) -> bool:
    """Whether the text can be one of ours, so that it is worth looking for."""
    return _FORM.fullmatch(text) is not None
