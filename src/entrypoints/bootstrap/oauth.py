"""What other applications are served with."""

from adapters.identifiers import RandomIdentifiers, RandomSecrets
from domain.authorization import AuthorizeClient, FindAuthorizationCode, RedeemCode
from domain.client_tokens import EndGrant, InspectToken, IssueClientToken
from domain.clients import ShowClient
from domain.issuance import Issuer
from domain.renewal import RefreshSession
from domain.sessions import SessionPolicy
from entrypoints.applications import OAuthServices
from entrypoints.bootstrap.parts import Parts


def oauth_services(
    parts: Parts, issuer: Issuer, policy: SessionPolicy, refresh_session: RefreshSession
) -> OAuthServices:
    """Wires the use cases of applications."""
    clock, unit_of_work = parts.clock, parts.database.transaction
    users, sessions, revoked, audit = parts.users, parts.sessions, parts.revoked, parts.audit
    clients, consents, codes = parts.clients, parts.consents, parts.codes
    identifiers = RandomIdentifiers()
    return OAuthServices(
        issuer=parts.settings.issuer,
        show_client=ShowClient(clients),
        authorize_client=AuthorizeClient(
            users, sessions, consents, codes, audit, clock, RandomSecrets(), unit_of_work
        ),
        find_code=FindAuthorizationCode(codes),
        redeem_code=RedeemCode(
            *(issuer, users, sessions, consents, codes, policy, revoked, audit, clock),
            *(identifiers, unit_of_work),
        ),
        refresh_session=refresh_session,
        issue_client_token=IssueClientToken(
            issuer, clients, sessions, policy, audit, clock, identifiers, unit_of_work
        ),
        end_grant=EndGrant(
            *(issuer.tokens, issuer.refresh_tokens, clients, sessions, revoked, audit),
            *(clock, unit_of_work),
        ),
        inspect_token=InspectToken(issuer.policy, issuer.tokens, revoked, clock),
    )
