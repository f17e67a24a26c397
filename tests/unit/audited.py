"""Every use case that the audit trail tells of, on one storage, and what it told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from domain.accounts import (
    ChangePassword,
    DeleteUser,
    DisableUser,
    EnableUser,
    RemoveAccount,
    UnlockPassword,
)
from domain.administration import CreateUser, SetPassword
from domain.audit import AuditEntry, AuditRepository, AuditTrail
from domain.credentials import PasswordCheck
from domain.errors import DomainError
from domain.issuance import IssuedTokens, Issuer, IssueToken
from domain.key_rotation import RetireSigningKey, RewrapSigningKeys, RotateSigningKeys
from domain.origins import Origin
from domain.passwords import PasswordPolicy
from domain.renewal import RefreshSession
from domain.revocations import FeedPage, RevokedSessions
from domain.roles import GrantAdmin, WithdrawAdmin
from domain.sessions import EndOtherSessions, EndSession, SessionPolicy
from domain.throttling import ThrottlePolicy, Throttling
from domain.tokens import TokenPrincipal
from domain.transfer import ExportUsers, ImportUsers
from domain.unit_of_work import StorageUnavailable, UnitOfWork
from domain.user_sessions import EndUserSessions
from domain.users import RegisterUser, UsernameRules
from tests.fakes.audit import TABLE, FakeAuditRepository, FakeSeals
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
from tests.unit.key_changes import POLICY as ROTATION
from tests.unit.log_ins import PASSWORD, POLICY, acting_in, add_user, log_in

USER_AGENT = "Plantedfox"
CALLER = Origin("192.0.2.7", "192.0.2.0", USER_AGENT, "a-request")
OPERATOR = Origin(actor="operator")

LOCKED_AT = 3
"""Wrong passwords in a row."""

MOST_SESSIONS = 2

HERE = "id-1"
"""Miguel's first session."""

MIGUEL = "user:1"

Told = tuple[str, str | None, str, str | None, str | None]
"""Event, subject, actor, session and detail of an entry."""


