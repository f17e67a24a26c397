"""What admins do over HTTP."""

from entrypoints.administration import Administration
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


def admin_routes(
    services: Administration, cursors: Cursors, storage: Lane, hashing: Lane, proxies: Proxies
) -> tuple[Route, ...]:
    """The part of the route table that is for admins."""
    users = AdminUsersResource(
        list_users=services.list_users,
        create_user=services.create_user,
        cursors=cursors,
        storage=storage,
        hashing=hashing,
        proxies=proxies,
    )
    user = AdminUserResource(services.report_user, services.delete_user, storage, proxies)
    sessions = UserSessionsResource(
        services.list_user_sessions, services.end_user_sessions, storage, proxies
    )
    audit = AuditResource(services.list_audit_entries, cursors, storage, proxies)
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
