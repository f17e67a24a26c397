"""The routes of OAuth."""

from functools import partial

from entrypoints.applications import OAuthServices
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Route
from entrypoints.http.proxies import Proxies
from entrypoints.oauth.authorize import AuthorizeResource
from entrypoints.oauth.resources import EndpointResource, MetadataResource
from entrypoints.oauth.server import FalconAuthorizationServer
from entrypoints.pages import Pages


def oauth_routes(
    services: OAuthServices, pages: Pages, storage: Lane, proxies: Proxies
) -> tuple[Route, ...]:
    """The protocol's endpoints."""
    server = FalconAuthorizationServer(services)
    answers = {
        "token": server.create_token_response,
        "revoke": partial(server.create_endpoint_response, "revocation"),
        "introspect": partial(server.create_endpoint_response, "introspection"),
    }
    return (
        Route(
            "/oauth2/authorize",
            AuthorizeResource(server, pages, storage, proxies),
            is_api=False,
        ),
        *(
            Route(
                f"/oauth2/{name}",
                EndpointResource(server, answer, storage, proxies),
                is_api=False,
            )
            for name, answer in answers.items()
        ),
        Route(
            "/.well-known/oauth-authorization-server",
            MetadataResource(services.issuer),
            is_api=False,
        ),
    )
