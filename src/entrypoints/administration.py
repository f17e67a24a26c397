"""The use cases of operators at the command line, and of admins over HTTP."""

from dataclasses import dataclass

from domain.accounts import DeleteUser, DisableUser, EnableUser, UnlockPassword
from domain.administration import CreateUser, GeneratePassword, ListUsers, ReportUser, SetPassword
from domain.audit_chain import ListAuditEntries, VerifyAuditTrail
from domain.client_registration import CreateClient
from domain.clients import DeleteClient, ListClients, RotateClientSecret, ShowClient
from domain.key_rotation import (
    ListSigningKeys,
    RetireSigningKey,
    RewrapSigningKeys,
    RotateSigningKeys,
)
from domain.roles import GrantAdmin, WithdrawAdmin
from domain.transfer import ExportUsers, ImportUsers
from domain.user_sessions import EndUserSessions, ListUserSessions


@dataclass(frozen=True, slots=True)
class Administration:
    """What they share, and what the command line has alone."""

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
    list_user_sessions: ListUserSessions
    end_user_sessions: EndUserSessions
    import_users: ImportUsers
    export_users: ExportUsers
    list_audit_entries: ListAuditEntries
    verify_audit_trail: VerifyAuditTrail
    list_signing_keys: ListSigningKeys
    rotate_signing_keys: RotateSigningKeys
    retire_signing_key: RetireSigningKey
    rewrap_signing_keys: RewrapSigningKeys
    create_client: CreateClient
    list_clients: ListClients
    show_client: ShowClient
    rotate_client_secret: RotateClientSecret
    delete_client: DeleteClient
