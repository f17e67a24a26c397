"""Whether this process can do its work."""

from dataclasses import dataclass
from typing import Protocol

from domain.clock import Clock
from domain.errors import DomainError, ErrorKind
from domain.revocations import RevokedSessions
from domain.signing_keys import KeyRing


class NotReady(DomainError):
    """The process cannot serve now. The answer does not say why: strangers ask as well."""

    code = "not_ready"
    kind = ErrorKind.UNAVAILABLE
    detail = "This server cannot serve requests now; ask another one, or try again in a moment."
    retry_after = 2


class Storage(Protocol):
    """The storage as a whole."""

    def is_usable(self) -> bool:
        """Whether it answers, and with a schema that this program can use."""


@dataclass(frozen=True, slots=True)
class CheckReadiness:
    """Looks at what every request depends on."""

    storage: Storage
    ring: KeyRing
    revoked: RevokedSessions
    clock: Clock

    def __call__(self) -> None:
        """Returns when requests can be served. Raises NotReady."""
        knows_tokens = self.ring.is_loaded() and self.revoked.is_current(self.clock.now())
        if not knows_tokens or not self.storage.is_usable():
            raise NotReady
