"""Log-ins, what others do in the middle of them, and what can be seen of both afterwards."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

from domain.issuance import IssuedTokens, IssueToken
from domain.renewal import RefreshSession
from domain.revocations import RevocationFeed
from domain.sessions import Device, Session
from domain.tokens import AccessToken, PasswordPrincipal, TokenPolicy, TokenPrincipal
from domain.unit_of_work import UnitOfWork
from domain.users import User, UserRepository
from tests.fakes.clock import START
from tests.fakes.passwords import FakePasswordHasher
from tests.origins import ORIGIN

PASSWORD = "p\u00e4ssword"
POLICY = TokenPolicy(issuer="https://auth.example")
DEVICE = Device("Firefox", "192.0.2.7")


def add_user(
    users: UserRepository, name: str, password: str, hasher: FakePasswordHasher | None = None
) -> User:
    """A user with this password."""
    return users.add(
        name=name,
        canonical_name=name.lower(),
        password_hash=(hasher or FakePasswordHasher()).hash(password),
        created_at=START,
    )


def proven(user: User) -> PasswordPrincipal:
    """The user, who has just proved the password."""
    return PasswordPrincipal(user.id, user.name, user.password_hash)


def log_in(issue: IssueToken, user: User, *, refreshable: bool = True) -> IssuedTokens:
    """What the user gets for the password."""
    return issue(principal=proven(user), origin=ORIGIN, refreshable=refreshable)


def acting_in(session: Session, user: User) -> TokenPrincipal:
    """The user, as a token of this session proves them."""
    return TokenPrincipal(user.id, user.name, session.id, session.created_at)


def bearer_of(token: AccessToken) -> TokenPrincipal:
    """Whom this token proves."""
    assert token.user_id is not None
    assert token.username is not None
    return TokenPrincipal(token.user_id, token.username, token.session_id, token.authenticated_at)


def told_by(feed: RevocationFeed) -> set[str]:
    """The sessions that other processes hear are over."""
    return {each.session_id for each in feed.read(after=0, alive_at=START).revocations}


def after(meanwhile: Callable[[], object], unit_of_work: UnitOfWork) -> UnitOfWork:
    """Units of work, the first of which somebody else is in time to get ahead of."""
    others = [meanwhile]

    def opened() -> AbstractContextManager[None]:
        if others:
            others.pop()()
        return unit_of_work()

    return opened


def with_tokens_of(issue: IssueToken, lifetime: timedelta) -> IssueToken:
    """The same, with access tokens that live as long as this."""
    policy = replace(issue.issuer.policy, lifetime=lifetime)
    return replace(issue, issuer=replace(issue.issuer, policy=policy))


def again(refresh: RefreshSession, issued: IssuedTokens) -> IssuedTokens:
    """What the refresh token of these tokens gives."""
    return refresh(refresh_token=str(issued.refresh_token), origin=ORIGIN)
