"""What every answer says to browsers (OWASP's REST Security Cheat Sheet)."""

from collections.abc import Sequence

from falcon import CORSMiddleware
from falcon.asgi import Request, Response

FOR_BROWSERS = {
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

STRICT_TRANSPORT_SECURITY = "max-age=31536000"
"""A year, and no subdomains: those may be others' (RFC 6797 section 14.4)."""

EXPOSED = ("Location", "Retry-After", "WWW-Authenticate", "X-Request-ID")
"""What scripts of other origins may read of an answer besides its body."""


class BrowserHeaders:
    """Forbids browsers all that a page would need and an API's answer does not."""

    def __init__(self, *, is_https: bool) -> None:
        strict = {"Strict-Transport-Security": STRICT_TRANSPORT_SECURITY} if is_https else {}
        self._headers = {**FOR_BROWSERS, **strict}

    async def process_response(
        self, _req: Request, resp: Response, _resource: object, _succeeded: bool
    ) -> None:
        """Adds the headers; a page has some of its own instead."""
        resp.set_headers(self._headers)
        if (own := getattr(resp.context, "headers", None)) is not None:
            resp.set_headers(own)


class CrossOrigin(CORSMiddleware[Request, Response]):
    """Lets scripts of these origins, and of no others, read answers (the Fetch standard's CORS)."""

    def __init__(self, origins: Sequence[str]) -> None:
        super().__init__(allow_origins=origins, expose_headers=EXPOSED)

    async def process_response_async(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        """Adds the headers; caches must not give one origin's answer to another."""
        resp.append_header("Vary", "Origin")
        self.process_response(req, resp, resource, req_succeeded)
