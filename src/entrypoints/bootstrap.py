"""The composition root: which adapter serves which port, read from top to bottom."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import URL
from sqlalchemy.exc import ArgumentError

from adapters.clock import SystemClock
from adapters.common_passwords import ZxcvbnCommonPasswords
from adapters.identifiers import RandomIdentifiers
from adapters.jose.signing_keys import JoseKeyFactory, JoseKeyRing
from adapters.jose.tokens import JoseTokenCodec
from adapters.passwords import Argon2PasswordHasher, BackgroundPasswordHasher
from adapters.precis import password_profile, username_profile
from adapters.secrets import derive_key
from adapters.sql import migration
from adapters.sql.database import Database
from adapters.sql.health import SqlStorage
from adapters.sql.migration import SchemaState
from adapters.sql.signing_keys import SqlSigningKeyRepository
from adapters.sql.users import SqlUserRepository
from domain.clock import Clock
from domain.health import CheckReadiness
from domain.passwords import PasswordPolicy
from domain.signing_keys import LoadSigningKeys, SigningKeyUnreadable
from domain.tokens import AuthenticateRequest, IssueToken, TokenPolicy
from domain.unit_of_work import StorageUnavailable
from domain.users import RegisterUser, ShowUser, UsernameRules
from entrypoints.data_directory import make_private_file, read_or_make_secret
from entrypoints.http.app import HttpApp, Services, create_http_app
from entrypoints.http.lanes import Lane
from entrypoints.settings import Profile, Registration, Settings, StartupError

HASHING_NICENESS = 10
"""Priority of the hashing threads; docs/decisions/0001 says what was measured."""

STORAGE_QUEUE = 64
PRODUCTION_MINIMUM_LENGTH = 15
"""Code points; NIST SP 800-63B-4 section 3.1.1.2, for a password that is the only factor."""


def build(settings: Settings, *, clock: Clock | None = None) -> tuple[Services, Database]:
    """Wires everything; opens no connection and starts no thread. Raises StartupError.

    Without a secret among the settings it makes one, and keeps it in the data directory.
    """
    clock = clock or SystemClock()
    secrets = settings.secrets or (read_or_make_secret(settings.data_dir / "secret"),)
    sealing_keys = [derive_key(secret, "signing-keys") for secret in secrets]

    database = _database(settings)
    users = SqlUserRepository(database)
    usernames = UsernameRules(username_profile())
    passwords = _password_policy(settings.profile)
    hasher = BackgroundPasswordHasher(
        Argon2PasswordHasher(memory=settings.hash_memory, time=settings.hash_time),
        threads=settings.hash_threads,
        niceness=HASHING_NICENESS,
    )

    key_ring = JoseKeyRing(sealing_keys)
    codec = JoseTokenCodec(key_ring, clock)
    policy = TokenPolicy(issuer=settings.issuer, lifetime=settings.token_lifetime)

    services = Services(
        key_ring=key_ring,
        load_signing_keys=LoadSigningKeys(
            SqlSigningKeyRepository(database),
            JoseKeyFactory(sealing_keys[0]),
            key_ring,
            clock,
            database.transaction,
        ),
        register_user=RegisterUser(
            usernames,
            passwords,
            hasher,
            users,
            clock,
            database.transaction,
            is_open=settings.registration is Registration.OPEN,
        ),
        show_user=ShowUser(users),
        authenticate_request=AuthenticateRequest(
            usernames, passwords, hasher, users, database.transaction, policy, codec, clock
        ),
        issue_token=IssueToken(policy, codec, clock, RandomIdentifiers()),
        check_readiness=CheckReadiness(SqlStorage(database), key_ring),
        storage=Lane("storage", threads=settings.storage_threads, queue=STORAGE_QUEUE),
        hashing=Lane("hashing", threads=settings.hash_threads, queue=settings.hash_queue),
    )
    return services, database


def create_app(settings: Settings, *, clock: Clock | None = None) -> HttpApp:
    """The HTTP application for these settings. Raises StartupError."""
    services, database = build(settings, clock=clock)
    return create_http_app(
        services,
        public_url=settings.public_url,
        trusted_proxies=settings.trusted_proxies,
        on_close=database.dispose,
    )


def prepare(settings: Settings) -> None:
    """Makes sure of the schema and of a signing key before any process serves.

    An embedded database is brought to the newest schema; a server's is only looked at, since many
    processes share it. Raises StartupError when the database or the key in it cannot be used.
    """
    services, database = build(settings)
    _make_database_file(settings)
    with _startup_errors(database):
        state = migration.state(database)
        if database.is_embedded and state is SchemaState.OLDER:
            migration.upgrade(database)
        elif state not in migration.USABLE:
            raise StartupError(_unusable_schema(state))
        services.load_signing_keys()


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a look at the database found. `clock_difference` is ours minus theirs, in seconds."""

    clock_difference: float
    encodes_unicode: bool


