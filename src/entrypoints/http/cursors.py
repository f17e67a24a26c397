"""Cursors: where a list goes on, in a form that nobody makes but this server."""

import base64
import binascii
import json

from domain.audit import Seals
from entrypoints.http.problems import Problem


class Cursors:
    """Opaque, authenticated texts. `purpose` keeps those of one list from being taken by another.

    It holds whatever a list depends on, so that a cursor goes on with the list it came from.
    """

    def __init__(self, seals: Seals) -> None:
        self._seals = seals

    def encode(self, purpose: str, place: list[str]) -> str:
        """The cursor for this place of the list."""
        text = base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")
        return f"{text}.{self._seals.seal(_content(purpose, text))}"

    def decode(self, purpose: str, cursor: str) -> list[str]:
        """The place. Raises Problem 400 for a cursor that was not made for this list."""
        text, _, seal = cursor.partition(".")
        try:
            if self._seals.fits(_content(purpose, text), seal):
                padded = text + "=" * (-len(text) % 4)
                place: list[str] = json.loads(base64.urlsafe_b64decode(padded))
                return place
        except (binascii.Error, UnicodeError):
            pass
        raise Problem(
            400,
            "invalid_cursor",
            "This cursor is not of this list; take the address from the Link of the page before.",
        )


def _content(purpose: str, text: str) -> str:
    return json.dumps(["cursor", purpose, text])
