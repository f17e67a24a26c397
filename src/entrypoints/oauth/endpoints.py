"""Revocation and introspection."""

from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from domain.client_tokens import OthersToken
from domain.tokens import AccessToken
from entrypoints.oauth.grants import ANY_CLIENT, PROVED


class Revocation(RevocationEndpoint):
    """Lets a client end what it holds (RFC 7009)."""

    CLIENT_AUTH_METHODS = ANY_CLIENT

    def authenticate_token(self, request: Any, _client: Any) -> str:
        """The token as sent; what it is, is found out when it is ended."""
        return _token(request)

    def revoke_token(self, token: str, request: Any) -> None:
        """Ends its session."""
        try:
            self.server.services.end_grant(
                token=token, client_id=request.client.registered.id, origin=request.origin
            )
        except OthersToken as error:
            raise InvalidGrantError(error.detail) from error


class Introspection(IntrospectionEndpoint):
    """Tells an API, or the client that holds it, what a token says (RFC 7662)."""

    CLIENT_AUTH_METHODS = PROVED

    def authenticate_token(self, request: Any, client: Any) -> AccessToken | None:
        """What the token says, if it is good and concerns this client."""
        told: AccessToken | None = self.server.services.inspect_token(
            token=_token(request), client=client.registered
        )
        return told

    def create_introspection_payload(self, token: AccessToken | None) -> dict[str, object]:
        """The answer (RFC 7662 section 2.2)."""
        if token is None:
            return {"active": False}
        told: dict[str, object] = {
            "active": True,
            "iss": token.issuer,
            "sub": token.client_id if token.user_id is None else str(token.user_id),
            "aud": token.audience,
            "client_id": token.client_id,
            "scope": token.scope,
            "token_type": "Bearer",
            "exp": int(token.expires_at.timestamp()),
            "iat": int(token.issued_at.timestamp()),
            "jti": token.token_id,
        }
        if token.username is not None:
            told["username"] = token.username
        return told


def _token(request: Any) -> str:
    # A hint that is unknown or wrong is to be overlooked; Authlib would refuse it.
    token: str = request.form.get("token", "")
    if not token:
        raise InvalidRequestError("Missing 'token' in request.")
    return token
