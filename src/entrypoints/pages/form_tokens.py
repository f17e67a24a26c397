"""Forms that only our own pages can send (OWASP's Cross-Site Request Forgery Cheat Sheet)."""

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from falcon.asgi import Request, Response

from domain.audit import Seals
from domain.identifiers import Identifiers
from entrypoints.http.problems import Problem
from entrypoints.http.proxies import Proxies
from entrypoints.pages.cookies import Cookies

FIELD = "csrf"
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class FormTokens:
    """Binds each form to the browser and to the session that it is shown in."""

    def __init__(
        self, seals: Seals, identifiers: Identifiers, cookies: Cookies, proxies: Proxies
    ) -> None:
        self._seals = seals
        self._identifiers = identifiers
        self._cookies = cookies
        self._proxies = proxies

    def token(self, req: Request, resp: Response, shown: str = "") -> str:
        """What the form's hidden field holds; the browser gets the cookie that belongs to it.

        `shown` is what else the form stands for, and for nothing else.
        """
        form = self._cookies.form(req)
        if not form:
            form = self._identifiers.new()
            self._cookies.keep_form(resp, form)
        return self._seals.seal(self._content(req, form, shown))

    def check(self, req: Request, fields: Mapping[str, str], shown: str = "") -> None:
        """Raises Problem 403 unless one of our pages sent these fields, in this same session."""
        site = req.get_header("Sec-Fetch-Site") or "same-origin"
        origin = req.get_header("Origin") or self._own(req)
        if site not in ("same-origin", "none") or origin != self._own(req):
            raise Problem(403, "foreign_form", "This form was sent by another site.")
        form = self._cookies.form(req)
        if not self._seals.fits(self._content(req, form, shown), fields.get(FIELD, "")):
            raise Problem(403, "stale_form", "This form is not valid any more; load it again.")

    def _content(self, req: Request, form: str, shown: str) -> str:
        return json.dumps(["form", form, self._cookies.session(req), shown])

    def _own(self, req: Request) -> str:
        parts = urlsplit(self._proxies.base(req).lower())
        return f"{parts.scheme}://{parts.netloc.removesuffix(_DEFAULT_PORTS[parts.scheme])}"
