"""What every page needs: who is there, forms that can be trusted, and a way to show things."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from falcon.asgi import Request, Response

from domain.browser_sessions import ResumeBrowserSession
from domain.errors import DomainError, ErrorKind
from domain.issuance import IssueToken
from domain.sessions import EndSession
from domain.tokens import BROWSER, PasswordPrincipal, TokenPrincipal
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Resource
from entrypoints.http.origins import origin
from entrypoints.http.proxies import Proxies
from entrypoints.pages import texts
from entrypoints.pages.cookies import Cookies
from entrypoints.pages.form_tokens import FormTokens
from entrypoints.pages.rendering import Renderer, form_target
from entrypoints.pages.returning import AUTHORIZE, carrying, query_to_keep

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Pages:
    """Whatever a resource needs that people see. `prefix` is the path all addresses begin with."""

    renderer: Renderer
    cookies: Cookies
    forms: FormTokens
    resume_browser_session: ResumeBrowserSession
    issue_token: IssueToken
    end_session: EndSession
    storage: Lane
    proxies: Proxies
    prefix: str

    async def signed_in(self, req: Request) -> TokenPrincipal | None:
        """Who is logged in in this browser, if anybody is."""
        cookie = self.cookies.session(req)
        if not cookie:
            return None
        principal = await self.storage.run(self.resume_browser_session, cookie=cookie)
        if principal is not None:
            req.context.principal = principal
        return principal

    async def sign_in(self, req: Request, resp: Response, principal: PasswordPrincipal) -> None:
        """Starts a session in this browser, a new one each time; the one before ends.

        Raises InvalidCredentials when the user has changed since the password was proved.
        """
        former = await self.signed_in(req)
        caller = origin(req, self.proxies)
        issued = await self.storage.run(
            self.issue_token,
            principal=principal,
            origin=caller,
            refreshable=True,
            client_id=BROWSER,
        )
        if former is not None:
            await self._end(req, former)
        req.context.session = issued.session
        session = issued.session
        # To the last moment that it can last: until then the server decides, each time it is used.
        seconds = int((session.absolute_end - session.created_at).total_seconds())
        token = issued.refresh_token or ""
        self.cookies.keep_session(resp, token, seconds=seconds)

    async def sign_out(self, req: Request, resp: Response) -> None:
        """Ends the session of this browser, if there is one, and takes its cookies away."""
        principal = await self.signed_in(req)
        if principal is not None:
            await self._end(req, principal)
        self.cookies.forget(resp)

    async def _end(self, req: Request, principal: TokenPrincipal) -> None:
        try:
            await self.storage.run(
                self.end_session,
                principal=principal,
                session_id=principal.session_id,
                origin=origin(req, self.proxies),
            )
        except DomainError as error:
            # It is over already: somebody else was quicker.
            if error.kind is ErrorKind.UNAVAILABLE:
                raise

    def go(self, resp: Response, path: str, query: str = "") -> None:
        """Sends the browser to another page, which may carry a query along."""
        resp.status = 303
        resp.set_header("Location", self.prefix + carrying(path, query))

    def to_log_in(self, req: Request, resp: Response) -> None:
        """Sends people to log in; after that they come back with the query they have now."""
        self.go(resp, "/login", query_to_keep(req))

    def check_csrf(self, req: Request, fields: Mapping[str, str]) -> None:
        """Raises Problem 403 unless one of our pages sent this form, in this same session."""
        self.forms.check(req, fields)

    def check_decision(self, req: Request, fields: Mapping[str, str]) -> None:
        """Raises Problem 403 unless it was this request that `show_consent` asked about."""
        self.forms.check(req, fields, query_to_keep(req))

    def show_consent(
        self,
        req: Request,
        resp: Response,
        *,
        client_name: str,
        scopes: Sequence[str],
        user_name: str,
        redirect_uri: str,
        api: str | None = None,
    ) -> None:
        """Asks whether an application may do what it wants, at an API that has to be told.

        The form comes to this same address, with the field `decision`: `allow` or `deny`.
        """
        query = query_to_keep(req)
        parts = urlsplit(redirect_uri)
        host = parts.hostname
        # What follows a scheme of a program's own is no host, whatever it looks like.
        is_here = parts.scheme not in ("http", "https") or host in _LOOPBACK
        self.renderer.show(
            resp,
            "consent.html",
            form_target=form_target(redirect_uri),
            action=f"{self.prefix}{AUTHORIZE}?{query}",
            log_out=self.prefix + carrying("/logout", query),
            csrf=self.forms.token(req, resp, query),
            client=client_name,
            user=user_name,
            scopes=scopes,
            api=api,
            target=texts.THIS_DEVICE if is_here else host,
        )

    def show_error(
        self,
        resp: Response,
        status: int,
        title: str,
        detail: str,
        *,
        told: str = "",
        request_id: str = "",
    ) -> None:
        """Shows that something cannot be done; it leads nowhere.

        `told` is set apart, since others may have chosen its words.
        """
        self.renderer.show(
            resp,
            "error.html",
            status=status,
            title=title,
            detail=detail,
            told=told,
            request_id=request_id,
        )

    def show_problem(self, resp: Response, problem: Mapping[str, object]) -> None:
        """Shows an error (RFC 9457) in words for people."""
        status = int(str(problem["status"]))
        title, detail = texts.problem(status, str(problem["code"]))
        self.show_error(resp, status, title, detail, request_id=str(problem["request_id"]))


class PageResource(Resource):
    """A resource for people, whose errors are pages as well."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def show_problem(self, resp: Response, problem: Mapping[str, object]) -> None:
        """Shows an error as a page."""
        self._pages.show_problem(resp, problem)
