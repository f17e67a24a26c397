"""Authlib's client, made of the domain's."""

from authlib.oauth2.rfc6749 import ClientMixin

from domain.clients import Client


class OAuthClient(ClientMixin):
    """What Authlib asks a client."""

    def __init__(self, client: Client) -> None:
        self.registered = client

    def get_client_id(self) -> str:
        """The client's id."""
        return self.registered.id

    def get_default_redirect_uri(self) -> str | None:
        """Where answers go if the request does not say: to the only address there is."""
        addresses = self.registered.redirect_uris
        return addresses[0] if len(addresses) == 1 else None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The scope to ask the user for; None refuses."""
        return self.registered.allowed(scope)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether answers may be sent there."""
        return self.registered.redirects_to(redirect_uri)

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether this is the client's secret."""
        return self.registered.has_secret(client_secret)

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        """Whether the client proves itself in this way: by its secret, if it has one."""
        return (method == "none") == (self.registered.secret_digest is None)

    def check_response_type(self, response_type: str) -> bool:
        """Whether users are sent here by this client."""
        return response_type == "code" and bool(self.registered.redirect_uris)

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether the client may have tokens in this way."""
        if grant_type == "client_credentials":
            return self.registered.acts_alone
        return grant_type in ("authorization_code", "refresh_token") and bool(
            self.registered.redirect_uris
        )