def inspect(settings: Settings) -> Inspection:
    """Looks at a database without changing it.

    Raises StartupError when it cannot be reached, its schema is not current, or its signing key
    cannot be opened.
    """
    if settings.database_file is not None and not settings.database_file.exists():
        raise StartupError("There is no database yet: run varvel migrate.")
    services, database = build(settings)
    with _startup_errors(database):
        state = migration.state(database)
        if state not in migration.USABLE:
            raise StartupError(_unusable_schema(state))
        if SqlSigningKeyRepository(database).list():
            services.load_signing_keys()
        return Inspection(
            (SystemClock().now() - database.now()).total_seconds(), database.encodes_unicode()
        )


def migrate(settings: Settings) -> bool:
    """Brings the database to this program's schema; False if it has a newer one, and keeps it.

    Raises StartupError.
    """
    _, database = build(settings)
    _make_database_file(settings)
    with _startup_errors(database):
        state = migration.state(database)
        if state is SchemaState.UNKNOWN:
            raise StartupError(_unusable_schema(state))
        if state is SchemaState.OLDER:
            migration.upgrade(database)
        return state is not SchemaState.NEWER


@contextmanager
def _startup_errors(database: Database) -> Iterator[None]:
    try:
        yield
    except StorageUnavailable as error:
        told = str(getattr(error.__cause__, "orig", None) or "it does not answer")
        reason = " ".join(told.split()).rstrip(".? ")
        raise StartupError(
            f"The database {_named(database.url)} cannot be used: {reason}. "
            "Check VARVEL_DATABASE_URL and VARVEL_DATA_DIR."
        ) from error
    except SigningKeyUnreadable as error:
        raise StartupError(error.detail) from error
    finally:
        database.dispose()


def _named(url: URL) -> str:
    # Options of the address can hold a password as well.
    return url.set(query={}).render_as_string(hide_password=True)


def _unusable_schema(state: SchemaState) -> str:
    if state is SchemaState.OLDER:
        return "The database's schema is older than this program: run varvel migrate."
    return (
        "The database holds another program's schema; "
        "set VARVEL_DATABASE_URL to a database of Varvel's own."
    )


def _database(settings: Settings) -> Database:
    pool_size = settings.storage_threads + settings.hash_threads
    try:
        database = Database(settings.database_url, pool_size=pool_size)
    except (ArgumentError, ImportError, TypeError) as error:
        raise StartupError(
            "VARVEL_DATABASE_URL names no database that this program can use; write it like "
            "postgresql://user:password@host/name or sqlite:////path/to/file."
        ) from error
    return database


def _make_database_file(settings: Settings) -> None:
    if settings.database_file is not None:
        make_private_file(settings.database_file)


def _password_policy(profile: Profile) -> PasswordPolicy:
    if profile is Profile.DEVELOPMENT:
        return PasswordPolicy(password_profile())
    return PasswordPolicy(
        password_profile(),
        minimum_length=PRODUCTION_MINIMUM_LENGTH,
        common=ZxcvbnCommonPasswords(),
        context_words=("varvel",),
        refuses_username=True,
    )
