"""Who is calling, from the Authorization header (RFC 7617)."""

import base64
import binascii
from typing import Any

from falcon.asgi import Request, Response

from domain.tokens import (
    AuthenticateRequest,
    CredentialsRequired,
    InvalidCredentials,
    Principal,
    TokenCredentials,
)
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Access, operations_of


def basic_credentials(authorization: str | None) -> tuple[str, str]:
    """The user name and password in an Authorization header.

    Raises CredentialsRequired when there are none, InvalidCredentials when they cannot be read.
    """
    scheme, _, encoded = (authorization or "").strip(" \t").partition(" ")
    encoded = encoded.strip(" ")
    if scheme.lower() != "basic" or not encoded:
        raise CredentialsRequired
    try:
        pair = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidCredentials from None
    username, colon, password = pair.partition(":")
    if not colon:
        raise InvalidCredentials
    if not username:
        raise CredentialsRequired
    return username, password


class Authentication:
    """Lets nobody reach a responder that its operation does not admit."""

    def __init__(self, authenticate_request: AuthenticateRequest, hashing: Lane) -> None:
        self._authenticate_request = authenticate_request
        self._hashing = hashing

    async def process_resource(
        self, req: Request, _resp: Response, resource: object, _params: dict[str, Any]
    ) -> None:
        """Puts the principal into the request's context, where the operation asks for one."""
        declared = operations_of(resource).get(req.method)
        if declared is not None and declared.access is not Access.ANYONE:
            req.context.principal = await self._principal(req.auth)

    async def _principal(self, authorization: str | None) -> Principal:
        username, password = basic_credentials(authorization)
        credentials = self._authenticate_request.classify(username, password)
        # A token costs no I/O and is checked at once; a password costs a hash and waits its turn.
        if isinstance(credentials, TokenCredentials):
            return self._authenticate_request(credentials=credentials)
        return await self._hashing.run(self._authenticate_request, credentials=credentials)
