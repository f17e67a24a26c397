"""What operators run at the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from domain.accounts import DeleteUser, DisableUser, EnableUser
from domain.clock import Clock
from domain.key_rotation import (
    ListSigningKeys,
    RetireSigningKey,
    RewrapSigningKeys,
    RotateSigningKeys,
    RotationPolicy,
)
from entrypoints.bootstrap.startup import opened
from entrypoints.settings import Settings, StartupError


@dataclass(frozen=True, slots=True)
class Administration:
    """The use cases of operators."""

    disable_user: DisableUser
    enable_user: EnableUser
    delete_user: DeleteUser
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
        clock, unit_of_work = parts.clock, parts.database.transaction
        usernames, users, sessions = parts.usernames, parts.users, parts.sessions
        keys, factory, feed = parts.signing_keys, parts.key_factory, parts.feed
        policy = RotationPolicy(
            settings.jwks_max_age, settings.token_lifetime, settings.revocation_bound
        )
        yield Administration(
            disable_user=DisableUser(
                usernames, users, sessions, parts.revoked, clock, unit_of_work
            ),
            enable_user=EnableUser(usernames, users, unit_of_work),
            delete_user=DeleteUser(usernames, users, sessions, parts.revoked, clock, unit_of_work),
            list_signing_keys=ListSigningKeys(keys, clock),
            rotate_signing_keys=RotateSigningKeys(keys, factory, feed, policy, clock, unit_of_work),
            retire_signing_key=RetireSigningKey(keys, factory, feed, clock, unit_of_work),
            rewrap_signing_keys=RewrapSigningKeys(keys, factory),
        )
