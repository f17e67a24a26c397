"""The real application, with an authorization endpoint that asks for consent and nothing else."""

from dataclasses import replace

import falcon
from falcon.asgi import Request, Response

from domain.clock import Clock
from entrypoints.bootstrap.pages import make_pages
from entrypoints.bootstrap.parts import make_parts
from entrypoints.bootstrap.services import build
from entrypoints.http.app import HttpApp, create_http_app
from entrypoints.http.forms import load_form, once, parse_fields
from entrypoints.http.operations import Access, Route, operation
from entrypoints.pages import PageResource, page_routes
from entrypoints.settings import Settings


class ConsentResource(PageResource):
    """Goes back to the application at once if it is `trusted`, and asks before if not."""

    @operation(Access.ANYONE, "Ask for consent")
    async def on_get(self, req: Request, resp: Response) -> None:
        asked = once(parse_fields(req.query_string))
        principal = await self._pages.signed_in(req)
        if principal is None:
            self._pages.to_log_in(req, resp)
        elif asked["client_id"] == "trusted":
            self._send_back(resp, asked["redirect_uri"], "allow")
        else:
            self._pages.show_consent(
                req,
                resp,
                client_name=asked["client_id"],
                scopes=asked["scope"].split(),
                user_name=principal.username,
                redirect_uri=asked["redirect_uri"],
            )

    @operation(Access.ANYONE, "Consent", status=303)
    async def on_post(self, req: Request, resp: Response) -> None:
        fields = await load_form(req)
        self._pages.check_decision(req, fields)
        asked = once(parse_fields(req.query_string))
        self._send_back(resp, asked["redirect_uri"], fields["decision"])

    def _send_back(self, resp: Response, redirect_uri: str, decision: str) -> None:
        resp.status = falcon.HTTP_303
        resp.set_header("Location", f"{redirect_uri}?decision={decision}")


class ErrorResource(PageResource):
    """Shows the error that it is told."""

    @operation(Access.ANYONE, "Show an error")
    async def on_get(self, req: Request, resp: Response) -> None:
        told = once(parse_fields(req.query_string))
        self._pages.show_error(resp, 400, told["title"], told["detail"])


def create_app(settings: Settings, *, clock: Clock | None = None) -> HttpApp:
    parts = make_parts(settings, clock=clock)
    services, database = build(settings, clock=clock)
    pages = make_pages(parts, services)
    own = page_routes(
        pages,
        authenticate_request=services.authenticate_request,
        register_user=services.register_user,
        hashing=services.hashing,
    )
    consent = Route("/oauth2/authorize", ConsentResource(pages), is_api=False)
    error = Route("/error", ErrorResource(pages), is_api=False)
    served = replace(services, other_routes=(*own, consent, error))
    return create_http_app(served, settings, on_close=database.dispose)
