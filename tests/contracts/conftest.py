"""Each port's fake and real adapters, under one fixture: the suites do not know which they get."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.jose.signing_keys import JoseKeyFactory, JoseKeyRing
from adapters.jose.tokens import JoseTokenCodec
from adapters.passwords import Argon2PasswordHasher, BackgroundPasswordHasher
from adapters.sql.audit import SqlAuditRepository
from adapters.sql.authorization import SqlAuthorizationCodeRepository
from adapters.sql.clients import SqlClientRepository
from adapters.sql.consents import SqlConsentRepository
from adapters.sql.database import Database
from adapters.sql.housekeeping import SqlExpiringStorage
from adapters.sql.revocations import SqlRevocationFeed
from adapters.sql.sessions import SqlSessionRepository
from adapters.sql.signing_keys import SqlSigningKeyRepository
from adapters.sql.throttling import SqlThrottleRepository
from adapters.sql.users import SqlUserRepository
from domain.audit import AuditRepository
from domain.authorization import AuthorizationCodeRepository
from domain.clients import ClientRepository
from domain.clock import Clock
from domain.consents import ConsentRepository
from domain.housekeeping import ExpiringStorage
from domain.passwords import PasswordHasher
from domain.revocations import RevocationFeed
from domain.sessions import SessionRepository
from domain.signing_keys import KeyFactory, KeyRing, SigningKeyRepository
from domain.throttling import ThrottleRepository
from domain.tokens import TokenCodec
from domain.unit_of_work import UnitOfWork
from domain.users import UserRepository
from tests.contracts.databases import THREADS, PostgresDatabases, SqliteFiles
from tests.fakes.audit import FakeAuditRepository
from tests.fakes.authorization import FakeAuthorizationCodeRepository
from tests.fakes.clients import FakeClientRepository
from tests.fakes.clock import START
from tests.fakes.consents import FakeConsentRepository
from tests.fakes.housekeeping import FakeExpiringStorage
from tests.fakes.passwords import FakePasswordHasher
from tests.fakes.revocations import FakeRevocationFeed
from tests.fakes.sessions import FakeSessionRepository
from tests.fakes.signing_keys import FakeKeyFactory, FakeKeyRing, FakeSigningKeyRepository
from tests.fakes.throttling import FakeThrottleRepository
from tests.fakes.tokens import FakeTokenCodec
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import FakeUserRepository
from tests.postgresql import PostgresServer

__all__ = ["DATABASES", "THREADS", "Hashers", "Keys", "Stores", "opened_database"]

DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Stores:
    """The ports that share one storage."""

    unit_of_work: UnitOfWork
    users: UserRepository
    sessions: SessionRepository
    feed: RevocationFeed
    signing_keys: SigningKeyRepository
    throttles: ThrottleRepository
    audit: AuditRepository
    expiring: ExpiringStorage
    clients: ClientRepository
    consents: ConsentRepository
    codes: AuthorizationCodeRepository
    database: Database | None = None
    """Where these are, if it is a database."""


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    return SqliteFiles(tmp_path_factory.mktemp("prepared") / "varvel.sqlite")


@pytest.fixture(scope="session")
def postgres_databases(postgres: PostgresServer) -> PostgresDatabases:
    return PostgresDatabases(postgres)


@contextmanager
def opened_database(kind: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database of this kind, with the newest schema."""
    if kind == "postgresql":
        servers: PostgresDatabases = request.getfixturevalue("postgres_databases")
        with servers.lent() as database:
            yield database
        return
    files: SqliteFiles = request.getfixturevalue("sqlite_files")
    directory: Path = request.getfixturevalue("tmp_path")
    with files.lent(directory) as database:
        yield database


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    with opened_database(request.param, request) as opened:
        yield opened


@pytest.fixture(params=["fake", *DATABASES])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "fake":
        yield fake_stores()
        return
    with opened_database(request.param, request) as opened:
        yield sql_stores(opened)


def fake_stores() -> Stores:
    """What is stored in memory."""
    storage = Storage()
    return Stores(
        storage.transaction,
        FakeUserRepository(storage),
        FakeSessionRepository(storage),
        FakeRevocationFeed(storage),
        FakeSigningKeyRepository(storage),
        FakeThrottleRepository(storage),
        FakeAuditRepository(storage),
        FakeExpiringStorage(storage, SystemClock()),
        FakeClientRepository(storage),
        FakeConsentRepository(storage),
        FakeAuthorizationCodeRepository(storage),
    )


def sql_stores(database: Database) -> Stores:
    """What is stored in this database."""
    return Stores(
        database.transaction,
        SqlUserRepository(database),
        SqlSessionRepository(database),
        SqlRevocationFeed(database),
        SqlSigningKeyRepository(database),
        SqlThrottleRepository(database),
        SqlAuditRepository(database),
        SqlExpiringStorage(database),
        SqlClientRepository(database),
        SqlConsentRepository(database),
        SqlAuthorizationCodeRepository(database),
        database,
    )


@dataclass(frozen=True)
class Hashers:
    """A hasher, and one that makes hashes with the parameters of an earlier release."""

    present: PasswordHasher
    former: PasswordHasher


@pytest.fixture(scope="session", params=["fake", "argon2", "background"])
def hashers(request: pytest.FixtureRequest) -> Hashers:
    if request.param == "fake":
        return Hashers(FakePasswordHasher("now"), FakePasswordHasher("then"))
    present = Argon2PasswordHasher(memory=16, time=1)
    former = Argon2PasswordHasher(memory=8, time=1)
    if request.param == "argon2":
        return Hashers(present, former)
    return Hashers(
        *(BackgroundPasswordHasher(each, threads=2, niceness=1) for each in (present, former))
    )


@dataclass(frozen=True)
class Keys:
    """A ring that opens what `factory` and `former` seal, and what belongs to somebody else."""

    factory: KeyFactory
    former: KeyFactory
    foreign: KeyFactory
    new_ring: Callable[[Clock], KeyRing]
    new_codec: Callable[[KeyRing, Clock], TokenCodec]

    def codec(self, clock: Clock) -> TokenCodec:
        """A codec with one key of its own."""
        ring = self.new_ring(clock)
        ring.load([self.factory.new(generation=1, use_from=START)])
        return self.new_codec(ring, clock)


@pytest.fixture(scope="session", params=["fake", "jose"])
def keys(request: pytest.FixtureRequest) -> Keys:
    if request.param == "fake":
        return Keys(
            FakeKeyFactory(("present secret", "former secret")),
            FakeKeyFactory(("former secret",)),
            FakeKeyFactory(("foreign secret",)),
            lambda clock: FakeKeyRing(clock, ("present secret", "former secret")),
            _fake_codec,
        )
    return Keys(
        JoseKeyFactory((b"p" * 32, b"f" * 32)),
        JoseKeyFactory((b"f" * 32,)),
        JoseKeyFactory((b"?" * 32,)),
        lambda clock: JoseKeyRing((b"p" * 32, b"f" * 32), clock),
        _jose_codec,
    )


def _fake_codec(ring: KeyRing, clock: Clock) -> TokenCodec:
    assert isinstance(ring, FakeKeyRing)
    return FakeTokenCodec(ring, clock)


def _jose_codec(ring: KeyRing, clock: Clock) -> TokenCodec:
    assert isinstance(ring, JoseKeyRing)
    return JoseTokenCodec(ring, clock)
