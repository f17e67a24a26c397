"""What this service says of itself."""

from collections.abc import Iterable
from importlib.resources import files

from falcon.asgi import Request, Response
from marshmallow import INCLUDE, Schema, fields

from entrypoints.http.bodies import Text
from entrypoints.http.json import dumps
from entrypoints.http.operations import Access, Resource, Route, operation

DESCRIPTION_FILE = "openapi.json"


class AddressSchema(Schema):
    """One address."""

    path = Text("The path, with names of its parameters in braces.", "/api/users/{user_id}")
    methods = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "What each method does.", "example": {"GET": "Show a user"}},
    )


class DescriptionSchema(Schema):
    """An OpenAPI document."""

    class Meta:
        """What it holds besides is OpenAPI's own business."""

        unknown = INCLUDE

    openapi = Text("The version of OpenAPI.", "3.1.0")


class HelpSchema(Schema):
    """Every address."""

    addresses = fields.List(fields.Nested(AddressSchema), required=True)


WELCOME = {
    "name": "Varvel",
    "description": "Users, log-in, tokens and a protected API.",
    "help": "/help",
    "openapi": "/openapi.json",
    "keys": "/.well-known/jwks.json",
}

WelcomeSchema = Schema.from_dict(
    {name: Text("What this is, or where to look.", text) for name, text in WELCOME.items()},
    name="WelcomeSchema",
)

_HELP = HelpSchema()


class WelcomeResource(Resource):
    """The front door."""

    _body = dumps(WELCOME)

    @operation(Access.ANYONE, "Say what this is", answer=WelcomeSchema())
    async def on_get(self, _req: Request, resp: Response) -> None:
        """Says what this is and where to look."""
        resp.data = self._body


class HelpResource(Resource):
    """The list of addresses."""

    def __init__(self) -> None:
        self._body = b""

    def describe(self, routes: Iterable[Route]) -> None:
        """Takes the route table, which this resource is itself a part of."""
        addresses = [
            {
                "path": route.path,
                "methods": {
                    method: declared.summary
                    for method, declared in route.resource.operations.items()
                    if method != "HEAD"
                },
            }
            for route in routes
        ]
        self._body = dumps(_HELP.dump({"addresses": addresses}))

    @operation(Access.ANYONE, "List every address", answer=_HELP)
    async def on_get(self, _req: Request, resp: Response) -> None:
        """Lists every address."""
        resp.data = self._body


class DescriptionResource(Resource):
    """The API description, as `make openapi` wrote it."""

    def __init__(self) -> None:
        self._body = files(__package__).joinpath(DESCRIPTION_FILE).read_bytes()

    @operation(Access.ANYONE, "Describe the API", answer=DescriptionSchema())
    async def on_get(self, _req: Request, resp: Response) -> None:
        """Hands out the OpenAPI document."""
        resp.data = self._body
