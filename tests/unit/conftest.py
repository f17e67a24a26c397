"""The fakes that most tests of the domain share."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.accounts import (
    ChangePassword,
    DeleteUser,
    DisableUser,
    EnableUser,
    RemoveAccount,
    UnlockPassword,
)
from domain.audit import AuditTrail
from domain.credentials import PasswordCheck
from domain.issuance import IssuedTokens, Issuer, IssueToken
from domain.passwords import PasswordPolicy
from domain.renewal import RefreshSession
from domain.revocations import FeedPage, RevokedSessions
from domain.sessions import SessionPolicy
from domain.throttling import ThrottlePolicy, Throttling
from domain.tokens import AuthenticateRequest, TokenPrincipal
from domain.users import User, UsernameRules
from tests.fakes.audit import FakeAuditRepository, FakeSeals
from tests.fakes.clock import START, FakeClock
from tests.fakes.identifiers import FakeIdentifiers
from tests.fakes.passwords import FakePasswordHasher, FakePasswordProfile
from tests.fakes.refresh_tokens import FakeRefreshTokens
from tests.fakes.revocations import FakeRevocationFeed
from tests.fakes.sessions import FakeSessionRepository
from tests.fakes.signing_keys import FakeKeyFactory, FakeKeyRing, FakeSigningKeyRepository
from tests.fakes.throttling import FakePseudonyms, FakeThrottleRepository
from tests.fakes.tokens import FakeTokenCodec
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import FakeUsernameProfile, FakeUserRepository
from tests.unit.applications import Applications
from tests.unit.changes import made
from tests.unit.key_changes import Keys
from tests.unit.log_ins import PASSWORD, POLICY, acting_in, add_user, log_in, told_by


@pytest.fixture
def storage() -> Storage:
    return Storage()


@pytest.fixture
def users(storage: Storage) -> FakeUserRepository:
    return FakeUserRepository(storage)


@pytest.fixture
def sessions(storage: Storage) -> FakeSessionRepository:
    return FakeSessionRepository(storage)


@pytest.fixture
def feed(storage: Storage) -> FakeRevocationFeed:
    return FakeRevocationFeed(storage)


@pytest.fixture
def signing_keys(storage: Storage) -> FakeSigningKeyRepository:
    return FakeSigningKeyRepository(storage)


@pytest.fixture
def hasher() -> FakePasswordHasher:
    return FakePasswordHasher()


@pytest.fixture
def usernames() -> UsernameRules:
    return UsernameRules(FakeUsernameProfile())


@pytest.fixture
def passwords() -> PasswordPolicy:
    """What the development profile takes."""
    return PasswordPolicy(FakePasswordProfile())


@pytest.fixture
def throttles(storage: Storage) -> FakeThrottleRepository:
    return FakeThrottleRepository(storage)


@pytest.fixture
def throttling(throttles: FakeThrottleRepository, clock: FakeClock) -> Throttling:
    return Throttling(ThrottlePolicy(), throttles, FakePseudonyms(), clock)


@pytest.fixture
def entries(storage: Storage) -> FakeAuditRepository:
    return FakeAuditRepository(storage)


@pytest.fixture
def audit(entries: FakeAuditRepository, clock: FakeClock) -> AuditTrail:
    return AuditTrail(entries, FakeSeals(), clock, FakeIdentifiers())


@pytest.fixture
def check(
    *,
    usernames: UsernameRules,
    passwords: PasswordPolicy,
    hasher: FakePasswordHasher,
    users: FakeUserRepository,
    throttling: Throttling,
    audit: AuditTrail,
    storage: Storage,
) -> PasswordCheck:
    return PasswordCheck(
        usernames, passwords, hasher, users, throttling, audit, storage.transaction
    )


@pytest.fixture
def revoked() -> RevokedSessions:
    """What a process knows that has read the feed once, while it was empty, and never again.

    So what it holds it was told by the use cases that it ran itself.
    """
    revoked = RevokedSessions(timedelta(days=365))
    revoked.take(FeedPage(0, 0, []), read_at=START)
    return revoked


@pytest.fixture
def ring(clock: FakeClock) -> FakeKeyRing:
    ring = FakeKeyRing(clock)
    ring.load([FakeKeyFactory().new(generation=1, use_from=START)])
    return ring


@pytest.fixture
def codec(ring: FakeKeyRing, clock: FakeClock) -> FakeTokenCodec:
    return FakeTokenCodec(ring, clock)


@pytest.fixture
def issuer(codec: FakeTokenCodec) -> Issuer:
    return Issuer(POLICY, codec, FakeRefreshTokens())


@pytest.fixture
def issue(
    *,
    issuer: Issuer,
    users: FakeUserRepository,
    sessions: FakeSessionRepository,
    revoked: RevokedSessions,
    audit: AuditTrail,
    clock: FakeClock,
    storage: Storage,
) -> IssueToken:
    return IssueToken(
        issuer,
        users,
        sessions,
        SessionPolicy(),
        revoked,
        audit,
        clock,
        FakeIdentifiers(),
        storage.transaction,
    )


@pytest.fixture
def refresh(
    *,
    issuer: Issuer,
    users: FakeUserRepository,
    sessions: FakeSessionRepository,
    revoked: RevokedSessions,
    audit: AuditTrail,
    clock: FakeClock,
    storage: Storage,
) -> RefreshSession:
    return RefreshSession(
        issuer, users, sessions, SessionPolicy(), revoked, audit, clock, storage.transaction
    )


@pytest.fixture
def authenticate(
    check: PasswordCheck, codec: FakeTokenCodec, revoked: RevokedSessions, clock: FakeClock
) -> AuthenticateRequest:
    return AuthenticateRequest(check, POLICY, codec, revoked, clock)


@pytest.fixture
def change(check: PasswordCheck, issue: IssueToken) -> ChangePassword:
    return ChangePassword(
        check,
        check.users,
        issue.sessions,
        issue.revoked,
        issue.audit,
        issue.clock,
        issue.unit_of_work,
    )


@pytest.fixture
def remove(check: PasswordCheck, issue: IssueToken) -> RemoveAccount:
    return RemoveAccount(
        check,
        check.users,
        issue.sessions,
        issue.revoked,
        issue.audit,
        issue.clock,
        issue.unit_of_work,
    )


@pytest.fixture
def miguel(users: FakeUserRepository) -> User:
    return add_user(users, "Miguel", PASSWORD)


@pytest.fixture
def susan(users: FakeUserRepository) -> User:
    return add_user(users, "susan", "susan's")


@pytest.fixture
def is_over(
    sessions: FakeSessionRepository, revoked: RevokedSessions, feed: FakeRevocationFeed
) -> Callable[[str], bool]:
    """Whether a session has ended: in storage, in this process and for all others alike."""

    def ask(session_id: str) -> bool:
        session = sessions.find(session_id)
        known = {
            session is not None and session.ended_at is not None,
            revoked.holds(session_id, now=START),
            session_id in told_by(feed),
        }
        assert len(known) == 1
        return known.pop()

    return ask


@pytest.fixture
def keys(storage: Storage, clock: FakeClock) -> Keys:
    return Keys(storage, clock)


@pytest.fixture
def apps(issue: IssueToken, storage: Storage) -> Applications:
    """Registered applications."""
    return Applications(issue, storage).registered()


@pytest.fixture
def here(issued: IssuedTokens, miguel: User) -> TokenPrincipal:
    """Miguel, as he acts in his session."""
    return acting_in(issued.session, miguel)


@pytest.fixture
def issued(issue: IssueToken, miguel: User) -> IssuedTokens:
    return log_in(issue, miguel)


@pytest.fixture
def disable(
    usernames: UsernameRules, issue: IssueToken, throttles: FakeThrottleRepository
) -> DisableUser:
    return made(DisableUser, usernames, issue, throttles)


@pytest.fixture
def enable(
    usernames: UsernameRules, issue: IssueToken, throttles: FakeThrottleRepository
) -> EnableUser:
    return made(EnableUser, usernames, issue, throttles)


@pytest.fixture
def delete(
    usernames: UsernameRules, issue: IssueToken, throttles: FakeThrottleRepository
) -> DeleteUser:
    return made(DeleteUser, usernames, issue, throttles)


@pytest.fixture
def unlock(
    usernames: UsernameRules, issue: IssueToken, throttles: FakeThrottleRepository
) -> UnlockPassword:
    return made(UnlockPassword, usernames, issue, throttles)
