"""Identifiers and secrets from the operating system's random source."""

import secrets

IDENTIFIER_BYTES = 16
SECRET_BYTES = 32


class RandomIdentifiers:
    """128 random bits, as 22 characters of base64url."""

    def new(self) -> str:
        return secrets.token_urlsafe(IDENTIFIER_BYTES)


class RandomSecrets:
    """256 random bits, as 43 characters of base64url."""

    def new(self) -> str:
        return secrets.token_urlsafe(SECRET_BYTES)
