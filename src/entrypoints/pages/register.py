"""The page where people make an account."""

from collections.abc import Sequence

from falcon.asgi import Request, Response

from domain.errors import DomainError, FieldError
from domain.tokens import PasswordPrincipal
from domain.users import RegisterUser
from entrypoints.http.forms import load_form
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Access, operation
from entrypoints.http.origins import origin
from entrypoints.pages import texts
from entrypoints.pages.pages import PageResource, Pages
from entrypoints.pages.returning import carrying, query_kept


class RegisterResource(PageResource):
    """Registers people and logs them in, if strangers may register."""

    def __init__(self, pages: Pages, register_user: RegisterUser, hashing: Lane) -> None:
        super().__init__(pages)
        self._register_user = register_user
        self._hashing = hashing

    @operation(Access.ANYONE, "Show people where to register")
    async def on_get(self, req: Request, resp: Response) -> None:
        """Shows the form."""
        query = query_kept(req)
        if self._register_user.is_open:
            self._show(req, resp, query)
        else:
            self._show_closed(resp)

    @operation(Access.ANYONE, "Register in a browser", status=303)
    async def on_post(self, req: Request, resp: Response) -> None:
        """Makes the account, and starts a session in the browser."""
        query = query_kept(req)
        fields = await load_form(req)
        if not self._register_user.is_open:
            self._show_closed(resp)
            return
        self._pages.check_csrf(req, fields)
        name, password = fields.get("username", "").strip(), fields.get("password", "")
        try:
            await self._register(req, resp, name, password)
        except DomainError as error:
            if not error.fields:
                raise
            req.context.error_code = error.code
            self._show(req, resp, query, name=name, faults=error.fields)
        else:
            self._pages.go(resp, "/login", query)

    async def _register(self, req: Request, resp: Response, name: str, password: str) -> None:
        caller = origin(req, self._pages.proxies)
        user = await self._hashing.run(
            self._register_user,
            holder=caller.network,
            username=name,
            password=password,
            origin=caller,
        )
        proved = PasswordPrincipal(user.id, user.name, user.password_hash)
        await self._pages.sign_in(req, resp, proved)

    def _show(
        self,
        req: Request,
        resp: Response,
        query: str,
        *,
        name: str = "",
        faults: Sequence[FieldError] = (),
    ) -> None:
        prefix = self._pages.prefix
        minimum = self._register_user.passwords.minimum_length
        self._pages.renderer.show(
            resp,
            "register.html",
            status=400 if faults else 200,
            message=texts.REFUSED if faults else "",
            action=prefix + carrying("/register", query),
            log_in=prefix + carrying("/login", query),
            csrf=self._pages.forms.token(req, resp),
            name=name,
            faults={fault.field: fault.detail for fault in faults},
            password_hint=texts.PASSWORD_HINT.format(number=minimum) if minimum > 1 else "",
        )

    def _show_closed(self, resp: Response) -> None:
        self._pages.show_error(resp, 404, texts.CLOSED_TITLE, texts.CLOSED)
