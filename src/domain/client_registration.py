"""Registering clients: what an application may be, and where answers may go."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from domain.audit import AuditTrail, Event
from domain.clients import Client, ClientRepository, client_subject
from domain.clock import Clock
from domain.errors import FieldError, InvalidFields
from domain.identifiers import Identifiers
from domain.origins import Origin
from domain.secrets import SecretFactory, digest_of
from domain.tokens import RESERVED_SCOPES
from domain.unit_of_work import UnitOfWork

MAXIMUM_NAME_LENGTH = 64

_NOT_AN_ADDRESS = "A redirect address is an absolute URI, without fragment or user name."

_ANSWERS = frozenset({"code", "state", "iss", "error", "error_description", "error_uri"})
"""What is told at these addresses (RFC 6749 section 4.1.2, RFC 9207)."""

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,64}", re.ASCII)
"""RFC 6749 section 3.3: what a scope is made of."""

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+")
"""RFC 3986: an absolute URI, in its own characters alone."""


@dataclass(frozen=True, slots=True)
class CreateClient:
    """Registers an application."""

    clients: ClientRepository
    audit: AuditTrail
    clock: Clock
    identifiers: Identifiers
    secrets: SecretFactory
    unit_of_work: UnitOfWork

    def __call__(
        self,
        *,
        name: str,
        redirect_uris: Sequence[str],
        scopes: Sequence[str],
        audiences: Sequence[str] = (),
        resource: str | None = None,
        is_public: bool = False,
        acts_alone: bool = False,
        is_trusted: bool = False,
        origin: Origin,
    ) -> tuple[Client, str | None]:
        """The client, and its secret unless it is public; nobody can read that again.

        Raises InvalidFields.
        """
        secret = None if is_public else self.secrets.new()
        client = Client(
            id=self.identifiers.new(),
            name=" ".join(name.split()),
            secret_digest=secret and digest_of(secret),
            redirect_uris=tuple(dict.fromkeys(redirect_uris)),
            scopes=tuple(dict.fromkeys(scopes)),
            audiences=tuple(dict.fromkeys(audiences)),
            resource=resource,
            acts_alone=acts_alone,
            is_trusted=is_trusted,
            created_at=self.clock.now(),
        )
        if faults := [FieldError(field, "refused", detail) for field, detail in _faults(client)]:
            raise InvalidFields(*faults)
        with self.unit_of_work():
            self.clients.add(client)
            self.audit.record(
                Event.CLIENT_CREATED, origin=origin, subject=client_subject(client.id)
            )
        return client, secret


def _faults(client: Client) -> Iterator[tuple[str, str]]:
    if not 1 <= len(client.name) <= MAXIMUM_NAME_LENGTH or not client.name.isprintable():
        yield "name", f"A name has 1 to {MAXIMUM_NAME_LENGTH} printable characters."
    for uri in client.redirect_uris:
        if (fault := _redirect_fault(uri)) is not None:
            yield "redirect_uris", fault
    yield from _scope_faults(client)
    apis: list[tuple[str, str | None]] = [("audiences", api) for api in client.audiences]
    for field, api in [*apis, ("resource", client.resource)]:
        if api is not None and (not _URI.fullmatch(api) or "#" in api):
            yield field, "An API is named by an absolute URI without a fragment."
    if client.acts_alone and client.secret_digest is None:
        yield "acts_alone", "A public client cannot act for itself: it proves nothing."
    # RFC 8252 section 8.6: nothing but the user's decision would stand before its codes.
    if client.is_trusted and not all(map(client.is_known_at, client.redirect_uris)):
        yield (
            "is_trusted",
            "Users of a public client are asked, unless all its addresses are https.",
        )


def _scope_faults(client: Client) -> Iterator[tuple[str, str]]:
    for scope in client.scopes:
        if scope in RESERVED_SCOPES:
            yield "scopes", f"The scope {scope} is never granted to applications."
        elif not _SCOPE.fullmatch(scope):
            yield "scopes", "A scope is one word of at most 64 ASCII characters."
    if not client.scopes and (client.redirect_uris or client.acts_alone):
        yield "scopes", "Name what the application may ask for: at least one scope."


def _redirect_fault(uri: str) -> str | None:
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return _NOT_AN_ADDRESS
    if not _URI.fullmatch(uri) or "#" in uri or parts.username is not None:
        return _NOT_AN_ADDRESS
    if not _ANSWERS.isdisjoint(dict(parse_qsl(parts.query, keep_blank_values=True))):
        return "A redirect address has no parameter that is part of an answer, such as code."
    if parts.scheme == "https":
        return None if host else "A redirect address names a host."
    if parts.scheme == "http":
        is_local = host in ("127.0.0.1", "::1", "localhost")
        return None if is_local else "Plain http is for 127.0.0.1, [::1] and localhost only."
    # RFC 8252 section 7.1: a scheme of a program's own is a domain name in reverse.
    return None if "." in parts.scheme else "A scheme of an application's own has a dot in it."
