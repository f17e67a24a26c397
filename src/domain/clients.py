"""Clients: the applications that users let act for them (RFC 6749 section 2)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.audit import AuditTrail, Event
from domain.clock import Clock
from domain.errors import DomainError, ErrorKind
from domain.identifiers import is_identifier
from domain.origins import Origin
from domain.revocations import Revocation, RevokedSessions
from domain.secrets import SecretFactory, digest_of, is_digest_of
from domain.sessions import SessionRepository
from domain.tokens import OWN_CLIENTS, scope_words
from domain.unit_of_work import UnitOfWork

_LOOPBACK_URI = re.compile(
    r"(?P<host>http://(127\.0\.0\.1|\[::1\]))(:(?P<port>[1-9][0-9]{0,4}))?(?P<rest>([/?].*)?)",
    re.ASCII,
)
_LAST_PORT = 65_535

BATCH = 500
"""Sessions of a removed client that one unit of work ends."""


@dataclass(frozen=True, slots=True)
class Client:
    """An application, as it was registered.

    One with a secret is confidential, and may act for itself if `acts_alone`. `audiences` are the
    APIs it may ask tokens for; `resource` is the API that it is itself, if it is one, so that it
    may ask what tokens for it say. For one `is_trusted` nobody is asked: it is the owner's own.
    """

    id: str
    name: str
    secret_digest: str | None
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]
    resource: str | None
    acts_alone: bool
    is_trusted: bool
    created_at: datetime

    def has_secret(self, secret: str) -> bool:
        """Whether this is the client's secret."""
        return self.secret_digest is not None and is_digest_of(self.secret_digest, secret)

    def redirects_to(self, uri: str) -> bool:
        """Whether answers may be sent there.

        Exactly a registered address (RFC 9700 section 2.1); only the port of a loopback address may
        be another one, since a program on somebody's machine takes what is free (RFC 8252 section
        7.3).
        """
        if uri in self.redirect_uris:
            return True
        portless = _without_port(uri)
        return portless is not None and portless in map(_without_port, self.redirect_uris)

    def is_known_at(self, uri: str) -> bool:
        """Whether no other program can pass for this one there, or anywhere if no address is named.

        It can for a public one on somebody's machine (RFC 8252 section 8.6).
        """
        addresses = (uri,) if uri else self.redirect_uris
        return self.secret_digest is not None or all(
            address.startswith("https://") for address in addresses
        )

    def allowed(self, scope: str | None) -> str | None:
        """The scope to ask the user for: what was asked, or all it has; None if it has it not."""
        asked = scope_words(scope or "") or self.scopes
        return " ".join(asked) if set(asked) <= set(self.scopes) else None


class ClientNotFound(DomainError):
    """No client has this id."""

    code = "client_not_found"
    kind = ErrorKind.NOT_FOUND
    detail = "No client has this id; varvel clients list shows those there are."


class PublicClient(DomainError):
    """The client has no secret that could be replaced."""

    code = "public_client"
    kind = ErrorKind.INVALID
    detail = "This client is a public one: it has no secret, and needs none."


class ClientRepository(Protocol):
    """Keeps clients. Outside a unit of work each call is a transaction of its own."""

    def add(self, client: Client) -> None:
        """Stores a new client."""

    def find(self, client_id: str) -> Client | None:
        """The client with this id, if there is one."""

    def lock(self, client_id: str) -> Client | None:
        """The same, whom nobody else locks, changes or removes before this unit of work ends."""

    def list(self) -> Sequence[Client]:
        """All clients, the oldest first."""

    def replace_secret(self, client_id: str, digest: str) -> None:
        """Writes another digest."""

    def remove(self, client_id: str) -> None:
        """Removes the client, its authorization codes, and what users have consented to."""


def client_subject(client_id: str) -> str:
    """What this client is called in the audit trail."""
    return f"client:{client_id}"


@dataclass(frozen=True, slots=True)
class ShowClient:
    """Looks a client up."""

    clients: ClientRepository

    def __call__(self, *, client_id: str) -> Client:
        """The client. Raises ClientNotFound."""
        return _existing(self.clients.find(client_id) if is_identifier(client_id) else None)


@dataclass(frozen=True, slots=True)
class ListClients:
    """Lists the clients."""

    clients: ClientRepository

    def __call__(self) -> Sequence[Client]:
        """All clients, the oldest first."""
        return self.clients.list()


@dataclass(frozen=True, slots=True)
class RotateClientSecret:
    """Gives a client another secret; the present one is refused at once."""

    clients: ClientRepository
    audit: AuditTrail
    secrets: SecretFactory
    unit_of_work: UnitOfWork

    def __call__(self, *, client_id: str, origin: Origin) -> str:
        """The new secret. Raises ClientNotFound and PublicClient."""
        secret = self.secrets.new()
        with self.unit_of_work():
            client = _locked(self.clients, client_id)
            if client.secret_digest is None:
                raise PublicClient
            self.clients.replace_secret(client.id, digest_of(secret))
            self.audit.record(
                Event.CLIENT_SECRET_ROTATED, origin=origin, subject=client_subject(client.id)
            )
        return secret


@dataclass(frozen=True, slots=True)
class DeleteClient:
    """Removes a client, and ends everything that it was granted."""

    clients: ClientRepository
    sessions: SessionRepository
    revoked: RevokedSessions
    audit: AuditTrail
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(self, *, client_id: str, origin: Origin) -> int:
        """Says how many sessions that ended.

        After a failure, a repetition ends those that are left. Raises ClientNotFound when there is
        nothing of such a client.
        """
        if not is_identifier(client_id) or client_id in OWN_CLIENTS:
            raise ClientNotFound
        now = self.clock.now()
        with self.unit_of_work():
            client = self.clients.lock(client_id)
            if client is not None:
                self.clients.remove(client.id)
                self.audit.record(
                    Event.CLIENT_DELETED, origin=origin, subject=client_subject(client.id)
                )
        # From here on nothing of it is renewed or begun; and nobody waits long for any of these.
        number = 0
        while ended := self._end_some(client_id, now):
            self.revoked.add(ended)
            number += len(ended)
        if client is None and not number:
            raise ClientNotFound
        return number

    def _end_some(self, client_id: str, now: datetime) -> Sequence[Revocation]:
        with self.unit_of_work():
            return self.sessions.end(None, at=now, client_id=client_id, limit=BATCH)


def _locked(clients: ClientRepository, client_id: str) -> Client:
    return _existing(clients.lock(client_id) if is_identifier(client_id) else None)


def _existing(client: Client | None) -> Client:
    if client is None:
        raise ClientNotFound
    return client


def _without_port(uri: str) -> str | None:
    match = _LOOPBACK_URI.fullmatch(uri)
    if match is None or int(match["port"] or 1) > _LAST_PORT:
        return None
    return match["host"] + match["rest"]
