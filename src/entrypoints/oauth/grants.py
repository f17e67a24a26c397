"""The grants: Authlib checks the protocol, the domain does what must happen once.

Authlib makes an answer of its own errors, so no unit of work could be taken back by one. Each of
these calls one use case, which uses up the code or the refresh token before anything comes of it.
"""

import re
from typing import Any

from authlib.consts import default_json_headers
from authlib.oauth2.rfc6749 import (
    InvalidClientError,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    UnauthorizedClientError,
    grants,
)
from authlib.oauth2.rfc7636 import CodeChallenge

from domain.authorization import AuthorizationCode, InvalidGrant
from domain.clients import Client, ClientNotFound
from domain.issuance import IssuedTokens
from domain.renewal import BeyondGrant, InvalidRefreshToken, RefreshTokenReused

PROVED = ["client_secret_basic", "client_secret_post"]
ANY_CLIENT = [*PROVED, "none"]

_S256_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
"""RFC 7636 section 4.2: a SHA-256 in base64url."""


class InvalidTargetError(OAuth2Error):
    """The API is none that the client may ask a token for (RFC 8707 section 2)."""

    error = "invalid_target"
    description = "Name one resource, which the client is registered for."


class GrantedCode:
    """Authlib's authorization code, made of the domain's."""

    code_challenge_method = "S256"

    def __init__(self, code: AuthorizationCode) -> None:
        self.kept = code
        self.code_challenge = code.code_challenge

    def get_redirect_uri(self) -> str:
        """The address named in the request for the authorization; empty if none was."""
        return self.kept.redirect_uri

    def get_scope(self) -> str:
        """What the user gave leave for."""
        return self.kept.scope


class CodeGrant(grants.AuthorizationCodeGrant):
    """The authorization code grant (RFC 6749 section 4.1)."""

    TOKEN_ENDPOINT_AUTH_METHODS = ANY_CLIENT

    def generate_authorization_code(self) -> str:
        """The code, which is kept from now on."""
        request, client = self.request, self.request.client.registered
        try:
            code: str = self.server.services.authorize_client(
                principal=request.user,
                client=client,
                redirect_uri=request.payload.redirect_uri or "",
                scope=request.scope,
                audience=audience(self.server.services.issuer, client, request),
                code_challenge=request.payload.data["code_challenge"],
                origin=request.origin,
                is_asked=request.is_asked,
            )
        except ClientNotFound as error:
            raise InvalidClientError("The client was removed.") from error
        return code

    def save_authorization_code(self, code: str, request: object) -> None:
        """Nothing: it is kept since it was made."""

    def query_authorization_code(self, code: str, client: Any) -> GrantedCode | None:
        """What this client's code stands for."""
        found = self.server.services.find_code(code=code, client_id=client.registered.id)
        return GrantedCode(found) if found else None

    def create_token_response(self) -> tuple[int, dict[str, object], list[tuple[str, str]]]:
        """Tokens for the code, once."""
        request, code = self.request, self.request.authorization_code.kept
        if request.payload.resources not in ((), (code.audience,)):
            raise InvalidTargetError
        try:
            issued = self.server.services.redeem_code(
                code=code, client=self.client.registered, refreshable=True, origin=request.origin
            )
        except InvalidGrant as error:
            raise InvalidGrantError(error.detail) from error
        return handed_out(request, issued)


class RefreshGrant(grants.RefreshTokenGrant):
    """The refresh token grant (RFC 6749 section 6), with rotation (RFC 9700 section 4.14.2)."""

    TOKEN_ENDPOINT_AUTH_METHODS = ANY_CLIENT

    def validate_token_request(self) -> None:
        """Checks the client, and that there is a token; what it is worth is known with its use."""
        client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("This client sends no users here.")
        if not self.request.form.get("refresh_token"):
            raise InvalidRequestError("Missing 'refresh_token' in request.")
        self.request.client = client

    def create_token_response(self) -> tuple[int, dict[str, object], list[tuple[str, str]]]:
        """The next tokens."""
        request = self.request
        if len(request.payload.resources) > 1:
            raise InvalidTargetError
        try:
            issued = self.server.services.refresh_session(
                refresh_token=request.form["refresh_token"],
                origin=request.origin,
                client_id=self.client.registered.id,
                scope=request.payload.scope or None,
                audience=next(iter(request.payload.resources), None),
            )
        except BeyondGrant as error:
            raise (InvalidScopeError if error.what == "scope" else InvalidTargetError) from error
        except (InvalidRefreshToken, RefreshTokenReused) as error:
            raise InvalidGrantError(error.detail) from error
        return handed_out(request, issued)


