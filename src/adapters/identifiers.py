"""Identifiers from the operating system's random source."""

import secrets

IDENTIFIER_BYTES = 16


class RandomIdentifiers:
    """128 random bits, as 22 characters of base64url."""

    def new(self) -> str:
        return secrets.token_urlsafe(IDENTIFIER_BYTES)
