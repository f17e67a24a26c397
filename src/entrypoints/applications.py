"""The use cases of other applications, which OAuth carries."""

from dataclasses import dataclass

from domain.authorization import AuthorizeClient, FindAuthorizationCode, RedeemCode
from domain.client_tokens import EndGrant, InspectToken, IssueClientToken
from domain.clients import ShowClient
from domain.renewal import RefreshSession


@dataclass(frozen=True, slots=True)
class OAuthServices:
    """The use cases of applications; `issuer` is the base of all addresses (RFC 8414)."""

    issuer: str
    show_client: ShowClient
    authorize_client: AuthorizeClient
    find_code: FindAuthorizationCode
    redeem_code: RedeemCode
    refresh_session: RefreshSession
    issue_client_token: IssueClientToken
    end_grant: EndGrant
    inspect_token: InspectToken
