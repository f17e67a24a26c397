"""One secret, many keys: a key for each purpose, so that none serves two."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32


def derive_key(secret: bytes, purpose: str) -> bytes:
    """The 256-bit key that this secret gives for this purpose (HKDF-SHA256, RFC 5869)."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"varvel:{purpose}".encode()).derive(secret)
