"""Authlib's authorization server, on Falcon."""

from collections.abc import Sequence
from typing import Any

from authlib.oauth2 import AuthorizationServer, OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc6749.errors import UnsupportedResponseTypeError

from domain.clients import ClientNotFound
from entrypoints.applications import OAuthServices
from entrypoints.oauth.addresses import answering_at
from entrypoints.oauth.clients import OAuthClient
from entrypoints.oauth.endpoints import Introspection, Revocation
from entrypoints.oauth.grants import S256, ClientGrant, CodeGrant, RefreshGrant, Resource
from entrypoints.oauth.requests import Answer, FalconRequest


class FalconAuthorizationServer(AuthorizationServer):
    """The protocol, of which each call blocks and belongs into a lane.

    Tokens are issued and kept by use cases that the grants call, so neither of Authlib's own ways
    for that is used.
    """

    def __init__(self, services: OAuthServices) -> None:
        super().__init__()
        self.services = services
        self.register_grant(CodeGrant, [S256(required=True), Resource()])
        self.register_grant(RefreshGrant)
        self.register_grant(ClientGrant)
        self.register_endpoint(Revocation)
        self.register_endpoint(Introspection)

    def query_client(self, client_id: str) -> OAuthClient | None:
        """The client with this id."""
        try:
            return OAuthClient(self.services.show_client(client_id=client_id))
        except ClientNotFound:
            return None

    def get_authorization_grant(self, request: FalconRequest) -> Any:
        """The grant. What is missing is no unsupported type (RFC 6749 section 4.1.2.1)."""
        try:
            return super().get_authorization_grant(request)
        except UnsupportedResponseTypeError as error:
            if request.payload.response_type:
                raise
            raise InvalidRequestError(
                "Missing 'response_type' in request.", redirect_uri=error.redirect_uri
            ) from error

    def create_authorization_response(
        self, request: FalconRequest, grant_user: Any = None, grant: Any = None
    ) -> Answer:
        """The answer at the application's address."""
        answer = super().create_authorization_response(request, grant_user=grant_user, grant=grant)
        return answering_at(grant.redirect_uri, answer)

    def handle_error_response(self, request: FalconRequest | None, error: OAuth2Error) -> Answer:
        """The error at the application's address, if it may be told there."""
        return answering_at(error.redirect_uri, super().handle_error_response(request, error))

    def create_oauth2_request(self, request: FalconRequest) -> FalconRequest:
        """The request itself, since it was made of Falcon's before it came to a lane."""
        return request

    def handle_response(self, status: int, body: Any, headers: Sequence[tuple[str, str]]) -> Answer:
        """The answer, for a resource to write."""
        return Answer(status, body, dict(headers))

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""
