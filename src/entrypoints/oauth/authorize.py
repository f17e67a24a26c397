"""Where users are sent to give applications leave (RFC 6749 section 3.1)."""

from typing import Any

from authlib.oauth2 import OAuth2Error
from falcon.asgi import Request, Response

from domain.authorization import ConsentRequired
from domain.credentials import InvalidCredentials
from domain.tokens import TokenPrincipal
from entrypoints.http.forms import load_form
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Access, operation
from entrypoints.http.origins import origin
from entrypoints.http.proxies import Proxies
from entrypoints.oauth.addresses import extended
from entrypoints.oauth.grants import unusual_audience
from entrypoints.oauth.requests import Answer, FalconRequest, authorization_request
from entrypoints.oauth.server import FalconAuthorizationServer
from entrypoints.pages import PageResource, Pages, texts


class AuthorizeResource(PageResource):
    """The authorization endpoint: a page for people, and at its end a way back."""

    def __init__(
        self, server: FalconAuthorizationServer, pages: Pages, storage: Lane, proxies: Proxies
    ) -> None:
        super().__init__(pages)
        self._server = server
        self._services = server.services
        self._storage = storage
        self._proxies = proxies

    @operation(Access.ANYONE, "Send users here to let an application act for them")
    async def on_get(self, req: Request, resp: Response) -> None:
        """Asks the user, unless that is needless."""
        if (validated := await self._validated(req, resp)) is None:
            return
        asked, grant = validated
        principal = await self._pages.signed_in(req)
        if principal is None:
            self._pages.to_log_in(req, resp)
            return
        # HEAD changes nothing (RFC 9110 section 9.2.1): a code would be a change.
        if req.method != "HEAD":
            try:
                await self._decide(req, resp, asked, grant, principal)
            except ConsentRequired:
                pass
            else:
                return
        self._pages.show_consent(
            req,
            resp,
            client_name=asked.client.registered.name,
            scopes=asked.scope.split(),
            user_name=principal.username,
            redirect_uri=grant.redirect_uri,
            api=unusual_audience(self._services.issuer, asked.client.registered, asked),
        )

    @operation(Access.ANYONE, "Allow or deny it")
    async def on_post(self, req: Request, resp: Response) -> None:
        """Takes the user's decision."""
        form = await load_form(req)
        self._pages.check_decision(req, form)
        if (validated := await self._validated(req, resp)) is None:
            return
        asked, grant = validated
        principal = await self._pages.signed_in(req)
        if principal is None:
            self._pages.to_log_in(req, resp)
            return
        is_allowed = form.get("decision") == "allow"
        await self._decide(req, resp, asked, grant, principal if is_allowed else None)

    async def _validated(self, req: Request, resp: Response) -> tuple[FalconRequest, Any] | None:
        """The request, and its grant; None after an error, which is written."""
        asked = None
        try:
            asked = authorization_request(req, origin(req, self._proxies))
            return asked, await self._storage.run(self._server.get_consent_grant, request=asked)
        except OAuth2Error as error:
            self._write(req, resp, self._server.handle_error_response(asked, error))
            return None

    async def _decide(
        self,
        req: Request,
        resp: Response,
        asked: FalconRequest,
        grant: Any,
        principal: TokenPrincipal | None,
    ) -> None:
        try:
            answer = await self._storage.run(
                self._server.create_authorization_response,
                request=asked,
                grant_user=principal,
                grant=grant,
            )
        except InvalidCredentials:
            # The session has ended since it was looked at.
            self._pages.to_log_in(req, resp)
        else:
            self._write(req, resp, answer)

    def _write(self, req: Request, resp: Response, answer: Answer) -> None:
        if answer.location is None:
            req.context.error_code = answer.body["error"]
            self._pages.show_error(
                resp,
                status=answer.status,
                title=texts.ASKED_WRONGLY_TITLE,
                detail=texts.ASKED_WRONGLY,
                told=f"{answer.body['error']}: {answer.body.get('error_description', '')}",
            )
            return
        # A browser repeats no form at the application's (RFC 9700 section 4.12), and the
        # application learns whose answer it has (RFC 9207).
        resp.status = 303
        resp.location = extended(answer.location, [("iss", self._services.issuer)])
