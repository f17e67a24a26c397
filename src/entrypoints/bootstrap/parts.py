"""The adapters and policies that use cases are made of."""

from dataclasses import dataclass

from sqlalchemy.exc import ArgumentError

from adapters.clock import SystemClock
from adapters.common_passwords import ZxcvbnCommonPasswords
from adapters.identifiers import RandomIdentifiers
from adapters.jose.signing_keys import JoseKeyFactory, JoseKeyRing
from adapters.passwords import Argon2PasswordHasher, BackgroundPasswordHasher, OlderSchemes
from adapters.precis import password_profile, username_profile
from adapters.pseudonyms import HmacPseudonyms
from adapters.seals import HmacSeals
from adapters.secrets import derive_key
from adapters.sql.audit import SqlAuditRepository
from adapters.sql.authorization import SqlAuthorizationCodeRepository
from adapters.sql.clients import SqlClientRepository
from adapters.sql.consents import SqlConsentRepository
from adapters.sql.database import Database
from adapters.sql.revocations import SqlRevocationFeed
from adapters.sql.sessions import SqlSessionRepository
from adapters.sql.signing_keys import SqlSigningKeyRepository
from adapters.sql.throttling import SqlThrottleRepository
from adapters.sql.users import SqlUserRepository
from domain.audit import AuditTrail
from domain.clock import Clock
from domain.credentials import PasswordCheck
from domain.passwords import PasswordPolicy
from domain.revocations import FollowRevocations, RevokedSessions
from domain.throttling import Throttling
from domain.users import UsernameRules
from entrypoints.data_directory import read_or_make_secret
from entrypoints.settings import Profile, Settings, StartupError

HASHING_NICENESS = 10
"""Priority of the hashing threads; docs/decisions/0001 says what was measured."""

PRODUCTION_MINIMUM_LENGTH = 15
"""Code points; NIST SP 800-63B-4 section 3.1.1.2, for a password that is the only factor."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What several use cases share."""

    settings: Settings
    secrets: "Secrets"
    clock: Clock
    database: Database
    passwords: PasswordCheck
    audit: AuditTrail
    users: SqlUserRepository
    sessions: SqlSessionRepository
    clients: SqlClientRepository
    consents: SqlConsentRepository
    codes: SqlAuthorizationCodeRepository
    feed: SqlRevocationFeed
    signing_keys: SqlSigningKeyRepository
    key_factory: JoseKeyFactory
    key_ring: JoseKeyRing
    revoked: RevokedSessions

    def follow_revocations(self) -> FollowRevocations:
        """What brings the process up to date, and makes the first key."""
        return FollowRevocations(
            self.feed,
            self.revoked,
            self.signing_keys,
            self.key_factory,
            self.key_ring,
            self.clock,
            self.database.transaction,
        )


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets, the newest first."""

    values: tuple[bytes, ...]

    def keys_for(self, purpose: str) -> list[bytes]:
        """The keys for this purpose, one of each secret, the newest first."""
        return [derive_key(secret, purpose) for secret in self.values]


def make_parts(settings: Settings, *, clock: Clock | None = None) -> Parts:
    """Wires the adapters; opens no connection and starts no thread. Raises StartupError.

    Without a secret among the settings it makes one, and keeps it in the data directory.
    """
    clock = clock or SystemClock()
    secrets = Secrets(settings.secrets or (read_or_make_secret(settings.secret_file),))
    sealing_keys = secrets.keys_for("signing-keys")
    database = _database(settings)
    audit = AuditTrail(
        SqlAuditRepository(database),
        HmacSeals(secrets.keys_for("audit")),
        clock,
        RandomIdentifiers(),
    )
    passwords = _password_check(settings, secrets, database, audit)
    return Parts(
        settings=settings,
        secrets=secrets,
        clock=clock,
        database=database,
        passwords=passwords,
        audit=audit,
        users=SqlUserRepository(database),
        sessions=SqlSessionRepository(database),
        clients=SqlClientRepository(database),
        consents=SqlConsentRepository(database),
        codes=SqlAuthorizationCodeRepository(database),
        feed=SqlRevocationFeed(database),
        signing_keys=SqlSigningKeyRepository(database),
        key_factory=JoseKeyFactory(sealing_keys),
        key_ring=JoseKeyRing(sealing_keys, clock),
        revoked=RevokedSessions(settings.revocation_bound),
    )


def _password_check(
    settings: Settings, secrets: Secrets, database: Database, audit: AuditTrail
) -> PasswordCheck:
    hasher = BackgroundPasswordHasher(
        OlderSchemes(Argon2PasswordHasher(memory=settings.hash_memory, time=settings.hash_time)),
        threads=settings.hash_threads,
        niceness=HASHING_NICENESS,
    )
    pseudonyms = HmacPseudonyms(secrets.keys_for("pseudonyms")[0])
    return PasswordCheck(
        UsernameRules(username_profile()),
        _password_policy(settings.profile),
        hasher,
        SqlUserRepository(database),
        Throttling(settings.throttle, SqlThrottleRepository(database), pseudonyms, audit.clock),
        audit,
        database.transaction,
    )


def _database(settings: Settings) -> Database:
    # One for each thread that may want one; the last are the follower's, which never has to wait,
    # and that of the chores.
    pool_size = settings.storage_threads + settings.hash_threads + 2
    try:
        database = Database(settings.database_url, pool_size=pool_size)
    except (ArgumentError, ImportError, TypeError) as error:
        raise StartupError(
            "VARVEL_DATABASE_URL names no database that this program can use; write it like "
            "postgresql://user:password@host/name or sqlite:////path/to/file."
        ) from error
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
