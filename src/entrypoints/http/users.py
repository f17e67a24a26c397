"""Users over HTTP."""

from falcon.asgi import Request, Response
from marshmallow import Schema

from domain.users import MAXIMUM_NAME_LENGTH, RegisterUser, ShowUser, UserNotFound
from entrypoints.http.bodies import RequestSchema, Text, load
from entrypoints.http.json import dumps
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Access, Resource, operation
from entrypoints.http.origins import origin
from entrypoints.http.passwords import NewPassword
from entrypoints.http.proxies import Proxies


class RegistrationSchema(RequestSchema):
    """What registers a user."""

    username = Text(
        f"1 to {MAXIMUM_NAME_LENGTH} characters, without spaces and colons.",
        "miguel",
        minLength=1,
        maxLength=MAXIMUM_NAME_LENGTH,
        pattern=r"^[^\u0000-\u0020:\u007f-\u00a0]*$",
    )
    password = NewPassword("python")


class UserSchema(Schema):
    """What everybody may know of a user."""

    username = Text("The user name, as it was registered.", "miguel")


_REGISTRATION = RegistrationSchema()
_USER = UserSchema()


class UsersResource(Resource):
    """The collection of users."""

    def __init__(self, register_user: RegisterUser, hashing: Lane, proxies: Proxies) -> None:
        self._register_user = register_user
        self._hashing = hashing
        self._proxies = proxies

    @operation(
        Access.ANYONE,
        "Register a user",
        status=201,
        answer=_USER,
        body=_REGISTRATION,
        problems=(400, 403, 408, 413, 415, 503),
    )
    async def on_post(self, req: Request, resp: Response) -> None:
        """Registers a user; Location tells the new user's address."""
        registration = await load(req, _REGISTRATION)
        caller = origin(req, self._proxies)
        user = await self._hashing.run(
            self._register_user, holder=caller.network, origin=caller, **registration
        )
        resp.status = 201
        resp.location = f"{self._proxies.base(req)}/api/users/{user.id}"
        resp.data = dumps(_USER.dump({"username": user.name}))


class UserResource(Resource):
    """One user."""

    def __init__(self, show_user: ShowUser, storage: Lane) -> None:
        self._show_user = show_user
        self._storage = storage

    @operation(Access.ANYONE, "Show a user", answer=_USER, problems=(400, 403, 503))
    async def on_get(self, req: Request, resp: Response, user_id: str) -> None:
        """Shows a user's name."""
        # Falcon drops a line feed from the end of a segment that has other text before the field.
        if not req.path.endswith(user_id):
            raise UserNotFound
        user = await self._storage.run(self._show_user, user_id=user_id)
        resp.data = dumps(_USER.dump({"username": user.name}))