class ClientGrant(grants.ClientCredentialsGrant):
    """The client credentials grant (RFC 6749 section 4.4)."""

    TOKEN_ENDPOINT_AUTH_METHODS = PROVED

    def create_token_response(self) -> tuple[int, dict[str, object], list[tuple[str, str]]]:
        """A token in which the client acts for itself."""
        request, client = self.request, self.client.registered
        scope = client.allowed(request.payload.scope)
        if scope is None:
            raise InvalidScopeError
        try:
            issued = self.server.services.issue_client_token(
                client=client,
                scope=scope,
                audience=audience(self.server.services.issuer, client, request),
                origin=request.origin,
            )
        except ClientNotFound as error:
            raise InvalidClientError("The client was removed.") from error
        return handed_out(request, issued)


class S256(CodeChallenge):
    """Proof of possession of every code (RFC 7636), by S256 alone (RFC 9700 section 2.1.1)."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]  # noqa: RUF012 - as Authlib has it

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Authlib lets a request pass that has neither, and takes no method for `plain`.

        It takes what is no SHA-256 as well, and a line's end behind it.
        """
        asked = grant.request.payload.data
        if not asked.get("code_challenge") or not asked.get("code_challenge_method"):
            raise InvalidRequestError("Send a code_challenge with code_challenge_method=S256.")
        if not _S256_CHALLENGE.fullmatch(asked["code_challenge"]):
            raise InvalidRequestError("A code_challenge by S256 is 43 characters of base64url.")
        super().validate_code_challenge(grant, redirect_uri)

    def validate_code_verifier(self, grant: Any, result: Any) -> None:
        """Authlib takes a line's end behind a verifier."""
        if grant.request.form.get("code_verifier", "").endswith("\n"):
            raise InvalidRequestError("Invalid 'code_verifier'")
        super().validate_code_verifier(grant, result)


class Resource:
    """Resource indicators (RFC 8707): which API the token is for."""

    def __call__(self, grant: Any) -> None:
        """Looks at the request once the client is known."""
        grant.register_hook("after_validate_authorization_request_payload", self.validate)

    def validate(self, grant: Any, _redirect_uri: str) -> None:
        """Raises InvalidTargetError."""
        audience(grant.server.services.issuer, grant.request.client.registered, grant.request)


def audience(issuer: str, client: Client, request: Any) -> str:
    """The API that the token is for: the one named, or the client's first, or this server.

    Raises InvalidTargetError.
    """
    allowed = (*client.audiences, issuer)
    resources = request.payload.resources or allowed[:1]
    if len(resources) > 1 or resources[0] not in allowed:
        raise InvalidTargetError
    return str(resources[0])


def unusual_audience(issuer: str, client: Client, request: Any) -> str | None:
    """The API that the token is for, if it is not the one that it is for when none is named."""
    asked = audience(issuer, client, request)
    return None if asked == (*client.audiences, issuer)[0] else asked


def handed_out(
    request: Any, issued: IssuedTokens
) -> tuple[int, dict[str, object], list[tuple[str, str]]]:
    """The answer that carries the tokens (RFC 6749 section 5.1)."""
    request.session = issued.session
    body: dict[str, object] = {
        "access_token": issued.token,
        "token_type": "Bearer",
        "expires_in": issued.duration,
        "scope": issued.scope,
    }
    if issued.refresh_token is not None:
        body["refresh_token"] = issued.refresh_token
    return 200, body, default_json_headers
