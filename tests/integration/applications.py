"""Applications that users have let act for them, as the pages and commands would make them."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from falcon.testing import Result, TestClient

from domain.clients import Client
from domain.clock import Clock
from domain.credentials import PasswordCredentials
from domain.issuance import IssuedTokens
from domain.origins import Origin
from domain.tokens import BROWSER, TokenPrincipal
from entrypoints.administration import Administration
from entrypoints.bootstrap import administration, build
from entrypoints.http.app import Services
from entrypoints.settings import Settings
from tests.integration import calls

VERIFIER = "miguel-was-here-and-susan-was-not-0123456789"
CALLBACK = "https://shop.example/callback"
API = "https://notes.example/api"
NOBODY = Origin(address="203.0.113.7", user_agent="a test")

Json = dict[str, Any]


def challenge(verifier: str = VERIFIER) -> str:
    """RFC 7636 section 4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


@dataclass(frozen=True)
class Application:
    """A registered client, and the secret that only it knows."""

    client: Client
    secret: str | None

    @property
    def id(self) -> str:
        return self.client.id

    @property
    def header(self) -> dict[str, str]:
        """What it proves itself by."""
        return calls.basic(self.id, self.secret) if self.secret else {}

    def form(self, **fields: str) -> dict[str, str]:
        """A form as this client sends it: a public one says who it is."""
        return fields if self.secret else {"client_id": self.id} | fields

    def post(self, api: TestClient, endpoint: str, **fields: str) -> Result:
        return post(api, endpoint, self.form(**fields), headers=self.header)

    def redeem(self, api: TestClient, granted: str, /, **fields: str) -> Result:
        wanted = {"code": granted, "code_verifier": VERIFIER, "redirect_uri": CALLBACK} | fields
        return self.post(api, "token", grant_type="authorization_code", **wanted)

    def refresh(self, api: TestClient, refresh_token: str, **fields: str) -> Result:
        wanted = {"refresh_token": refresh_token} | fields
        return self.post(api, "token", grant_type="refresh_token", **wanted)


def post(
    api: TestClient, endpoint: str, form: dict[str, str], headers: dict[str, str] | None = None
) -> Result:
    return api.simulate_post(
        f"/oauth2/{endpoint}",
        body=urlencode(form),
        headers={"Content-Type": "application/x-www-form-urlencoded"} | (headers or {}),
    )


class Door:
    """Registers applications and lets them in, behind the back of the API that is asked."""

    def __init__(self, operators: Administration, services: Services, issuer: str) -> None:
        self.operators = operators
        self._issuer = issuer
        self._services = services

    def application(self, name: str = "Shop", **options: Any) -> Application:
        """A confidential one that may do much, unless the options say otherwise."""
        usual = {"redirect_uris": [CALLBACK], "scopes": ["profile", "notes:read"]}
        return Application(
            *self.operators.create_client(name=name, origin=NOBODY, **(usual | options))
        )

    def browser(self) -> IssuedTokens:
        """A log-in of miguel's with a browser."""
        self._services.follow_revocations()
        principal = self._services.authenticate_request(
            credentials=PasswordCredentials(**calls.MIGUEL), origin=NOBODY
        )
        return self._services.issue_token(
            principal=principal, origin=NOBODY, refreshable=True, client_id=BROWSER
        )

    def code(
        self, application: Application, browser: IssuedTokens | None = None, **said: str
    ) -> str:
        """What the browser brings the application once its user has given leave."""
        session = (browser or self.browser()).session
        assert session.user_id is not None
        usual = {
            "redirect_uri": CALLBACK,
            "scope": "profile notes:read",
            "audience": self._issuer,
            "code_challenge": challenge(),
        }
        return self._services.oauth.authorize_client(
            principal=TokenPrincipal(session.user_id, "miguel", session.id, session.created_at),
            client=application.client,
            origin=NOBODY,
            is_asked=True,
            **(usual | said),
        )

    def tokens(self, api: TestClient, application: Application, **said: str) -> Json:
        """The tokens of a new grant."""
        answer = application.redeem(api, self.code(application, None, **said))
        assert answer.status_code == 200, answer.text
        found: Json = answer.json
        return found


@contextmanager
def door(settings: Settings, clock: Clock) -> Iterator[Door]:
    services, database = build(settings, clock=clock)
    try:
        with administration(settings, clock=clock) as operators:
            yield Door(operators, services, settings.issuer)
    finally:
        database.dispose()
