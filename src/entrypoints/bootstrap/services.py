"""What the HTTP API runs."""

from dataclasses import replace

from adapters.identifiers import RandomIdentifiers
from adapters.jose.tokens import JoseTokenCodec
from adapters.refresh_tokens import HmacRefreshTokens
from adapters.seals import HmacSeals
from adapters.sql.database import Database
from adapters.sql.health import SqlStorage
from adapters.sql.housekeeping import SqlExpiringStorage
from domain.accounts import ChangePassword, RemoveAccount, ShowAccount
from domain.audit_chain import SealAuditTrail, TrimAuditTrail
from domain.browser_sessions import ResumeBrowserSession
from domain.clock import Clock
from domain.consents import ListConsents, WithdrawConsent
from domain.health import CheckReadiness
from domain.housekeeping import RemoveExpired
from domain.issuance import Issuer, IssueToken
from domain.renewal import RefreshSession
from domain.roles import RequireAdmin
from domain.sessions import EndOtherSessions, EndSession, ListSessions, SessionPolicy, ShowSession
from domain.tokens import AuthenticateRequest, TokenPolicy
from domain.users import RegisterUser, ShowUser
from entrypoints.bootstrap.administration import administration_of
from entrypoints.bootstrap.oauth import oauth_services
from entrypoints.bootstrap.pages import other_routes
from entrypoints.bootstrap.parts import make_parts
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
    ending = (sessions, revoked, audit, clock, unit_of_work)

    codec = JoseTokenCodec(parts.key_ring, clock)
    token_policy = TokenPolicy(issuer=settings.issuer, lifetime=settings.token_lifetime)
    session_policy = SessionPolicy(
        settings.session_idle, settings.session_lifetime, settings.refresh_grace
    )
    refresh_tokens = HmacRefreshTokens(parts.secrets.keys_for("refresh-tokens"))
    issuer = Issuer(token_policy, codec, refresh_tokens)

    refresh_session = RefreshSession(
        issuer, users, sessions, session_policy, revoked, audit, clock, unit_of_work
    )
    oauth = oauth_services(parts, issuer, session_policy, refresh_session)
    administration = administration_of(parts)
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
        change_password=ChangePassword(passwords, users, *ending),
        remove_account=RemoveAccount(passwords, users, *ending),
        authenticate_request=AuthenticateRequest(passwords, token_policy, codec, revoked, clock),
        issue_token=IssueToken(
            *(issuer, users, sessions, session_policy, revoked),
            *(audit, clock, RandomIdentifiers(), unit_of_work),
        ),
        refresh_session=refresh_session,
        list_sessions=ListSessions(sessions, clock),
        show_session=ShowSession(sessions, clock),
        end_session=EndSession(*ending),
        end_other_sessions=EndOtherSessions(users, *ending),
        check_readiness=CheckReadiness(SqlStorage(parts.database), parts.key_ring, revoked, clock),
        list_consents=ListConsents(parts.consents),
        withdraw_consent=WithdrawConsent(users, parts.consents, *ending),
        resume_browser_session=ResumeBrowserSession(
            refresh_tokens, users, sessions, session_policy, clock
        ),
        oauth=oauth,
        require_admin=RequireAdmin(clock),
        administration=administration,
        cursors=Cursors(HmacSeals(parts.secrets.keys_for("cursors"))),
        storage=Lane("storage", threads=settings.storage_threads, queue=STORAGE_QUEUE),
        hashing=Lane("hashing", threads=settings.hash_threads, queue=settings.hash_queue),
    )
    return replace(services, other_routes=other_routes(parts, services)), parts.database


def create_app(settings: Settings, *, clock: Clock | None = None) -> HttpApp:
    """The HTTP application for these settings. Raises StartupError."""
    services, database = build(settings, clock=clock)
    return create_http_app(
        services,
        settings,
        on_close=database.dispose,
        connections_in_use=database.connections_in_use,
    )
