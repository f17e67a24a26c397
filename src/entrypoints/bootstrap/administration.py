"""What operators run at the command line."""

from collections.abc import Iterator
from contextlib import contextmanager

from adapters.identifiers import RandomIdentifiers, RandomSecrets
from domain.accounts import DeleteUser, DisableUser, EnableUser, UnlockPassword
from domain.administration import CreateUser, GeneratePassword, ListUsers, ReportUser, SetPassword
from domain.audit_chain import ListAuditEntries, VerifyAuditTrail
from domain.backups import Backups, RestoreBackup
from domain.client_registration import CreateClient
from domain.clients import DeleteClient, ListClients, RotateClientSecret, ShowClient
from domain.clock import Clock
from domain.key_rotation import (
    ListSigningKeys,
    RetireSigningKey,
    RewrapSigningKeys,
    RotateSigningKeys,
    RotationPolicy,
)
from domain.roles import GrantAdmin, WithdrawAdmin
from domain.transfer import ExportUsers, ImportUsers
from domain.user_sessions import EndUserSessions, ListUserSessions
from entrypoints.administration import Administration
from entrypoints.bootstrap.parts import Parts
from entrypoints.bootstrap.startup import opened, replaceable
from entrypoints.settings import Settings, StartupError


@contextmanager
def administration(settings: Settings, *, clock: Clock | None = None) -> Iterator[Administration]:
    """The use cases on this database, which is closed in the end. Raises StartupError."""
    _require_secret(settings)
    with opened(settings, clock=clock) as parts:
        yield administration_of(parts)


@contextmanager
def backups(settings: Settings) -> Iterator[Backups]:
    """Backups of this database, which is closed in the end. Raises StartupError."""
    from adapters.sql.backups import SqlBackups

    _require_secret(settings)
    with opened(settings) as parts:
        yield SqlBackups(parts.database)


@contextmanager
def restoration(settings: Settings) -> Iterator[RestoreBackup]:
    """What restores into this database, which may be an empty one. Raises StartupError."""
    from adapters.sql.backups import SqlBackups

    _require_secret(settings)
    with replaceable(settings) as parts:
        yield RestoreBackup(SqlBackups(parts.database), parts.audit, parts.database.transaction)


def _require_secret(settings: Settings) -> None:
    if not settings.secrets and not settings.secret_file.exists():
        raise StartupError(
            f"There is no secret in {settings.secret_file}. Set VARVEL_SECRET as the servers have "
            "it, or VARVEL_DATA_DIR to their directory; varvel migrate makes a new one."
        )


def administration_of(parts: Parts) -> Administration:
    """The use cases made of these parts."""
    clock, unit_of_work, audit = parts.clock, parts.database.transaction, parts.audit
    passwords, users, sessions = parts.passwords, parts.users, parts.sessions
    usernames, policy, hasher = passwords.usernames, passwords.policy, passwords.hasher
    throttling, revoked, settings = passwords.throttling, parts.revoked, parts.settings
    clients = parts.clients
    keys, factory, feed = parts.signing_keys, parts.key_factory, parts.feed
    change = (users, sessions, throttling.throttles, revoked, audit, clock, unit_of_work)
    rotation = RotationPolicy(
        settings.jwks_max_age, settings.token_lifetime, settings.revocation_bound
    )
    return Administration(
        list_users=ListUsers(usernames, users, throttling),
        report_user=ReportUser(usernames, users, sessions, throttling, clock),
        create_user=CreateUser(usernames, policy, hasher, users, audit, clock, unit_of_work),
        set_password=SetPassword(usernames, policy, hasher, *change),
        generate_password=GeneratePassword(usernames, policy, RandomIdentifiers()),
        disable_user=DisableUser(usernames, *change),
        enable_user=EnableUser(usernames, *change),
        delete_user=DeleteUser(usernames, *change),
        unlock_password=UnlockPassword(usernames, *change),
        grant_admin=GrantAdmin(usernames, *change),
        withdraw_admin=WithdrawAdmin(usernames, *change),
        list_user_sessions=ListUserSessions(users, sessions, clock),
        end_user_sessions=EndUserSessions(users, sessions, revoked, audit, clock, unit_of_work),
        import_users=ImportUsers(usernames, hasher, users, audit, clock, unit_of_work),
        export_users=ExportUsers(users, audit, unit_of_work),
        list_audit_entries=ListAuditEntries(passwords, audit.entries),
        verify_audit_trail=VerifyAuditTrail(audit.entries, audit.seals),
        list_signing_keys=ListSigningKeys(keys, clock),
        rotate_signing_keys=RotateSigningKeys(
            keys, factory, feed, rotation, audit, clock, unit_of_work
        ),
        retire_signing_key=RetireSigningKey(keys, factory, feed, audit, clock, unit_of_work),
        rewrap_signing_keys=RewrapSigningKeys(keys, factory, audit, unit_of_work),
        create_client=CreateClient(
            clients, audit, clock, RandomIdentifiers(), RandomSecrets(), unit_of_work
        ),
        list_clients=ListClients(clients),
        show_client=ShowClient(clients),
        rotate_client_secret=RotateClientSecret(clients, audit, RandomSecrets(), unit_of_work),
        delete_client=DeleteClient(clients, sessions, revoked, audit, clock, unit_of_work),
    )
