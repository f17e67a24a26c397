"""What admins do over HTTP."""

from dataclasses import dataclass

from domain.accounts import DeleteUser, DisableUser, EnableUser, UnlockPassword
from domain.administration import CreateUser
from domain.audit_chain import ListAuditEntries
from domain.roles import RequireAdmin
from domain.user_administration import InspectUser, SearchUsers
from domain.user_sessions import EndUserSessions, ListUserSessions
from entrypoints.http.admin.audit import AuditResource
from entrypoints.http.admin.sessions import UserSessionResource, UserSessionsResource
from entrypoints.http.admin.users import (
    AdminUserResource,
    AdminUsersResource,
    DisableResource,
    EnableResource,
    UnlockResource,
)
from entrypoints.http.cursors import Cursors
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Route
from entrypoints.http.proxies import Proxies


@dataclass(frozen=True, slots=True)
class AdminServices:
    """The use cases of admins."""

    require_admin: RequireAdmin
    search_users: SearchUsers
    inspect_user: InspectUser
    create_user: CreateUser
    disable_user: DisableUser
    enable_user: EnableUser
    unlock_password: UnlockPassword
    delete_user: DeleteUser
    list_user_sessions: ListUserSessions
    end_user_sessions: EndUserSessions
    list_audit_entries: ListAuditEntries
    cursors: Cursors


def admin_routes(
    services: AdminServices, *, storage: Lane, hashing: Lane, proxies: Proxies
) -> tuple[Route, ...]:
    """The part of the route table that is for admins."""
    users = AdminUsersResource(
        search_users=services.search_users,
        create_user=services.create_user,
        cursors=services.cursors,
        storage=storage,
        hashing=hashing,
        proxies=proxies,
    )
    user = AdminUserResource(services.inspect_user, services.delete_user, storage, proxies)
    sessions = UserSessionsResource(
        services.list_user_sessions, services.end_user_sessions, storage, proxies
    )
    audit = AuditResource(services.list_audit_entries, services.cursors, storage, proxies)
    disable = DisableResource(services.disable_user, storage, proxies)
    enable = EnableResource(services.enable_user, storage, proxies)
    unlock = UnlockResource(services.unlock_password, storage, proxies)
    session = UserSessionResource(services.end_user_sessions, storage, proxies)
    return (
        Route("/api/admin/users", users),
        Route("/api/admin/users/{user_id}", user),
        Route("/api/admin/users/{user_id}/disable", disable),
        Route("/api/admin/users/{user_id}/enable", enable),
        Route("/api/admin/users/{user_id}/unlock", unlock),
        Route("/api/admin/users/{user_id}/sessions", sessions),
        Route("/api/admin/users/{user_id}/sessions/{session_id}", session),
        Route("/api/admin/audit", audit),
    )
