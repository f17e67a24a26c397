"""The protected resource: what a service of your own would put behind the log-in."""

from falcon.asgi import Request, Response
from marshmallow import Schema

from domain.tokens import Principal
from entrypoints.http.bodies import Text
from entrypoints.http.json import quoted
from entrypoints.http.operations import Access, Resource, operation


class GreetingSchema(Schema):
    """A greeting."""

    data = Text("A greeting by name.", "Hello, miguel!")


_GREETING = GreetingSchema()


class ProtectedResource(Resource):
    """Greets whoever is logged in."""

    @operation(
        Access.USER,
        "Get the protected resource",
        answer=_GREETING,
        problems=(400, 401, 403, 429, 503),
    )
    async def on_get(self, req: Request, resp: Response) -> None:
        """Greets the user by name."""
        principal: Principal = req.context.principal
        greeting = quoted(f"Hello, {principal.username}!")
        resp.data = f'{{"data": {greeting}}}\n'.encode()
