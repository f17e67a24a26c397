"""Secrets that are handed out once, and kept as digests."""

import hmac
from hashlib import sha256
from typing import Protocol


class SecretFactory(Protocol):
    """Makes secrets."""

    def new(self) -> str:
        """A secret never given before, of at least 256 random bits, safe in URLs and forms."""


def digest_of(secret: str) -> str:
    """What is kept of a secret; its randomness makes a slow hash needless (ASVS V11.4.2)."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def is_digest_of(digest: str, secret: str) -> bool:
    """Whether the digest was made of this secret; takes the same time whatever it is."""
    return hmac.compare_digest(digest, digest_of(secret))