@dataclass
class World:
    """A storage where Miguel (1) has logged in and susan (2) has not, and all that is done to it.

    `again` is the same storage with other units of work, or entries that go elsewhere.
    """

    storage: Storage = field(default_factory=Storage)
    clock: FakeClock = field(default_factory=FakeClock)
    unit_of_work: UnitOfWork | None = None
    entries: AuditRepository | None = None
    audit_ids: FakeIdentifiers = field(default_factory=FakeIdentifiers)
    session_ids: FakeIdentifiers = field(default_factory=FakeIdentifiers)

    def __post_init__(self) -> None:
        storage, clock = self.storage, self.clock
        work = self.unit_of_work or storage.transaction
        self.seals = FakeSeals()
        entries = self.entries or FakeAuditRepository(storage)
        self.audit = audit = AuditTrail(entries, self.seals, clock, self.audit_ids)
        self.users = users = FakeUserRepository(storage)
        self.sessions = sessions = FakeSessionRepository(storage)
        self.revoked = revoked = RevokedSessions(timedelta(days=365))
        revoked.take(FeedPage(0, 0, []), read_at=START)
        names, policy = UsernameRules(FakeUsernameProfile()), PasswordPolicy(FakePasswordProfile())
        throttles = FakeThrottleRepository(storage)
        throttling = Throttling(
            ThrottlePolicy(maximum=LOCKED_AT), throttles, FakePseudonyms(), clock
        )
        hasher = FakePasswordHasher()
        self.check = PasswordCheck(names, policy, hasher, users, throttling, audit, work)
        self.register = RegisterUser(names, policy, hasher, users, audit, clock, work)
        self.create = CreateUser(names, policy, hasher, users, audit, clock, work)
        self._wire_sessions(work)
        ending = (users, sessions, revoked, audit, clock, work)
        self.change_password = ChangePassword(self.check, *ending)
        self.remove_account = RemoveAccount(self.check, *ending)
        change = (users, sessions, throttles, revoked, audit, clock, work)
        self.disable = DisableUser(names, *change)
        self.enable = EnableUser(names, *change)
        self.unlock = UnlockPassword(names, *change)
        self.delete = DeleteUser(names, *change)
        self.grant = GrantAdmin(names, *change)
        self.withdraw = WithdrawAdmin(names, *change)
        self.end_of_user = EndUserSessions(*ending)
        self.set_password = SetPassword(names, policy, hasher, *change)
        self.import_users = ImportUsers(names, hasher, users, audit, clock, work)
        self.export_users = ExportUsers(users, audit, work)
        self._wire_keys(work)
        self.apps = Applications(self.issue, storage)

    def _wire_sessions(self, work: UnitOfWork) -> None:
        ring = FakeKeyRing(self.clock)
        ring.load([FakeKeyFactory().new(generation=1, use_from=START)])
        issuer = Issuer(POLICY, FakeTokenCodec(ring, self.clock), FakeRefreshTokens())
        ending = (self.sessions, self.revoked, self.audit, self.clock, work)
        self.issue = IssueToken(
            issuer,
            self.users,
            self.sessions,
            SessionPolicy(maximum_live=MOST_SESSIONS),
            self.revoked,
            self.audit,
            self.clock,
            self.session_ids,
            work,
        )
        self.refresh = RefreshSession(
            issuer,
            self.users,
            self.sessions,
            SessionPolicy(),
            self.revoked,
            self.audit,
            self.clock,
            work,
        )
        self.end = EndSession(*ending)
        self.end_others = EndOtherSessions(self.users, *ending)

    def _wire_keys(self, work: UnitOfWork) -> None:
        factory, feed = FakeKeyFactory(), FakeRevocationFeed(self.storage)
        self.keys = keys = FakeSigningKeyRepository(self.storage)
        self.rotate = RotateSigningKeys(keys, factory, feed, ROTATION, self.audit, self.clock, work)
        self.retire = RetireSigningKey(keys, factory, feed, self.audit, self.clock, work)
        self.rewrap = RewrapSigningKeys(keys, factory, self.audit, work)

    def again(
        self, *, unit_of_work: UnitOfWork | None = None, entries: AuditRepository | None = None
    ) -> "World":
        """The same storage, used in another way."""
        world = World(
            self.storage, self.clock, unit_of_work, entries, self.audit_ids, self.session_ids
        )
        world.miguel, world.susan, world.issued = self.miguel, self.susan, self.issued
        return world

    def peopled(self) -> "World":
        """This world, with users, a session, applications and a key, and nothing told of that."""
        self.miguel = add_user(self.users, "Miguel", PASSWORD)
        self.susan = add_user(self.users, "susan", "susan's")
        self.keys.add(FakeKeyFactory().new(generation=1, use_from=START))
        self.issued: IssuedTokens = log_in(self.issue, self.miguel)
        self.apps.registered()
        with self.storage.changing(TABLE) as rows:
            rows.clear()
        return self

    @property
    def here(self) -> TokenPrincipal:
        """Miguel, as he acts in his session."""
        return acting_in(self.issued.session, self.miguel)

    def told(self) -> list[AuditEntry]:
        """All entries, the oldest first."""
        rows: Sequence[AuditEntry] = tuple(self.storage.rows(TABLE).values())
        return sorted(rows, key=lambda entry: int(entry.id.removeprefix("id-")))

    def kid(self, generation: int) -> str:
        return next(key.kid for key in self.keys.list() if key.generation == generation)


Deed = Callable[[World], object]


def nothing(world: World) -> None:
    """What a deed needs before it."""


def refused(deed: Deed) -> Deed:
    """The same, of which is known that it is refused."""

    def attempt(world: World) -> None:
        try:
            deed(world)
        except StorageUnavailable:
            raise
        except DomainError:
            return
        raise AssertionError("It was not refused.")

    return attempt


def wrong(username: str, password: str = "wrong") -> Deed:
    """A try with a password that is not the user's."""
    return refused(
        lambda world: world.check.user_with(username=username, password=password, origin=CALLER)
    )


def once_more(*deeds: Deed) -> Deed:
    """One after the other, with enough time in between that none is throttled."""

    def run(world: World) -> None:
        for deed in deeds:
            deed(world)
            world.clock.advance(hours=1)

    return run
