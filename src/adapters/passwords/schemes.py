"""Which hashes of older schemes can be verified, at a cost that a log-in can bear."""

import re
from typing import Any

from adapters.passwords import werkzeug

SCHEMES = {
    "$1$": "md5_crypt",
    "$5$": "sha256_crypt",
    "$6$": "sha512_crypt",
    "$apr1$": "apr_md5_crypt",
    "$sha1$": "sha1_crypt",
    "$2a$": "bcrypt",
    "$2b$": "bcrypt",
    "$2y$": "bcrypt",
    "$bcrypt-sha256$": "bcrypt_sha256",
    "$pbkdf2$": "pbkdf2_sha1",
    "$pbkdf2-sha256$": "pbkdf2_sha256",
    "$pbkdf2-sha512$": "pbkdf2_sha512",
    "$scrypt$": "scrypt",
    "$P$": "phpass",
    "$H$": "phpass",
    "pbkdf2_sha1$": "django_pbkdf2_sha1",
    "pbkdf2_sha256$": "django_pbkdf2_sha256",
    "bcrypt_sha256$": "django_bcrypt_sha256",
    "{SMD5}": "ldap_salted_md5",
    "{SSHA}": "ldap_salted_sha1",
    "{SSHA256}": "ldap_salted_sha256",
    "{SSHA512}": "ldap_salted_sha512",
    "{PKCS5S2}": "atlassian_pbkdf2_sha1",
}
"""The schemes of passlib that are verified, by what their hashes begin with.

Those without a salt, and those that nothing tells from others, are not among them.
"""

WRAPPED = {
    "{CRYPT}": "",
    "bcrypt$": "",
    "{PBKDF2}": "$pbkdf2$",
    "{PBKDF2-SHA256}": "$pbkdf2-sha256$",
    "{PBKDF2-SHA512}": "$pbkdf2-sha512$",
}
"""What LDAP and Django put in front of some, and what belongs there."""

MOST_ROUNDS = {"bcrypt": 16, "bcrypt_sha256": 16, "django_bcrypt_sha256": 16, "phpass": 22}
"""Powers of two, of which the last takes some 5 seconds: longer than a log-in has."""

MOST_OTHER_ROUNDS = 5_000_000
"""For the schemes that count rounds one by one; the same holds for the last."""

MOST_MEMORY = 128 * 2**20
"""Bytes that one hash may take: as much as the costliest scrypt that OWASP recommends."""

MOST_SCRYPT_WORK = 2**22
"""N times r times p."""


_WHOLE_BCRYPT = re.compile(
    r"[./A-Za-z0-9]{21}[.Oeu]\$?[./A-Za-z0-9]{30}[.CGKOSWaeimquy26]", re.ASCII
)
"""How salt and digest end, of which passlib only warns."""


def knows(password_hash: str) -> bool:
    """Whether the hash is a whole one of these schemes, and bearable to verify."""
    flask = werkzeug.parse(password_hash)
    if flask is not None:
        if flask.digest_name:
            return flask.rounds <= MOST_OTHER_ROUNDS
        return _bears_scrypt(*flask.scrypt)
    plain = _unwrapped(password_hash)
    name = _scheme(plain)
    if name is None or not plain.isascii():
        return False
    if "bcrypt" in name and not _WHOLE_BCRYPT.search(plain):
        return False
    try:
        parsed = _handler(name).from_string(plain)
    except (TypeError, ValueError, LookupError):
        return False
    return parsed.checksum is not None and _is_bearable(name, parsed)


def verify(password: str, password_hash: str) -> bool:
    """Whether a hash that is known was made of this password. Takes as long as it takes."""
    flask = werkzeug.parse(password_hash)
    if flask is not None:
        return flask.matches(password)
    plain = _unwrapped(password_hash)
    name = _scheme(plain)
    try:
        # bcrypt takes no more than 72 bytes, and nobody could know which it took of a longer one.
        return name is not None and bool(_handler(name).verify(password, plain))
    except (TypeError, ValueError, LookupError):
        return False


def _scheme(password_hash: str) -> str | None:
    return next((SCHEMES[each] for each in SCHEMES if password_hash.startswith(each)), None)


def _unwrapped(password_hash: str) -> str:
    for wrapping, own in WRAPPED.items():
        if password_hash.startswith(wrapping):
            return own + password_hash.removeprefix(wrapping)
    return password_hash


def _handler(name: str) -> Any:
    from passlib.registry import get_crypt_handler

    return get_crypt_handler(name)


def _is_bearable(name: str, parsed: Any) -> bool:
    if name == "scrypt":
        return _bears_scrypt(2**parsed.rounds, parsed.block_size, parsed.parallelism)
    return getattr(parsed, "rounds", 0) <= MOST_ROUNDS.get(name, MOST_OTHER_ROUNDS)


def _bears_scrypt(n: int, r: int, p: int) -> bool:
    return 128 * n * r <= MOST_MEMORY and n * r * p <= MOST_SCRYPT_WORK
