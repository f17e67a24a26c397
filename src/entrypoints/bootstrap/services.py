"""What the HTTP API runs."""

from adapters.identifiers import RandomIdentifiers
from adapters.jose.tokens import JoseTokenCodec
from adapters.refresh_tokens import HmacRefreshTokens
from adapters.seals import HmacSeals
from adapters.sql.database import Database
from adapters.sql.health import SqlStorage
from adapters.sql.housekeeping import SqlExpiringStorage
from domain.accounts import (
    ChangePassword,
    DeleteUser,
    DisableUser,
    EnableUser,
    RemoveAccount,
    ShowAccount,
    UnlockPassword,
)
from domain.administration import CreateUser
from domain.audit_chain import ListAuditEntries, SealAuditTrail, TrimAuditTrail
from domain.clock import Clock
from domain.health import CheckReadiness
from domain.housekeeping import RemoveExpired
from domain.issuance import Issuer, IssueToken, RefreshSession
from domain.roles import RequireAdmin
from domain.sessions import EndOtherSessions, EndSession, ListSessions, SessionPolicy, ShowSession
from domain.tokens import AuthenticateRequest, TokenPolicy
from domain.user_administration import InspectUser, SearchUsers
from domain.user_sessions import EndUserSessions, ListUserSessions
from domain.users import RegisterUser, ShowUser
from entrypoints.bootstrap.parts import Parts, make_parts
from entrypoints.http.admin import AdminServices
from entrypoints.http.app import HttpApp, Services, create_http_app
from entrypoints.http.cursors import Cursors
from entrypoints.http.lanes import Lane
from entrypoints.settings import Registration, Settings

STORAGE_QUEUE = 64


def build(settings: Settings, *, clock: Clock | None = None) -> tuple[Services, Database]:
    """Wires everything; opens no connection and starts no thread. Raises StartupError."""
    parts = make_parts(settings, clock=clock)
    clock, users, sessions, revoked = parts.clock, parts.users, parts.sessions, parts.revoked
    passwords, audit = parts.passwords, parts.audit
    unit_of_work = parts.database.transaction

    codec = JoseTokenCodec(parts.key_ring, clock)
    token_policy = TokenPolicy(issuer=settings.issuer, lifetime=settings.token_lifetime)
    session_policy = SessionPolicy(
        settings.session_idle, settings.session_lifetime, settings.refresh_grace
    )
    refresh_tokens = HmacRefreshTokens(parts.secrets.keys_for("refresh-tokens"))
    issuer = Issuer(token_policy, codec, refresh_tokens)

    services = Services(
        key_ring=parts.key_ring,
        follow_revocations=parts.follow_revocations(),
        remove_expired=RemoveExpired(SqlExpiringStorage(parts.database)),
        seal_audit_trail=SealAuditTrail(audit.entries, audit.seals, unit_of_work),
        trim_audit_trail=TrimAuditTrail(
            # By the storage's clock, since one process whose own is wrong must not erase the trail.
            audit.entries,
            audit,
            settings.audit_retention,
            parts.database,
            unit_of_work,
        ),
        register_user=RegisterUser(
            passwords.usernames,
            passwords.policy,
            passwords.hasher,
            users,
            audit,
            clock,
            unit_of_work,
            is_open=settings.registration is Registration.OPEN,
        ),
        show_user=ShowUser(users, settings.public_users),
        show_account=ShowAccount(users),
        change_password=ChangePassword(
            passwords, users, sessions, revoked, audit, clock, unit_of_work
        ),
        remove_account=RemoveAccount(
            passwords, users, sessions, revoked, audit, clock, unit_of_work
        ),
        authenticate_request=AuthenticateRequest(passwords, token_policy, codec, revoked, clock),
        issue_token=IssueToken(
            issuer,
            users,
            sessions,
            session_policy,
            revoked,
            audit,
            clock,
            RandomIdentifiers(),
            unit_of_work,
        ),
        refresh_session=RefreshSession(
            issuer, users, sessions, session_policy, revoked, audit, clock, unit_of_work
        ),
        list_sessions=ListSessions(sessions, clock),
        show_session=ShowSession(sessions, clock),
        end_session=EndSession(sessions, revoked, audit, clock, unit_of_work),
        end_other_sessions=EndOtherSessions(users, sessions, revoked, audit, clock, unit_of_work),
        check_readiness=CheckReadiness(SqlStorage(parts.database), parts.key_ring, revoked, clock),
        admin=_admin_services(parts),
        storage=Lane("storage", threads=settings.storage_threads, queue=STORAGE_QUEUE),
        hashing=Lane("hashing", threads=settings.hash_threads, queue=settings.hash_queue),
    )
    return services, parts.database


def _admin_services(parts: Parts) -> AdminServices:
    clock, unit_of_work = parts.clock, parts.database.transaction
    passwords, users, sessions = parts.passwords, parts.users, parts.sessions
    usernames, policy, hasher = passwords.usernames, passwords.policy, passwords.hasher
    throttles, revoked, audit = parts.passwords.throttling.throttles, parts.revoked, parts.audit
    return AdminServices(
        require_admin=RequireAdmin(clock),
        search_users=SearchUsers(usernames, users),
        inspect_user=InspectUser(users),
        create_user=CreateUser(usernames, policy, hasher, users, audit, clock, unit_of_work),
        disable_user=DisableUser(usernames, users, sessions, revoked, audit, clock, unit_of_work),
        enable_user=EnableUser(usernames, users, audit, unit_of_work),
        unlock_password=UnlockPassword(usernames, users, throttles, audit, unit_of_work),
        delete_user=DeleteUser(
            usernames, users, sessions, throttles, revoked, audit, clock, unit_of_work
        ),
        list_user_sessions=ListUserSessions(usernames, users, sessions, clock, unit_of_work),
        end_user_sessions=EndUserSessions(
            usernames, users, sessions, revoked, audit, clock, unit_of_work
        ),
        list_audit_entries=ListAuditEntries(parts.passwords, audit.entries),
        cursors=Cursors(HmacSeals(parts.secrets.keys_for("cursors"))),
    )


def create_app(settings: Settings, *, clock: Clock | None = None) -> HttpApp:
    """The HTTP application for these settings. Raises StartupError."""
    services, database = build(settings, clock=clock)
    return create_http_app(
        services,
        settings,
        on_close=database.dispose,
        connections_in_use=database.connections_in_use,
    )
