"""The endpoints that clients call, and what tells them of all (RFC 6749, 7009, 7662 and 8414)."""

from collections.abc import Callable, Mapping
from typing import Any

from authlib.oauth2 import OAuth2Error
from falcon.asgi import Request, Response

from entrypoints.http.json import dumps
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Access, Resource, operation
from entrypoints.http.origins import origin
from entrypoints.http.proxies import Proxies
from entrypoints.oauth.requests import Answer, client_request
from entrypoints.oauth.server import FalconAuthorizationServer

_ERRORS = {500: "server_error", 503: "temporarily_unavailable"}


class ProtocolResource(Resource):
    """An endpoint that speaks its RFC's form of errors."""

    def show_problem(self, resp: Response, problem: Mapping[str, object]) -> None:
        """Writes an error (RFC 6749 section 5.2)."""
        error = _ERRORS.get(int(str(problem["status"])), "invalid_request")
        resp.data = dumps({"error": error, "error_description": problem["detail"]})


class EndpointResource(ProtocolResource):
    """One of the endpoints that take a form from a client."""

    def __init__(
        self,
        server: FalconAuthorizationServer,
        answer: Callable[..., Answer],
        storage: Lane,
        proxies: Proxies,
    ) -> None:
        self._server = server
        self._answer = answer
        self._storage = storage
        self._proxies = proxies

    @operation(Access.ANYONE, "Speak OAuth (RFC 6749)")
    async def on_post(self, req: Request, resp: Response) -> None:
        """Answers a client."""
        try:
            asked = await client_request(req, origin(req, self._proxies))
        except OAuth2Error as error:
            answer = self._server.handle_error_response(None, error)
        else:
            answer = await self._storage.run(self._answer, request=asked)
            if asked.session is not None:
                req.context.session = asked.session
        write(req, resp, answer)


class MetadataResource(Resource):
    """What clients have to know of this server."""

    def __init__(self, issuer: str) -> None:
        self._body = dumps(metadata(issuer))

    @operation(Access.ANYONE, "Tell OAuth clients where everything is (RFC 8414)")
    async def on_get(self, _req: Request, resp: Response) -> None:
        """Tells it."""
        resp.data = self._body


def write(req: Request, resp: Response, answer: Answer) -> None:
    """Writes Authlib's answer."""
    error = answer.body.get("error") if answer.body else None
    # Whoever tried to prove itself by the header is told so (RFC 6749 section 5.2).
    status = 401 if error == "invalid_client" and req.auth is not None else answer.status
    resp.status = status
    resp.set_headers(dict(answer.headers))
    if status == 401:
        # Authlib's challenge has no realm, which RFC 7617 section 2 wants.
        resp.set_header("WWW-Authenticate", 'Basic realm="OAuth clients"')
    if answer.body:
        req.context.error_code = error
        resp.data = dumps(answer.body)


def metadata(issuer: str) -> dict[str, Any]:
    """The document of RFC 8414 section 2."""
    proofs = ["client_secret_basic", "client_secret_post"]
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth2/authorize",
        "token_endpoint": f"{issuer}/oauth2/token",
        "revocation_endpoint": f"{issuer}/oauth2/revoke",
        "introspection_endpoint": f"{issuer}/oauth2/introspect",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_methods_supported": [*proofs, "none"],
        "revocation_endpoint_auth_methods_supported": [*proofs, "none"],
        "introspection_endpoint_auth_methods_supported": proofs,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }
