"""What operators run at the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from adapters.identifiers import RandomIdentifiers
from domain.accounts import DeleteUser, DisableUser, EnableUser, UnlockPassword
from domain.administration import CreateUser, GeneratePassword, ListUsers, ReportUser, SetPassword
from domain.audit_chain import ListAuditEntries, VerifyAuditTrail
from domain.backups import Backups, RestoreBackup
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
from entrypoints.bootstrap.parts import Parts
from entrypoints.bootstrap.startup import opened, replaceable
from entrypoints.settings import Settings, StartupError


@dataclass(frozen=True, slots=True)
class Administration:
    """The use cases of operators."""

    list_users: ListUsers
    report_user: ReportUser
    create_user: CreateUser
    set_password: SetPassword
    generate_password: GeneratePassword
    disable_user: DisableUser
    enable_user: EnableUser
    delete_user: DeleteUser
    unlock_password: UnlockPassword
    grant_admin: GrantAdmin
    withdraw_admin: WithdrawAdmin
    import_users: ImportUsers
    export_users: ExportUsers
    list_audit_entries: ListAuditEntries
    verify_audit_trail: VerifyAuditTrail
    list_signing_keys: ListSigningKeys
    rotate_signing_keys: RotateSigningKeys
    retire_signing_key: RetireSigningKey
    rewrap_signing_keys: RewrapSigningKeys


@contextmanager
def administration(settings: Settings, *, clock: Clock | None = None) -> Iterator[Administration]:
    """The use cases on this database, which is closed in the end. Raises StartupError."""
    _require_secret(settings)
    with opened(settings, clock=clock) as parts:
        yield _administration(parts)


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
            "Set VARVEL_SECRET as the servers have it, or VARVEL_DATA_DIR to theirs."
        )


def _administration(parts: Parts) -> Administration:
    clock, unit_of_work = parts.clock, parts.database.transaction
    passwords, users, sessions = parts.passwords, parts.users, parts.sessions
    usernames, throttles = passwords.usernames, passwords.throttling.throttles
    revoked, audit = parts.revoked, parts.audit
    keys, factory, feed = parts.signing_keys, parts.key_factory, parts.feed
    policy, hasher = passwords.policy, passwords.hasher
    ending = (users, sessions, revoked, audit, clock, unit_of_work)
    return Administration(
        list_users=ListUsers(usernames, users, passwords.throttling),
        report_user=ReportUser(usernames, users, sessions, passwords.throttling, clock),
        create_user=CreateUser(usernames, policy, hasher, users, audit, clock, unit_of_work),
        set_password=_set_password(parts),
        generate_password=GeneratePassword(usernames, policy, RandomIdentifiers()),
        disable_user=DisableUser(usernames, *ending),
        enable_user=EnableUser(usernames, users, audit, unit_of_work),
        delete_user=DeleteUser(usernames, users, sessions, throttles, *ending[2:]),
        unlock_password=UnlockPassword(usernames, users, throttles, audit, unit_of_work),
        grant_admin=GrantAdmin(usernames, users, audit, unit_of_work),
        withdraw_admin=WithdrawAdmin(usernames, *ending),
        import_users=ImportUsers(usernames, passwords.hasher, users, audit, clock, unit_of_work),
        export_users=ExportUsers(users, audit, unit_of_work),
        list_signing_keys=ListSigningKeys(keys, clock),
        rotate_signing_keys=_rotate_signing_keys(parts),
        retire_signing_key=RetireSigningKey(keys, factory, feed, audit, clock, unit_of_work),
        rewrap_signing_keys=RewrapSigningKeys(keys, factory, audit, unit_of_work),
        list_audit_entries=ListAuditEntries(passwords, audit.entries),
        verify_audit_trail=VerifyAuditTrail(audit.entries, audit.seals),
    )


def _set_password(parts: Parts) -> SetPassword:
    passwords = parts.passwords
    return SetPassword(
        passwords.usernames,
        passwords.policy,
        passwords.hasher,
        parts.users,
        parts.sessions,
        passwords.throttling.throttles,
        parts.revoked,
        parts.audit,
        parts.clock,
        parts.database.transaction,
    )


def _rotate_signing_keys(parts: Parts) -> RotateSigningKeys:
    return RotateSigningKeys(
        parts.signing_keys,
        parts.key_factory,
        parts.feed,
        _rotation_policy(parts.settings),
        parts.audit,
        parts.clock,
        parts.database.transaction,
    )


def _rotation_policy(settings: Settings) -> RotationPolicy:
    return RotationPolicy(settings.jwks_max_age, settings.token_lifetime, settings.revocation_bound)
