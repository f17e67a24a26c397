"""Werkzeug's hashes, as Flask applications keep them: `method$salt$digest`."""

import re
from dataclasses import dataclass, field
from hashlib import pbkdf2_hmac, scrypt
from hmac import compare_digest

_NUMBER = "([1-9][0-9]{0,8})"
_FORM = re.compile(
    rf"(?:pbkdf2:(sha1|sha256|sha512):{_NUMBER}|scrypt:{_NUMBER}:{_NUMBER}:{_NUMBER})"
    r"\$([A-Za-z0-9]+)\$([0-9a-f]+)",
    re.ASCII,
)
_SIZES = {"sha1": 20, "sha256": 32, "sha512": 64}
_SCRYPT_SIZE = 64


@dataclass(frozen=True, slots=True)
class WerkzeugHash:
    """One such hash, taken apart. Source: `werkzeug.security` of Werkzeug 0.9 to 3.1.

    `digest_name` and `rounds` are those of PBKDF2; scrypt has the empty name, and `scrypt` its
    N, r and p (RFC 7914).
    """

    digest_name: str
    rounds: int
    scrypt: tuple[int, int, int]
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    def matches(self, password: str) -> bool:
        """Whether it was made of this password."""
        return compare_digest(self._derived(password.encode()), self.digest)

    def _derived(self, password: bytes) -> bytes:
        if self.digest_name:
            return pbkdf2_hmac(self.digest_name, password, self.salt, self.rounds)
        n, r, p = self.scrypt
        most = 128 * r * (n + p + 2)
        return scrypt(password, salt=self.salt, n=n, r=r, p=p, maxmem=most, dklen=_SCRYPT_SIZE)


def parse(text: str) -> WerkzeugHash | None:
    """The hash, if the text is a whole one of a form that can be verified."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    name, rounds, n, r, p, salt, digest = found.groups(default="")
    if len(digest) != 2 * _SIZES.get(name, _SCRYPT_SIZE):
        return None
    costs = (int(n or 0), int(r or 0), int(p or 0))
    if not name and (costs[0] < 2 or costs[0] & (costs[0] - 1)):
        return None
    return WerkzeugHash(name, int(rounds or 0), costs, salt.encode(), bytes.fromhex(digest))
