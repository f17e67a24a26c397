"""The Falcon application: its routes, its middleware, its error handlers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import falcon
from falcon.asgi import App, Request, Response

from domain.errors import DomainError
from domain.health import CheckReadiness
from domain.signing_keys import KeyRing, LoadSigningKeys
from domain.tokens import AuthenticateRequest, IssueToken
from domain.users import RegisterUser, ShowUser
from entrypoints.http import errors
from entrypoints.http.about import DescriptionResource, HelpResource, WelcomeResource
from entrypoints.http.authentication import Authentication
from entrypoints.http.health import LivenessResource, ReadinessResource
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Route
from entrypoints.http.problems import Problem
from entrypoints.http.protected import ProtectedResource
from entrypoints.http.proxies import Network, Proxies
from entrypoints.http.requests import Requests
from entrypoints.http.signing_keys import SigningKeysResource
from entrypoints.http.tokens import TokenResource
from entrypoints.http.users import UserResource, UsersResource

LOADING_INTERVAL = 1.0
"""Seconds between two tries to load the keys."""

_log = logging.getLogger("varvel")

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

_NOTHING_YET = {"type": "http.request", "body": b"", "more_body": True}


class HttpApp(App[Request, Response]):
    """Falcon's application, except that it does not wait for a body before it looks at the rest.

    Falcon asks for the first part of the body before anything else, and would wait for one that
    never comes; so that part is empty here. Who needs the body reads it, within a time.
    """

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

        await super().__call__(scope, receive_later, send)


@dataclass(frozen=True, slots=True)
class Services:
    """What the resources call: the use cases, the keys, and the lanes to run them in."""

    key_ring: KeyRing
    load_signing_keys: LoadSigningKeys
    register_user: RegisterUser
    show_user: ShowUser
    authenticate_request: AuthenticateRequest
    issue_token: IssueToken
    check_readiness: CheckReadiness
    storage: Lane
    hashing: Lane


class Lifespan:
    """What happens in each process after the server has forked it, and before it ends."""

    def __init__(self, services: Services, on_close: Callable[[], None]) -> None:
        self._services = services
        self._on_close = on_close
        self._loading: asyncio.Task[None] | None = None

    async def process_startup(self, _scope: object, _event: object) -> None:
        """Loads the keys; while the database does not answer, goes on trying beside the requests.

        A process that gave up instead would end the whole server, and the token checks of the
        processes that have their keys with it.
        """
        if not await self._load_signing_keys():
            self._loading = asyncio.create_task(self._go_on_loading())

    async def process_shutdown(self, _scope: object, _event: object) -> None:
        """Lets the work under way end, then closes what is open."""
        if self._loading is not None:
            self._loading.cancel()
        self._services.hashing.close()
        self._services.storage.close()
        self._on_close()

    async def _load_signing_keys(self) -> bool:
        try:
            await self._services.storage.run(self._services.load_signing_keys)
        except Exception as error:  # whatever it is, the next try may succeed
            is_known = isinstance(error, (DomainError, Problem))
            _log.error("the signing keys are not loaded: %s", error, exc_info=not is_known)
            return False
        return True

    async def _go_on_loading(self) -> None:
        while not await self._load_signing_keys():
            await asyncio.sleep(LOADING_INTERVAL)


def routes(
    services: Services, *, public_url: str | None = None, proxies: Proxies | None = None
) -> tuple[Route, ...]:
    """The route table: it serves, it is listed at /help, and the API description is made of it."""
    proxies = proxies or Proxies(())
    users = UsersResource(services.register_user, services.hashing, proxies, public_url)
    user = UserResource(services.show_user, services.storage)
    help_resource = HelpResource()
    table = (
        Route("/", WelcomeResource()),
        Route("/help", help_resource),
        Route("/openapi.json", DescriptionResource()),
        Route("/.well-known/jwks.json", SigningKeysResource(services.key_ring)),
        Route("/health/live", LivenessResource()),
        Route("/health/ready", ReadinessResource(services.check_readiness, services.storage)),
        Route("/api/users", users),
        Route("/api/users/{user_id}", user),
        Route("/api/token", TokenResource(services.issue_token)),
        Route("/api/resource", ProtectedResource()),
        # The seed's text and code spell two paths in these ways as well.
        Route("/api/usr", users, deprecated=True),
        Route("/api/user", users, deprecated=True),
        Route("/api/user{user_id}", user, deprecated=True),
    )
    help_resource.describe(table)
    return table


def create_http_app(
    services: Services,
    *,
    public_url: str | None,
    trusted_proxies: Sequence[Network],
    on_close: Callable[[], None],
) -> HttpApp:
    """The application. `public_url` is the base of Location; without one, the Host header is."""
    proxies = Proxies(trusted_proxies)
    app = HttpApp()
    app.add_middleware(Lifespan(services, on_close))
    app.add_middleware(Requests(proxies))
    app.add_middleware(Authentication(services.authenticate_request, services.hashing))
    app.add_error_handler(Exception, errors.answer_unexpected)
    app.add_error_handler(falcon.HTTPError, errors.answer_http_error)
    app.add_error_handler(Problem, errors.answer_problem)
    app.add_error_handler(DomainError, errors.answer_domain_error)
    for route in routes(services, public_url=public_url, proxies=proxies):
        app.add_route(route.path, route.resource)
    return app
