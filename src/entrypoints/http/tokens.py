"""Tokens over HTTP."""

from falcon.asgi import Request, Response
from marshmallow import Schema, fields

from domain.issuance import IssueToken
from domain.renewal import RefreshSession
from entrypoints.http.bodies import RequestSchema, SentText, Text, load
from entrypoints.http.json import dumps
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Access, Resource, operation
from entrypoints.http.origins import origin
from entrypoints.http.proxies import Proxies
from entrypoints.http.sessions import SESSION_TOKENS, shown_tokens


class TokenSchema(Schema):
    """A token to use in the user name's place."""

    duration = fields.Integer(
        required=True, metadata={"description": "Seconds the token lives.", "example": 600}
    )
    token = Text("A JSON Web Token (RFC 9068).", "eyJ0eXAi…")


class RefreshSchema(RequestSchema):
    """What renews a session."""

    refresh_token = SentText("The session's last refresh token.", "varvel_rt_…")


_TOKEN = TokenSchema()
_REFRESH = RefreshSchema()


class TokenResource(Resource):
    """Where tokens are had."""

    def __init__(
        self,
        issue_token: IssueToken,
        refresh_session: RefreshSession,
        storage: Lane,
        proxies: Proxies,
    ) -> None:
        self._issue_token = issue_token
        self._refresh_session = refresh_session
        self._storage = storage
        self._proxies = proxies

    @operation(Access.USER, "Get a token", answer=_TOKEN, problems=(400, 401, 403, 429, 503))
    async def on_get(self, req: Request, resp: Response) -> None:
        """Hands out a token, for a password or for a token that still lives."""
        issued = await self._storage.run(
            self._issue_token, principal=req.context.principal, origin=origin(req, self._proxies)
        )
        req.context.session = issued.session
        resp.data = dumps(_TOKEN.dump({"duration": issued.duration, "token": issued.token}))

    @operation(
        Access.ANYONE,
        "Get the next tokens of a session",
        answer=SESSION_TOKENS,
        body=_REFRESH,
        problems=(400, 401, 408, 413, 415, 503),
    )
    async def on_post(self, req: Request, resp: Response) -> None:
        """Replaces a refresh token."""
        refresh = await load(req, _REFRESH)
        issued = await self._storage.run(
            self._refresh_session, origin=origin(req, self._proxies), **refresh
        )
        req.context.session = issued.session
        resp.data = dumps(SESSION_TOKENS.dump(shown_tokens(issued)))
