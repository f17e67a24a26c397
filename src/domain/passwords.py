"""Passwords: how they are prepared, which ones are taken, and the port that hashes them."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from domain.errors import DomainError, ErrorKind, FieldError

MAXIMUM_PASSWORD_LENGTH = 256
"""Code points. NIST SP 800-63B-4 section 3.1.1.2 asks that at least 64 be allowed."""

SHORTEST_CONTEXT_WORD = 3
"""Code points. A shorter user name occurs in ordinary sentences and refuses good passphrases."""


_SCHEME = re.compile(r"\$?([a-z0-9_-]{1,32})[$:]", re.ASCII)
MAXIMUM_HASH_LENGTH = 255
"""Characters of what is stored."""


class HashingUnavailable(DomainError):
    """A password could not be looked at."""

    code = "hashing_unavailable"
    kind = ErrorKind.UNAVAILABLE
    detail = "Passwords cannot be checked at present; try again in a moment."
    retry_after = 2


class PasswordProfile(Protocol):
    """The OpaqueString profile of RFC 8265 section 4.2."""

    def enforce(self, password: str) -> str | None:
        """The password in the one form that is hashed and compared, or None if it has none."""


class PasswordHasher(Protocol):
    """Hashes passwords slowly, with a salt. Takes prepared passwords only."""

    def hash(self, password: str) -> str:
        """A new salted hash that carries its own parameters."""

    def verify(self, password: str, password_hash: str) -> bool:
        """Whether the hash was made of this password; False for a hash of no known form.

        Raises HashingUnavailable.
        """

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made by another scheme or with other parameters than at present."""

    def knows(self, password_hash: str) -> bool:
        """Whether some password can match: the hash is whole, and bearable to verify."""

    def decoy(self) -> str:
        """A hash with the present parameters that no known password has.

        Verifying against it costs an unknown user's log-in as much as a known one's.
        """


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """Which passwords are taken (NIST SP 800-63B-4 section 3.1.1.2).

    `minimum_length` counts code points of the prepared password, `common` holds passwords in
    lower case that are refused whole, and `context_words` what no password may contain.
    """

    profile: PasswordProfile
    minimum_length: int = 1
    common: Collection[str] = ()
    context_words: tuple[str, ...] = ()
    refuses_username: bool = False

    def prepare(self, password: str) -> str | FieldError:
        """The password as it is hashed and compared, or why it cannot be one."""
        if len(password) > MAXIMUM_PASSWORD_LENGTH:
            return _refused(
                "too_long", f"A password has at most {MAXIMUM_PASSWORD_LENGTH} characters."
            )
        prepared = self.profile.enforce(password)
        if prepared is None or len(prepared) > MAXIMUM_PASSWORD_LENGTH:
            return _refused(
                "not_a_password",
                "A password is not empty and has no control or unassigned characters.",
            )
        return prepared

    def admit(self, password: str, *, canonical_name: str) -> str | FieldError:
        """A new password of this user as it is hashed, or why it is not taken."""
        prepared = self.prepare(password)
        if isinstance(prepared, FieldError):
            return prepared
        return self.judge(prepared, canonical_name=canonical_name) or prepared

    def judge(self, prepared: str, *, canonical_name: str) -> FieldError | None:
        """Why this prepared password is not taken for this user, or None if it is."""
        if len(prepared) < self.minimum_length:
            return _refused(
                "too_short",
                f"Choose a password of at least {self.minimum_length} characters; "
                "a few unrelated words do well.",
            )
        folded = _folded(prepared)
        if folded in self.common:
            return _refused("too_common", "Many people use this password; choose another one.")
        words = (*self.context_words, canonical_name) if self.refuses_username else ()
        if any(_folded(word) in folded for word in words if len(word) >= SHORTEST_CONTEXT_WORD):
            return _refused(
                "too_obvious", "Choose a password without your user name or this service's name."
            )
        return None


def scheme_of(password_hash: str) -> str:
    """The scheme that a stored hash names itself, as the PHC string format and crypt(3) have it."""
    named = _SCHEME.match(password_hash)
    return named[1] if named else "unknown"


def _folded(text: str) -> str:
    # Full-width letters and other compatible spellings are as easy to guess as the plain ones.
    return unicodedata.normalize("NFKC", text).casefold()


def _refused(code: str, detail: str) -> FieldError:
    return FieldError("password", code, detail)
