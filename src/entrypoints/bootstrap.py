"""The composition root: which adapter serves which port, read from top to bottom."""

from pathlib import Path

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
from adapters.sql.database import Database, is_embedded
from adapters.sql.signing_keys import SqlSigningKeyRepository
from adapters.sql.users import SqlUserRepository
from domain.clock import Clock
from domain.passwords import PasswordPolicy
from domain.signing_keys import LoadSigningKeys, SigningKeyUnreadable
from domain.tokens import AuthenticateRequest, IssueToken, TokenPolicy
from domain.unit_of_work import StorageUnavailable
from domain.users import RegisterUser, ShowUser, UsernameRules
from entrypoints.data_directory import make_private_directory, read_or_make_secret
from entrypoints.http.app import HttpApp, Services, create_http_app
from entrypoints.http.lanes import Lane
from entrypoints.settings import Profile, Registration, Settings, StartupError

HASHING_NICENESS = 10
"""Priority of the hashing threads; docs/decisions/0001 says what was measured."""

STORAGE_QUEUE = 256
PRODUCTION_MINIMUM_LENGTH = 15
"""Code points; NIST SP 800-63B-4 section 3.1.1.2, for a password that is the only factor."""


def build(settings: Settings, *, clock: Clock | None = None) -> tuple[Services, Database]:
    """Wires everything; opens no connection and starts no thread. Raises StartupError."""
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
        storage=Lane("storage", threads=settings.storage_threads, queue=STORAGE_QUEUE),
        hashing=Lane("hashing", threads=settings.hash_threads, queue=settings.hash_queue),
    )
    return services, database


def create_app(settings: Settings, *, clock: Clock | None = None) -> HttpApp:
    """The HTTP application for these settings. Raises StartupError."""
    services, database = build(settings, clock=clock)
    return create_http_app(services, public_url=settings.public_url, on_close=database.dispose)


def prepare(settings: Settings) -> None:
    """Brings the database to the newest schema and makes sure of a signing key.

    Raises StartupError when the database or the key in it cannot be used.
    """
    services, database = build(settings)
    try:
        if not migration.is_current(database):
            migration.upgrade(database)
        services.load_signing_keys()
    except StorageUnavailable as error:
        reason = getattr(error.__cause__, "orig", None) or "it does not answer"
        raise StartupError(
            f"The database {database.url!r} cannot be used: {reason}. "
            "Check VARVEL_DATABASE_URL and VARVEL_DATA_DIR."
        ) from error
    except SigningKeyUnreadable as error:
        raise StartupError(error.detail) from error
    finally:
        database.dispose()


def _database(settings: Settings) -> Database:
    pool_size = settings.storage_threads + settings.hash_threads
    try:
        database = Database(settings.database_url, pool_size=pool_size)
    except (ArgumentError, ImportError) as error:
        raise StartupError(
            "VARVEL_DATABASE_URL names no database that this program can use; "
            "write it like sqlite:////var/lib/varvel/varvel.sqlite."
        ) from error
    if is_embedded(database.url) and database.url.database:
        make_private_directory(Path(database.url.database).parent)
    return database


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
