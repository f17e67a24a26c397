"""Who is calling, from the Authorization header (RFC 7617 and RFC 6750)."""

import binascii
import re
from typing import Any

from falcon.asgi import Request, Response

from domain.credentials import (
    Credentials,
    CredentialsRequired,
    InvalidCredentials,
    PasswordCredentials,
    TokenCredentials,
    TokenRequired,
)
from domain.origins import Origin
from domain.roles import RequireAdmin
from domain.tokens import (
    OWN_SCOPES,
    PROFILE_SCOPE,
    AuthenticateRequest,
    InsufficientScope,
    ProfileScopeRequired,
    TokenPrincipal,
)
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Access, operations_of
from entrypoints.http.origins import origin
from entrypoints.http.proxies import Proxies

_NOT_LOOKED_AT = Origin()
"""A token is worth the same from everywhere."""

_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)
"""RFC 6750 section 2.1."""


def basic_credentials(encoded: str) -> tuple[str, str]:
    """The user name and password of HTTP Basic.

    Raises CredentialsRequired when there is no name, InvalidCredentials for what cannot be read.
    """
    try:
        pair = binascii.a2b_base64(encoded, strict_mode=True).decode()
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

    def __init__(
        self,
        authenticate_request: AuthenticateRequest,
        require_admin: RequireAdmin,
        hashing: Lane,
        proxies: Proxies,
    ) -> None:
        self._authenticate_request = authenticate_request
        self._require_admin = require_admin
        self._hashing = hashing
        self._proxies = proxies

    async def process_resource(
        self, req: Request, _resp: Response, resource: object, _params: dict[str, Any]
    ) -> None:
        """Puts the principal into the request's context, where the operation asks for one."""
        declared = operations_of(resource).get(req.method)
        req.context.resource = resource
        if declared is None or declared.access is Access.ANYONE:
            return
        credentials = self._credentials(req)
        # A token costs no I/O and is checked at once; a password costs a hash and waits its turn.
        if isinstance(credentials, TokenCredentials):
            principal = self._authenticate_request(credentials=credentials, origin=_NOT_LOOKED_AT)
            if isinstance(principal, TokenPrincipal):
                self._admit(principal, declared.access)
            req.context.principal = principal
        elif declared.access is not Access.USER:
            raise TokenRequired
        else:
            caller = origin(req, self._proxies)
            req.context.principal = await self._hashing.run(
                self._authenticate_request,
                holder=caller.network,
                credentials=credentials,
                origin=caller,
            )

    def _admit(self, principal: TokenPrincipal, access: Access) -> None:
        # Another application's token never has one of our own scopes.
        if principal.scope not in OWN_SCOPES:
            if access is not Access.PROFILE:
                raise InsufficientScope
            if PROFILE_SCOPE not in principal.scope.split():
                raise ProfileScopeRequired
        elif access is Access.ADMIN:
            self._require_admin(principal)

    def _credentials(self, req: Request) -> Credentials:
        scheme, _, sent = (req.auth or "").strip(" \t").partition(" ")
        sent = sent.strip(" ")
        credentials: Credentials
        if scheme.lower() == "bearer" and sent:
            if not _BEARER.fullmatch(sent):
                req.context.sent_token = True
                raise InvalidCredentials
            credentials = TokenCredentials(sent)
        elif scheme.lower() == "basic" and sent:
            credentials = self._authenticate_request.classify(*basic_credentials(sent))
        else:
            raise CredentialsRequired
        req.context.sent_token = not isinstance(credentials, PasswordCredentials)
        return credentials
