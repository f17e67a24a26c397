"""Processes that share one storage, as a stateful test runs them: the services, quickly wired."""

from dataclasses import dataclass
from datetime import timedelta

from domain.accounts import ChangePassword, DeleteUser, DisableUser, EnableUser, RemoveAccount
from domain.audit import AuditTrail
from domain.credentials import PasswordCheck
from domain.issuance import Issuer, IssueToken
from domain.passwords import PasswordPolicy
from domain.renewal import RefreshSession
from domain.revocations import FollowRevocations, RevokedSessions
from domain.sessions import EndOtherSessions, EndSession, ListSessions, SessionPolicy
from domain.throttling import ThrottlePolicy, Throttling
from domain.tokens import AuthenticateRequest, TokenPolicy
from domain.users import RegisterUser, UsernameRules
from tests.contracts.conftest import Stores
from tests.fakes.audit import FakeSeals
from tests.fakes.clock import FakeClock
from tests.fakes.identifiers import FakeIdentifiers
from tests.fakes.passwords import FakePasswordHasher, FakePasswordProfile
from tests.fakes.refresh_tokens import FakeRefreshTokens
from tests.fakes.signing_keys import FakeKeyFactory, FakeKeyRing
from tests.fakes.throttling import FakePseudonyms
from tests.fakes.tokens import FakeTokenCodec
from tests.fakes.users import FakeUsernameProfile

MAXIMUM_LIVE = 3
TOKENS = TokenPolicy("https://varvel.example", timedelta(minutes=10))
SESSIONS = SessionPolicy(maximum_live=MAXIMUM_LIVE)
PATIENT = ThrottlePolicy(free=1_000_000, maximum=1_000_000, network_failures=1_000_000)
"""As if nobody guessed."""

BOUND = timedelta(minutes=2)
"""For which a process goes on without reading the feed."""


@dataclass(frozen=True)
class Shared:
    """What is one for all processes."""

    stores: Stores
    clock: FakeClock
    identifiers: FakeIdentifiers
    hasher: FakePasswordHasher


class Process:
    """One process: what it knows of ended sessions is its own."""

    def __init__(self, shared: Shared) -> None:
        stores, clock = shared.stores, shared.clock
        users, sessions, unit_of_work = stores.users, stores.sessions, stores.unit_of_work
        names = UsernameRules(FakeUsernameProfile())
        policy = PasswordPolicy(FakePasswordProfile())
        audit = AuditTrail(stores.audit, FakeSeals(), clock, shared.identifiers)
        throttling = Throttling(PATIENT, stores.throttles, FakePseudonyms(), clock)
        passwords = PasswordCheck(
            names, policy, shared.hasher, users, throttling, audit, unit_of_work
        )
        ring = FakeKeyRing(clock)
        codec = FakeTokenCodec(ring, clock)
        issuer = Issuer(TOKENS, codec, FakeRefreshTokens())
        self.revoked = revoked = RevokedSessions(BOUND)
        ending = (users, sessions, revoked, audit, clock, unit_of_work)

        self.follow = FollowRevocations(
            stores.feed, revoked, stores.signing_keys, FakeKeyFactory(), ring, clock, unit_of_work
        )
        self.register = RegisterUser(
            names, policy, shared.hasher, users, audit, clock, unit_of_work
        )
        self.authenticate = AuthenticateRequest(passwords, TOKENS, codec, revoked, clock)
        self.issue = IssueToken(
            issuer,
            users,
            sessions,
            SESSIONS,
            revoked,
            audit,
            clock,
            shared.identifiers,
            unit_of_work,
        )
        self.refresh = RefreshSession(
            issuer, users, sessions, SESSIONS, revoked, audit, clock, unit_of_work
        )
        self.list = ListSessions(sessions, clock)
        self.end = EndSession(sessions, revoked, audit, clock, unit_of_work)
        self.end_others = EndOtherSessions(*ending)
        self.change_password = ChangePassword(passwords, *ending)
        self.remove_account = RemoveAccount(passwords, *ending)
        change = (users, sessions, stores.throttles, revoked, audit, clock, unit_of_work)
        self.disable = DisableUser(names, *change)
        self.enable = EnableUser(names, *change)
        self.delete = DeleteUser(names, *change)
        self.follow()
