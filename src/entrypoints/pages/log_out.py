"""The page where people log out."""

from falcon.asgi import Request, Response

from entrypoints.http.forms import load_form
from entrypoints.http.operations import Access, operation
from entrypoints.pages.pages import PageResource
from entrypoints.pages.returning import carrying, query_kept


class LogOutResource(PageResource):
    """Ends the browser's session. A link cannot do that: another site could hold one."""

    @operation(Access.ANYONE, "Show people where to log out")
    async def on_get(self, req: Request, resp: Response) -> None:
        """Shows the form, or that nobody is logged in."""
        query = query_kept(req)
        principal = await self._pages.signed_in(req)
        prefix = self._pages.prefix
        if principal is None:
            log_in = prefix + carrying("/login", query)
            self._pages.renderer.show(resp, "logged_out.html", log_in=log_in)
            return
        self._pages.renderer.show(
            resp,
            "logout.html",
            action=prefix + carrying("/logout", query),
            csrf=self._pages.forms.token(req, resp),
            user=principal.username,
        )

    @operation(Access.ANYONE, "Log out in a browser", status=303)
    async def on_post(self, req: Request, resp: Response) -> None:
        """Ends the session, and takes the cookies away."""
        query = query_kept(req)
        fields = await load_form(req)
        self._pages.check_csrf(req, fields)
        await self._pages.sign_out(req, resp)
        self._pages.go(resp, "/logout", query)
