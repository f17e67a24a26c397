"""How the pages look."""

from falcon.asgi import Request, Response

from entrypoints.http.operations import Access, operation
from entrypoints.pages.pages import PageResource

STYLE = "/pages/style.css"
_MAXIMUM_AGE = 86_400
"""Seconds. Its address changes with what it says."""


class StyleResource(PageResource):
    """The one stylesheet of all pages."""

    @operation(Access.ANYONE, "Style the pages")
    async def on_get(self, _req: Request, resp: Response) -> None:
        """Hands it out."""
        resp.content_type = "text/css; charset=utf-8"
        resp.set_header("Cache-Control", f"public, max-age={_MAXIMUM_AGE}")
        resp.data = self._pages.renderer.style
