"""ES256 key pairs: made, sealed with a JWE, opened and published."""

import json
from collections.abc import Sequence
from datetime import datetime

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey

from domain.clock import Clock
from domain.signing_keys import (
    PublicKey,
    SigningKey,
    SigningKeysNotLoaded,
    SigningKeyUnreadable,
    signing_at,
)

ALGORITHM = "ES256"
CURVE = "P-256"
SEALING = {"alg": "dir", "enc": "A256GCM"}


class JoseKeyFactory:
    """Makes key pairs and seals their private halves under key-encryption keys of 256 bits.

    The first of `sealing_keys` seals; the others only open what they sealed before.
    """

    def __init__(self, sealing_keys: Sequence[bytes]) -> None:
        self._sealing_keys = [OctKey.import_key(key) for key in sealing_keys]

    def new(self, *, generation: int, use_from: datetime) -> SigningKey:
        """A fresh key pair; its kid is the thumbprint of RFC 7638."""
        pair = ECKey.generate_key(CURVE, private=True)
        kid = pair.thumbprint()
        private = json.dumps(pair.as_dict(private=True)).encode()
        return SigningKey(kid, generation, ALGORITHM, use_from, None, self._sealed(kid, private))

    def resealed(self, key: SigningKey) -> str:
        return self._sealed(key.kid, _opened(key, self._sealing_keys))

    def _sealed(self, kid: str, private: bytes) -> str:
        # The kid stands in the authenticated header, so that a sealed key cannot be swapped.
        header = {**SEALING, "kid": kid}
        return jwe.encrypt_compact(header, private, self._sealing_keys[0], list(SEALING.values()))


class JoseKeyRing:
    """The open keys of this process. `sealing_keys` are tried in their order."""

    def __init__(self, sealing_keys: Sequence[bytes], clock: Clock) -> None:
        self._sealing_keys = [OctKey.import_key(key) for key in sealing_keys]
        self._clock = clock
        self._keys: dict[str, tuple[SigningKey, ECKey]] = {}

    def load(self, keys: Sequence[SigningKey]) -> None:
        """Takes these keys in place of all others."""
        now = self._clock.now()
        self._keys = {
            key.kid: (key, ECKey.import_key(json.loads(_opened(key, self._sealing_keys))))
            for key in keys
            if not key.is_retired(now)
        }

    def is_loaded(self) -> bool:
        return bool(self._keys)

    def published(self) -> Sequence[PublicKey]:
        now = self._clock.now()
        return [
            {**_public(opened), "kid": kid, "alg": ALGORITHM, "use": "sig"}
            for kid, (key, opened) in self._loaded().items()
            if not key.is_retired(now)
        ]

    def signing(self) -> tuple[str, ECKey]:
        """The kid and the key that sign now. Raises SigningKeysNotLoaded."""
        keys = self._loaded()
        key = signing_at([key for key, _ in keys.values()], self._clock.now())
        return key.kid, keys[key.kid][1]

    def find(self, kid: object) -> ECKey | None:
        """The key with this kid, if it is one of ours. Raises SigningKeysNotLoaded."""
        keys = self._loaded()
        found = keys.get(kid) if isinstance(kid, str) else None
        if found is None or (found[0].retire_at and found[0].is_retired(self._clock.now())):
            return None
        return found[1]

    def _loaded(self) -> dict[str, tuple[SigningKey, ECKey]]:
        if not self._keys:
            raise SigningKeysNotLoaded
        return self._keys


def _opened(key: SigningKey, sealing_keys: Sequence[OctKey]) -> bytes:
    for sealing_key in sealing_keys:
        try:
            opened = jwe.decrypt_compact(key.sealed_key, sealing_key, list(SEALING.values()))
        except (JoseError, ValueError):
            continue
        if opened.protected.get("kid") == key.kid and opened.plaintext is not None:
            return opened.plaintext
    raise SigningKeyUnreadable


def _public(key: ECKey) -> dict[str, str]:
    public = key.as_dict(private=False)
    return {name: str(public[name]) for name in ("kty", "crv", "x", "y")}
