"""Applications, what users let them do, and what comes of it, on one storage."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from domain.authorization import (
    AuthorizationCode,
    AuthorizeClient,
    ConsentRequired,
    FindAuthorizationCode,
    InvalidGrant,
    RedeemCode,
)
from domain.browser_sessions import ResumeBrowserSession
from domain.client_registration import CreateClient
from domain.client_tokens import EndGrant, InspectToken, IssueClientToken
from domain.clients import Client, DeleteClient, RotateClientSecret
from domain.consents import ListConsents, WithdrawConsent
from domain.issuance import IssuedTokens, IssueToken
from domain.origins import Origin
from domain.secrets import digest_of
from domain.tokens import TokenPrincipal
from tests.fakes.authorization import FakeAuthorizationCodeRepository
from tests.fakes.clients import FakeClientRepository
from tests.fakes.clock import START
from tests.fakes.consents import FakeConsentRepository
from tests.fakes.identifiers import FakeSecrets
from tests.fakes.sessions import TABLE as SESSIONS
from tests.fakes.unit_of_work import Storage
from tests.origins import ORIGIN

CALLBACK = "https://wiki.example/callback"
WIKI_API = "https://wiki.example/api"
WIKI = Client(
    id="wiki",
    name="The wiki",
    secret_digest=digest_of("the wiki's secret"),
    redirect_uris=(CALLBACK,),
    scopes=("read", "write", "profile"),
    audiences=(WIKI_API,),
    resource=None,
    acts_alone=True,
    is_trusted=False,
    created_at=START,
)
SHOP = replace(WIKI, id="shop", name="The shop", resource="https://shop.example/api")
OWN = replace(WIKI, id="own", name="The owner's own", is_trusted=True)


@dataclass
class Applications:
    """The wiki, the shop and the owner's own application, and all that is done with them.

    Whatever else the use cases need is that of `issue`.
    """

    issue: IssueToken
    storage: Storage

    def __post_init__(self) -> None:
        storage, issue, secrets = self.storage, self.issue, FakeSecrets()
        users, sessions, work = issue.users, issue.sessions, issue.unit_of_work
        revoked, audit, clock, policy = issue.revoked, issue.audit, issue.clock, issue.policy
        identifiers, issuer = issue.identifiers, issue.issuer
        self.clients = clients = FakeClientRepository(storage)
        self.consents = consents = FakeConsentRepository(storage)
        self.codes = codes = FakeAuthorizationCodeRepository(storage)
        self.create = CreateClient(clients, audit, clock, identifiers, secrets, work)
        self.rotate_secret = RotateClientSecret(clients, audit, secrets, work)
        self.delete = DeleteClient(clients, sessions, revoked, audit, clock, work)
        self.list_consents = ListConsents(consents)
        self.withdraw = WithdrawConsent(users, consents, sessions, revoked, audit, clock, work)
        self.authorize = AuthorizeClient(
            users, sessions, consents, codes, audit, clock, secrets, work
        )
        self.find_code = FindAuthorizationCode(codes)
        self.redeem = RedeemCode(
            *(issuer, users, sessions, consents, codes, policy),
            *(revoked, audit, clock, identifiers, work),
        )
        self.act_alone = IssueClientToken(
            issuer, clients, sessions, policy, audit, clock, identifiers, work
        )
        self.end_grant = EndGrant(
            issuer.tokens, issuer.refresh_tokens, clients, sessions, revoked, audit, clock, work
        )
        self.inspect = InspectToken(issuer.policy, issuer.tokens, revoked, clock)
        self.resume = ResumeBrowserSession(issuer.refresh_tokens, users, sessions, policy, clock)

    def registered(self) -> "Applications":
        """These applications, registered."""
        for client in (WIKI, SHOP, OWN):
            self.clients.add(client)
        return self

    def asks(
        self,
        principal: TokenPrincipal,
        client: Client = WIKI,
        *,
        scope: str = "read",
        redirect_uri: str = CALLBACK,
    ) -> bool:
        """Whether this user has to be asked; fails if that leaves anything behind."""
        before = self.storage.tables()
        try:
            self.code(principal, client, scope=scope, redirect_uri=redirect_uri, is_asked=False)
        except ConsentRequired:
            assert self.storage.tables() == before
            return True
        return False

    def code(
        self,
        principal: TokenPrincipal,
        client: Client = WIKI,
        *,
        scope: str = "read",
        redirect_uri: str = CALLBACK,
        origin: Origin = ORIGIN,
        is_asked: bool = True,
    ) -> AuthorizationCode:
        """What a new code stands for, which this user lets the client have."""
        text = self.authorize(
            principal=principal,
            client=client,
            redirect_uri=redirect_uri,
            scope=scope,
            audience=WIKI_API,
            code_challenge="a challenge",
            origin=origin,
            is_asked=is_asked,
        )
        found = self.find_code(code=text, client_id=client.id)
        assert found is not None
        return found

    def redeemed(
        self, code: AuthorizationCode, client: Client = WIKI, **changes: Any
    ) -> IssuedTokens:
        """What the client gets for the code."""
        given: dict[str, Any] = {"refreshable": True, "origin": ORIGIN} | changes
        return self.redeem(code=code, client=client, **given)

    def granted(
        self, principal: TokenPrincipal, client: Client = WIKI, *, scope: str = "read"
    ) -> IssuedTokens:
        """What the client has when the user has let it."""
        return self.redeemed(self.code(principal, client, scope=scope), client)

    def alone(self, client: Client = WIKI, **changes: Any) -> IssuedTokens:
        """What the client gets for itself."""
        given: dict[str, Any] = {"scope": "read", "audience": WIKI_API, "origin": ORIGIN} | changes
        return self.act_alone(client=client, **given)


def nothing_comes_of(apps: Applications, redeem: Callable[[], object]) -> None:
    """Fails unless it is refused, and there is no session more than before."""
    before = set(apps.storage.rows(SESSIONS))
    with pytest.raises(InvalidGrant):
        redeem()
    assert set(apps.storage.rows(SESSIONS)) <= before
