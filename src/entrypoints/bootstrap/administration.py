"""What operators run at the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from domain.accounts import DeleteUser, DisableUser, EnableUser, UnlockPassword
from domain.audit_chain import ListAuditEntries, VerifyAuditTrail
from domain.clock import Clock
from domain.key_rotation import (
    ListSigningKeys,
    RetireSigningKey,
    RewrapSigningKeys,
    RotateSigningKeys,
    RotationPolicy,
)
from entrypoints.bootstrap.parts import Parts
from entrypoints.bootstrap.startup import opened
from entrypoints.settings import Settings, StartupError


@dataclass(frozen=True, slots=True)
class Administration:
    """The use cases of operators."""

    disable_user: DisableUser
    enable_user: EnableUser
    delete_user: DeleteUser
    unlock_password: UnlockPassword
    list_audit_entries: ListAuditEntries
    verify_audit_trail: VerifyAuditTrail
    list_signing_keys: ListSigningKeys
    rotate_signing_keys: RotateSigningKeys
    retire_signing_key: RetireSigningKey
    rewrap_signing_keys: RewrapSigningKeys


@contextmanager
def administration(settings: Settings, *, clock: Clock | None = None) -> Iterator[Administration]:
    """The use cases on this database, which is closed in the end. Raises StartupError."""
    if not settings.secrets and not settings.secret_file.exists():
        raise StartupError(
            "Set VARVEL_SECRET as the servers have it, or VARVEL_DATA_DIR to theirs."
        )
    with opened(settings, clock=clock) as parts:
        yield _administration(parts)


def _administration(parts: Parts) -> Administration:
    clock, unit_of_work = parts.clock, parts.database.transaction
    passwords, users, sessions = parts.passwords, parts.users, parts.sessions
    usernames, throttles = passwords.usernames, passwords.throttling.throttles
    revoked, audit = parts.revoked, parts.audit
    keys, factory, feed = parts.signing_keys, parts.key_factory, parts.feed
    return Administration(
        disable_user=DisableUser(usernames, users, sessions, revoked, audit, clock, unit_of_work),
        enable_user=EnableUser(usernames, users, audit, unit_of_work),
        delete_user=DeleteUser(
            usernames, users, sessions, throttles, revoked, audit, clock, unit_of_work
        ),
        unlock_password=UnlockPassword(usernames, users, throttles, audit, unit_of_work),
        list_signing_keys=ListSigningKeys(keys, clock),
        rotate_signing_keys=RotateSigningKeys(
            keys, factory, feed, _rotation_policy(parts.settings), audit, clock, unit_of_work
        ),
        retire_signing_key=RetireSigningKey(keys, factory, feed, audit, clock, unit_of_work),
        rewrap_signing_keys=RewrapSigningKeys(keys, factory, audit, unit_of_work),
        list_audit_entries=ListAuditEntries(passwords, audit.entries),
        verify_audit_trail=VerifyAuditTrail(audit.entries, audit.seals),
    )


def _rotation_policy(settings: Settings) -> RotationPolicy:
    return RotationPolicy(settings.jwks_max_age, settings.token_lifetime, settings.revocation_bound)
