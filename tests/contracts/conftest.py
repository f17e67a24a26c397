"""Each port's fake and real adapters, under one fixture: the suites do not know which they get."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from adapters.jose.signing_keys import JoseKeyFactory, JoseKeyRing
from adapters.jose.tokens import JoseTokenCodec
from adapters.passwords import Argon2PasswordHasher, BackgroundPasswordHasher
from adapters.sql.database import Database
from adapters.sql.migration import upgrade
from adapters.sql.schema import metadata, users
from adapters.sql.signing_keys import SqlSigningKeyRepository
from adapters.sql.users import SqlUserRepository
from domain.clock import Clock
from domain.passwords import PasswordHasher
from domain.signing_keys import KeyFactory, KeyRing, SigningKeyRepository
from domain.tokens import TokenCodec
from domain.unit_of_work import UnitOfWork
from domain.users import UserRepository
from tests.fakes.clock import START
from tests.fakes.passwords import FakePasswordHasher
from tests.fakes.signing_keys import FakeKeyFactory, FakeKeyRing, FakeSigningKeyRepository
from tests.fakes.tokens import FakeTokenCodec
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import FakeUserRepository
from tests.postgresql import PostgresServer

THREADS = 8

DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Stores:
    """The ports that share one storage, and what no port can do but an operator may."""

    unit_of_work: UnitOfWork
    users: UserRepository
    signing_keys: SigningKeyRepository
    remove_newest_user: Callable[[], None]


@contextmanager
def opened_database(kind: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database of this kind, with the newest schema."""
    if kind == "postgresql":
        url = request.getfixturevalue("emptied_url")
    else:
        url = f"sqlite:///{request.getfixturevalue('tmp_path') / 'varvel.sqlite'}"
    database = Database(url, pool_size=THREADS)
    try:
        upgrade(database)
        yield database
    finally:
        database.dispose()


@pytest.fixture(scope="session")
def standing_url(postgres: PostgresServer) -> str:
    return postgres.create_database()


@pytest.fixture
def emptied_url(postgres: PostgresServer, standing_url: str) -> Iterator[str]:
    """A database of PostgreSQL, used again, since making one takes longer than most tests."""
    yield standing_url
    tables = ", ".join(metadata.tables)
    postgres.execute(f"TRUNCATE {tables} RESTART IDENTITY", postgres.name(standing_url))


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    with opened_database(request.param, request) as opened:
        yield opened


@pytest.fixture(params=["fake", *DATABASES])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "fake":
        yield _fake_stores()
        return
    with opened_database(request.param, request) as opened:
        yield _sql_stores(opened)


def _fake_stores() -> Stores:
    storage = Storage()
    repository = FakeUserRepository(storage)
    return Stores(
        storage.transaction,
        repository,
        FakeSigningKeyRepository(storage),
        repository.remove_newest,
    )


def _sql_stores(database: Database) -> Stores:
    def remove_newest_user() -> None:
        with database.engine.begin() as connection:
            newest = max(connection.scalars(users.select().with_only_columns(users.c.id)))
            connection.execute(users.delete().where(users.c.id == newest))

    return Stores(
        database.transaction,
        SqlUserRepository(database),
        SqlSigningKeyRepository(database),
        remove_newest_user,
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
    new_ring: Callable[[], KeyRing]
    new_codec: Callable[[KeyRing, Clock], TokenCodec]

    def codec(self, clock: Clock) -> TokenCodec:
        """A codec with one key of its own."""
        ring = self.new_ring()
        ring.load([self.factory.new(generation=1, use_from=START)])
        return self.new_codec(ring, clock)


@pytest.fixture(scope="session", params=["fake", "jose"])
def keys(request: pytest.FixtureRequest) -> Keys:
    if request.param == "fake":
        return Keys(
            FakeKeyFactory("present secret"),
            FakeKeyFactory("former secret"),
            FakeKeyFactory("foreign secret"),
            lambda: FakeKeyRing(("present secret", "former secret")),
            _fake_codec,
        )
    return Keys(
        JoseKeyFactory(b"p" * 32),
        JoseKeyFactory(b"f" * 32),
        JoseKeyFactory(b"?" * 32),
        lambda: JoseKeyRing((b"p" * 32, b"f" * 32)),
        _jose_codec,
    )


def _fake_codec(ring: KeyRing, clock: Clock) -> TokenCodec:
    assert isinstance(ring, FakeKeyRing)
    return FakeTokenCodec(ring, clock)


def _jose_codec(ring: KeyRing, clock: Clock) -> TokenCodec:
    assert isinstance(ring, JoseKeyRing)
    return JoseTokenCodec(ring, clock)
