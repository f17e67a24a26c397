"""Tokens over HTTP."""

from falcon.asgi import Request, Response
from marshmallow import Schema, fields

from domain.tokens import IssueToken
from entrypoints.http.bodies import Text
from entrypoints.http.json import dumps
from entrypoints.http.operations import Access, Resource, operation


class TokenSchema(Schema):
    """A token to use in the user name's place."""

    duration = fields.Integer(
        required=True, metadata={"description": "Seconds the token lives.", "example": 600}
    )
    token = Text("A JSON Web Token (RFC 9068).", "eyJ0eXAi…")


_TOKEN = TokenSchema()


class TokenResource(Resource):
    """Where tokens are had."""

    def __init__(self, issue_token: IssueToken) -> None:
        self._issue_token = issue_token

    @operation(Access.USER, "Get a token", answer=_TOKEN, problems=(400, 401, 503))
    async def on_get(self, req: Request, resp: Response) -> None:
        """Hands out a token, for a password or for a token that still lives."""
        issued = self._issue_token(principal=req.context.principal)
        resp.data = dumps(_TOKEN.dump(issued))
