"""The Falcon application: its routes, its middleware, its error handlers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import falcon
from falcon.asgi import App, Request, Response

from domain.accounts import ChangePassword, RemoveAccount, ShowAccount
from domain.audit_chain import SEALING_INTERVAL, SealAuditTrail, TrimAuditTrail
from domain.browser_sessions import ResumeBrowserSession
from domain.consents import ListConsents, WithdrawConsent
from domain.errors import DomainError
from domain.health import CheckReadiness
from domain.housekeeping import INTERVAL, RemoveExpired
from domain.issuance import IssueToken
from domain.renewal import RefreshSession
from domain.revocations import FollowRevocations
from domain.roles import RequireAdmin
from domain.sessions import EndOtherSessions, EndSession, ListSessions, ShowSession
from domain.signing_keys import KeyRing
from domain.tokens import AuthenticateRequest
from domain.users import RegisterUser, ShowUser
from entrypoints.administration import Administration
from entrypoints.applications import OAuthServices
from entrypoints.follower import Follower
from entrypoints.http import errors
from entrypoints.http.about import DescriptionResource, HelpResource, WelcomeResource
from entrypoints.http.accounts import AccountResource, PasswordResource, RemovalResource
from entrypoints.http.admin import admin_routes
from entrypoints.http.authentication import Authentication
from entrypoints.http.consents import ConsentResource, ConsentsResource
from entrypoints.http.cursors import Cursors
from entrypoints.http.headers import BrowserHeaders, CrossOrigin
from entrypoints.http.health import LivenessResource, ReadinessResource
from entrypoints.http.lanes import Lane
from entrypoints.http.lifespan import Chore, Lifespan
from entrypoints.http.operations import Route
from entrypoints.http.problems import Problem
from entrypoints.http.protected import ProtectedResource
from entrypoints.http.proxies import Proxies
from entrypoints.http.requests import Requests
from entrypoints.http.sessions import SessionResource, SessionsResource
from entrypoints.http.signing_keys import SigningKeysResource
from entrypoints.http.tokens import TokenResource
from entrypoints.http.users import UserResource, UsersResource
from entrypoints.settings import Settings, StartupError

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

_NOTHING_YET = {"type": "http.request", "body": b"", "more_body": True}


class HttpApp(App[Request, Response]):
    """Falcon's application, except that it does not wait for a body before it looks at the rest.

    Falcon asks for the first part of the body before anything else, and would wait for one that
    never comes; so that part is empty here. Who needs the body reads it, within a time.
    """

    trace: Callable[..., Awaitable[None]] | None = None
    """Serves a request by the application that it is given, if requests are traced."""

    # Falcon's own has the same override of its base, which is a WSGI application.
    async def __call__(  # type: ignore[override]
        self, scope: dict[str, Any], receive: Receive, send: Send
    ) -> None:
        """Serves one connection or event, as ASGI has it."""
        begun = scope["type"] != "http"

        async def receive_later() -> Mapping[str, Any]:
            nonlocal begun
            if begun:
                return await receive()
            begun = True
            return _NOTHING_YET

        if self.trace is None or scope["type"] != "http":
            await super().__call__(scope, receive_later, send)
        else:
            await self.trace(super().__call__, scope, receive_later, send)


@dataclass(frozen=True, slots=True)
class Services:
    """What the resources call: the use cases, the keys, and the lanes to run them in.

    `other_routes` are those of the other entrypoints under this one's roof.
    """

    key_ring: KeyRing
    follow_revocations: FollowRevocations
    remove_expired: RemoveExpired
    seal_audit_trail: SealAuditTrail
    trim_audit_trail: TrimAuditTrail
    register_user: RegisterUser
    show_user: ShowUser
    show_account: ShowAccount
    change_password: ChangePassword
    remove_account: RemoveAccount
    authenticate_request: AuthenticateRequest
    issue_token: IssueToken
    refresh_session: RefreshSession
    list_sessions: ListSessions
    show_session: ShowSession
    end_session: EndSession
    end_other_sessions: EndOtherSessions
    check_readiness: CheckReadiness
    list_consents: ListConsents
    withdraw_consent: WithdrawConsent
    resume_browser_session: ResumeBrowserSession
    oauth: OAuthServices
    require_admin: RequireAdmin
    administration: Administration
    cursors: Cursors
    storage: Lane
    hashing: Lane
    other_routes: tuple[Route, ...] = ()


def routes(services: Services, *, proxies: Proxies, jwks_max_age: int) -> tuple[Route, ...]:
    """The route table: it serves, it is listed at /help, and the API description is made of it."""
    storage, hashing = services.storage, services.hashing
    users = UsersResource(services.register_user, hashing, proxies)
    user = UserResource(services.show_user, storage)
    help_resource = HelpResource()
    table = (
        Route("/", WelcomeResource()),
        Route("/help", help_resource),
        Route("/openapi.json", DescriptionResource()),
        Route("/.well-known/jwks.json", SigningKeysResource(services.key_ring, jwks_max_age)),
        Route("/health/live", LivenessResource()),
        Route("/health/ready", ReadinessResource(services.check_readiness, storage)),
        Route("/api/users", users),
        Route("/api/users/{user_id}", user),
        Route("/api/users/me", AccountResource(services.show_account, storage)),
        Route(
            "/api/users/me/password", PasswordResource(services.change_password, hashing, proxies)
        ),
        Route("/api/users/me/removal", RemovalResource(services.remove_account, hashing, proxies)),
        *_session_routes(services, proxies),
        Route("/api/resource", ProtectedResource()),
        *services.other_routes,
        *admin_routes(services.administration, services.cursors, storage, hashing, proxies),
        # The seed's text and code spell two paths in these ways as well.
        Route("/api/usr", users, deprecated=True),
        Route("/api/user", users, deprecated=True),
        Route("/api/user{user_id}", user, deprecated=True),
    )
    help_resource.describe(table)
    return table


def _session_routes(services: Services, proxies: Proxies) -> tuple[Route, ...]:
    storage, hashing = services.storage, services.hashing
    tokens = TokenResource(services.issue_token, services.refresh_session, storage, proxies)
    sessions = SessionsResource(
        authenticate_request=services.authenticate_request,
        issue_token=services.issue_token,
        list_sessions=services.list_sessions,
        end_other_sessions=services.end_other_sessions,
        storage=storage,
        hashing=hashing,
        proxies=proxies,
    )
    session = SessionResource(services.show_session, services.end_session, storage, proxies)
    consent = ConsentResource(services.withdraw_consent, storage, proxies)
    return (
        Route("/api/token", tokens),
        Route("/api/sessions", sessions),
        Route("/api/sessions/{session_id}", session),
        Route("/api/consents", ConsentsResource(services.list_consents, storage)),
        Route("/api/consents/{client_id}", consent),
    )


def chores(services: Services) -> tuple[Chore, ...]:
    """What every process does beside its requests, as far as no other process has done it."""
    return (
        Chore(services.remove_expired, INTERVAL, "what has expired stays"),
        Chore(services.trim_audit_trail, INTERVAL, "the audit trail keeps what is too old"),
        Chore(
            services.seal_audit_trail,
            SEALING_INTERVAL,
            "the audit trail is not sealed",
            news="audit head",
        ),
    )


def _measure(app: HttpApp, services: Services, connections_in_use: Callable[[], int]) -> Chore:
    from entrypoints.http.metrics import SAMPLING_INTERVAL, Metrics

    lanes = (services.hashing, services.storage)
    metrics = Metrics(lanes, services.follow_revocations, connections_in_use)
    app.add_middleware(metrics)
    return Chore(metrics.sample, SAMPLING_INTERVAL, "the gauges among the metrics are old")


def _trace(app: HttpApp, services: Services, endpoint: str) -> None:
    try:
        from entrypoints.http.tracing import Tracing
    except ModuleNotFoundError as error:
        raise StartupError(
            "VARVEL_TRACES_ENDPOINT needs OpenTelemetry, which is not installed: install Varvel's "
            "extra, varvel[tracing], from requirements-tracing.txt, or leave the setting empty."
        ) from error
    tracing = Tracing(endpoint, (services.hashing, services.storage))
    app.trace = tracing.serve
    app.add_middleware(tracing)


def _answer_errors(app: HttpApp) -> None:
    app.add_error_handler(Exception, errors.answer_unexpected)
    app.add_error_handler(falcon.HTTPError, errors.answer_http_error)
    app.add_error_handler(Problem, errors.answer_problem)
    app.add_error_handler(DomainError, errors.answer_domain_error)


def create_http_app(
    services: Services,
    settings: Settings,
    *,
    on_close: Callable[[], None],
    connections_in_use: Callable[[], int] = int,
) -> HttpApp:
    """The application. Raises StartupError."""
    proxies = Proxies(settings.trusted_proxies, settings.public_url)
    interval = settings.revocation_poll.total_seconds()
    follower = Follower(services.follow_revocations, interval=interval)
    app = HttpApp()
    if settings.traces_endpoint is not None:
        # First, so that all of a request, and of the process, is within.
        _trace(app, services, settings.traces_endpoint)
    todo = chores(services)
    if settings.metrics_bind is not None:
        # First, so that it counts what the others refuse and the time that they take.
        todo += (_measure(app, services, connections_in_use),)
    # Not in the storage lane, so that they neither wait for requests nor keep one waiting.
    lane = Lane("chores", threads=len(todo), queue=0)
    others = (services.hashing, services.storage)
    app.add_middleware(Lifespan(follower, todo, lane, others, on_close))
    app.add_middleware(BrowserHeaders(is_https=settings.issuer.startswith("https://")))
    if settings.cors_origins:
        app.add_middleware(CrossOrigin(settings.cors_origins))
    app.add_middleware(Requests(proxies))
    app.add_middleware(
        Authentication(
            services.authenticate_request, services.require_admin, services.hashing, proxies
        )
    )
    _answer_errors(app)
    jwks_max_age = int(settings.jwks_max_age.total_seconds())
    for route in routes(services, proxies=proxies, jwks_max_age=jwks_max_age):
        app.add_route(route.path, route.resource)
    return app
