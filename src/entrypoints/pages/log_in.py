"""The page where people log in."""

from falcon.asgi import Request, Response

from domain.credentials import PasswordCredentials
from domain.errors import DomainError, ErrorKind
from domain.tokens import AuthenticateRequest, PasswordPrincipal
from entrypoints.http.forms import load_form
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Access, operation
from entrypoints.http.origins import origin
from entrypoints.pages import texts
from entrypoints.pages.pages import PageResource, Pages
from entrypoints.pages.returning import AUTHORIZE, carrying, query_kept


class LogInResource(PageResource):
    """Logs people in, and sends them back to what they came from."""

    def __init__(
        self,
        pages: Pages,
        authenticate_request: AuthenticateRequest,
        hashing: Lane,
        *,
        is_open: bool,
    ) -> None:
        super().__init__(pages)
        self._authenticate_request = authenticate_request
        self._hashing = hashing
        self._is_open = is_open

    @operation(Access.ANYONE, "Show people where to log in")
    async def on_get(self, req: Request, resp: Response) -> None:
        """Shows the form, or that somebody is logged in already."""
        query = query_kept(req)
        principal = await self._pages.signed_in(req)
        if principal is None:
            self._show(req, resp, query)
        else:
            self._show_logged_in(req, resp, query, principal.username)

    @operation(Access.ANYONE, "Log in in a browser", status=303)
    async def on_post(self, req: Request, resp: Response) -> None:
        """Starts a session in the browser."""
        query = query_kept(req)
        fields = await load_form(req)
        self._pages.check_csrf(req, fields)
        name, password = fields.get("username", "").strip(), fields.get("password", "")
        try:
            await self._log_in(req, resp, name, password)
        except DomainError as error:
            if error.kind not in (ErrorKind.UNAUTHENTICATED, ErrorKind.THROTTLED):
                raise
            req.context.error_code = error.code
            self._show(req, resp, query, name=name, error=error)
        else:
            self._pages.go(resp, "/login", query)

    async def _log_in(self, req: Request, resp: Response, name: str, password: str) -> None:
        caller = origin(req, self._pages.proxies)
        principal = await self._hashing.run(
            self._authenticate_request,
            holder=caller.network,
            credentials=PasswordCredentials(name, password),
            origin=caller,
        )
        if isinstance(principal, PasswordPrincipal):
            await self._pages.sign_in(req, resp, principal)

    def _show(
        self,
        req: Request,
        resp: Response,
        query: str,
        *,
        name: str = "",
        error: DomainError | None = None,
    ) -> None:
        # Not 401: that is the answer to an Authorization header, and needs a challenge (RFC 9110
        # section 15.5.2), at which browsers open a dialog of their own.
        status, message = (403, texts.WRONG) if error else (200, "")
        if error is not None and error.retry_after is not None:
            status, message = 429, texts.WAIT.format(wait=texts.duration(error.retry_after))
            resp.set_header("Retry-After", str(error.retry_after))
        prefix = self._pages.prefix
        self._pages.renderer.show(
            resp,
            "login.html",
            status=status,
            message=message,
            action=prefix + carrying("/login", query),
            register=prefix + carrying("/register", query) if self._is_open else "",
            csrf=self._pages.forms.token(req, resp),
            lead=texts.LOG_IN_TO_GO_ON if query else "",
            name=name,
        )

    def _show_logged_in(self, req: Request, resp: Response, query: str, user: str) -> None:
        # A page of its own that goes on by itself, not a redirect: to Chromium that would still be
        # part of sending the form, and form-action would keep it from the application's address.
        prefix = self._pages.prefix
        self._pages.renderer.show(
            resp,
            "logged_in.html",
            target=f"{prefix}{AUTHORIZE}?{query}" if query else "",
            action=f"{prefix}/logout",
            csrf=self._pages.forms.token(req, resp),
            user=user,
        )
