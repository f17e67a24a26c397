"""ES256 key pairs: made, sealed with a JWE, opened and published."""

import json
from collections.abc import Sequence
from datetime import datetime

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey

from domain.signing_keys import (
    PublicKey,
    SigningKey,
    SigningKeysNotLoaded,
    SigningKeyUnreadable,
)

ALGORITHM = "ES256"
CURVE = "P-256"
SEALING = {"alg": "dir", "enc": "A256GCM"}


class JoseKeyFactory:
    """Makes key pairs and seals their private halves under a key-encryption key of 256 bits."""

    def __init__(self, sealing_key: bytes) -> None:
        self._sealing_key = OctKey.import_key(sealing_key)

    def new(self, *, generation: int, use_from: datetime) -> SigningKey:
        """A fresh key pair; its kid is the thumbprint of RFC 7638."""
        pair = ECKey.generate_key(CURVE, private=True)
        kid = pair.thumbprint()
        private = json.dumps(pair.as_dict(private=True)).encode()
        # The kid stands in the authenticated header, so that a sealed key cannot be swapped.
        sealed = jwe.encrypt_compact(
            {**SEALING, "kid": kid}, private, self._sealing_key, list(SEALING.values())
        )
        return SigningKey(kid, generation, ALGORITHM, use_from, None, sealed)


class JoseKeyRing:
    """The open keys of this process. `sealing_keys` are tried in their order."""

    def __init__(self, sealing_keys: Sequence[bytes]) -> None:
        self._sealing_keys = [OctKey.import_key(key) for key in sealing_keys]
        self._keys: dict[str, ECKey] = {}
        self._signing: tuple[str, ECKey] | None = None

    def load(self, keys: Sequence[SigningKey]) -> None:
        """Takes these keys in place of all others; the newest generation signs."""
        opened = {key.kid: self._open(key) for key in keys}
        newest = max(keys, key=lambda key: key.generation)
        self._keys = opened
        self._signing = newest.kid, opened[newest.kid]

    def is_loaded(self) -> bool:
        return self._signing is not None

    def published(self) -> Sequence[PublicKey]:
        self.signing()
        return [
            {**_public(key), "kid": kid, "alg": ALGORITHM, "use": "sig"}
            for kid, key in self._keys.items()
        ]

    def signing(self) -> tuple[str, ECKey]:
        """The kid and the key that sign now. Raises SigningKeysNotLoaded."""
        if self._signing is None:
            raise SigningKeysNotLoaded
        return self._signing

    def find(self, kid: object) -> ECKey | None:
        """The key with this kid, if it is one of ours. Raises SigningKeysNotLoaded."""
        self.signing()
        return self._keys.get(kid) if isinstance(kid, str) else None

    def _open(self, key: SigningKey) -> ECKey:
        for sealing_key in self._sealing_keys:
            try:
                opened = jwe.decrypt_compact(key.sealed_key, sealing_key, list(SEALING.values()))
            except (JoseError, ValueError):
                continue
            if opened.protected.get("kid") == key.kid and opened.plaintext is not None:
                return ECKey.import_key(json.loads(opened.plaintext))
        raise SigningKeyUnreadable


def _public(key: ECKey) -> dict[str, str]:
    public = key.as_dict(private=False)
    return {name: str(public[name]) for name in ("kty", "crv", "x", "y")}
