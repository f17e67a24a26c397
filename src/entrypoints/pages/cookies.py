"""The two cookies of a browser: its session, and what its forms are bound to."""

from datetime import UTC, datetime

from falcon.asgi import Request, Response

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Cookies:
    """Reads and writes them. Under https their names keep other hosts from setting them.

    `__Host-`: only over https, by this very host, for all of its paths (RFC 6265bis section
    4.1.3.2). Plain http, as in development, cannot have that.
    """

    def __init__(self, *, is_https: bool) -> None:
        self._is_https = is_https
        prefix = "__Host-" if is_https else ""
        self._session = f"{prefix}varvel"
        self._form = f"{prefix}varvel-form"

    def session(self, req: Request) -> str:
        """The refresh token of the browser's session; empty if it has none."""
        return _only(req, self._session)

    def form(self, req: Request) -> str:
        """What the browser's forms are bound to; empty if it has none."""
        return _only(req, self._form)

    def keep_session(self, resp: Response, token: str, *, seconds: int) -> None:
        """Gives the browser a session, for so long."""
        self._set(resp, self._session, token, max_age=seconds)

    def keep_form(self, resp: Response, value: str) -> None:
        """Binds forms to the browser, until it is closed."""
        self._set(resp, self._form, value)

    def forget(self, resp: Response) -> None:
        """Takes both away."""
        for name in (self._session, self._form):
            self._set(resp, name, "", expires=_LONG_AGO)

    def _set(
        self,
        resp: Response,
        name: str,
        value: str,
        *,
        max_age: int | None = None,
        expires: datetime | None = None,
    ) -> None:
        resp.set_cookie(
            name,
            value,
            max_age=max_age,
            expires=expires,
            path="/",
            secure=self._is_https,
            http_only=True,
            same_site="Lax",
        )


def _only(req: Request, name: str) -> str:
    # Of two with one name, nobody can tell which is ours.
    values = req.get_cookie_values(name) or []
    return values[0] if len(values) == 1 else ""
