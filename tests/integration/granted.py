"""Other applications, and what users let them have, without a browser in between."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from domain.clients import Client
from domain.clock import Clock
from domain.credentials import TokenCredentials
from domain.issuance import IssuedTokens
from domain.tokens import TokenPrincipal
from entrypoints.bootstrap import administration, build
from entrypoints.http.app import Services
from entrypoints.settings import Settings
from tests.origins import ORIGIN

REDIRECT_URI = "https://shop.example/callback"


class Applications:
    """Makes applications, and gives them tokens, in a process beside that of the API."""

    def __init__(self, settings: Settings, clock: Clock, services: Services) -> None:
        self._settings = settings
        self._clock = clock
        self._services = services

    def create(self, name: str = "Shop", **choices: Any) -> Client:
        wanted: dict[str, Any] = {"redirect_uris": [REDIRECT_URI], "scopes": ["profile", "read"]}
        with administration(self._settings, clock=self._clock) as operators:
            client, _ = operators.create_client(name=name, origin=ORIGIN, **(wanted | choices))
        return client

    def granted(self, client: Client, token: str, scope: str = "profile") -> IssuedTokens:
        """What the application gets once the user of this token has let it have the scope."""
        self._services.follow_revocations()
        oauth = self._services.oauth
        principal = self._services.authenticate_request(
            credentials=TokenCredentials(token), origin=ORIGIN
        )
        assert isinstance(principal, TokenPrincipal)
        code = oauth.authorize_client(
            principal=principal,
            client=client,
            redirect_uri=REDIRECT_URI,
            scope=scope,
            audience=self._settings.issuer,
            code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            origin=ORIGIN,
        )
        found = oauth.find_code(code=code, client_id=client.id)
        assert found is not None
        return oauth.redeem_code(code=found, client=client, refreshable=True, origin=ORIGIN)

    def acting_alone(self, client: Client, scope: str = "profile") -> str:
        """A token in which the application acts for itself."""
        self._services.follow_revocations()
        issue = self._services.oauth.issue_client_token
        audience = self._settings.issuer
        return issue(client=client, scope=scope, audience=audience, origin=ORIGIN).token


@contextmanager
def applications_beside(settings: Settings, clock: Clock) -> Iterator[Applications]:
    """Those on this database, until the end of the block."""
    services, database = build(settings, clock=clock)
    try:
        yield Applications(settings, clock, services)
    finally:
        database.dispose()
