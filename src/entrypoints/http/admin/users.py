"""All users, for admins."""

from typing import Any

from falcon.asgi import Request, Response
from marshmallow import Schema, fields, validate

from domain.accounts import DeleteUser, DisableUser, EnableUser, UnlockPassword
from domain.administration import CreateUser, ListUsers, ReportUser, UserState
from domain.passwords import MAXIMUM_HASH_LENGTH
from domain.users import MAXIMUM_NAME_LENGTH, User
from entrypoints.http.admin.requests import by_admin, link_next, wanted_user
from entrypoints.http.bodies import Text, load
from entrypoints.http.cursors import Cursors
from entrypoints.http.json import dumps
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Access, Resource, operation
from entrypoints.http.passwords import NewPassword
from entrypoints.http.proxies import Proxies
from entrypoints.http.queries import ONCE, PRINTABLE, PageSchema, query
from entrypoints.http.users import RegistrationSchema

REFUSALS = (400, 401, 403, 503)
OF_ONE = (400, 401, 403, 404, 503)
_TOO_LONG = f"A user name has at most {MAXIMUM_NAME_LENGTH} characters."


class UsersQuerySchema(PageSchema):
    """Which users."""

    prefix = fields.String(
        load_default="",
        validate=[validate.Length(max=MAXIMUM_NAME_LENGTH, error=_TOO_LONG), PRINTABLE],
        error_messages=ONCE,
        metadata={"description": "What the name begins with, in any spelling.", "example": "mi"},
    )


class CreationSchema(RegistrationSchema):
    """What creates a user: the name, and either a password or the hash of one."""

    either = ("password", "password_hash")
    """Of these the use case wants exactly one."""

    password = NewPassword("python", required=False)
    password_hash = Text(
        "The hash that another program keeps of the password: argon2, bcrypt, Werkzeug's and most "
        "of passlib's.",
        "pbkdf2:sha256:1000000$pepper$" + "0" * 64,
        required=False,
        minLength=1,
        maxLength=MAXIMUM_HASH_LENGTH,
        pattern=r"^[!-~]+$",
    )


class FullUserSchema(Schema):
    """What admins may know of a user."""

    id = fields.Integer(required=True, metadata={"description": "The user's id.", "example": 1})
    username = Text("The user name, as it was registered.", "miguel")
    created_at = fields.AwareDateTime(
        required=True, metadata={"description": "When the user registered."}
    )
    disabled_at = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "Since when they are kept out."}
    )
    role = fields.String(
        required=True, allow_none=True, metadata={"description": "admin, or null for most."}
    )
    state = Text("active, disabled, or locked: the password was wrong too often.", "active")


class FullUsersSchema(Schema):
    """A page of users, by their ids."""

    users = fields.List(fields.Nested(FullUserSchema), required=True)


_QUERY = UsersQuerySchema()
_CREATION = CreationSchema()
_USER = FullUserSchema()
_USERS = FullUsersSchema()


def shown(user: User, state: UserState = UserState.ACTIVE) -> dict[str, Any]:
    """The user in the form of the schema."""
    return {
        "id": user.id,
        "username": user.name,
        "created_at": user.created_at.replace(microsecond=0),
        "disabled_at": user.disabled_at and user.disabled_at.replace(microsecond=0),
        "role": user.role,
        "state": state.value,
    }


class AdminUsersResource(Resource):
    """The collection of users."""

    def __init__(
        self,
        *,
        list_users: ListUsers,
        create_user: CreateUser,
        cursors: Cursors,
        storage: Lane,
        hashing: Lane,
        proxies: Proxies,
    ) -> None:
        self._list_users = list_users
        self._create_user = create_user
        self._cursors = cursors
        self._storage = storage
        self._hashing = hashing
        self._proxies = proxies

    @operation(Access.ADMIN, "List users", answer=_USERS, query=_QUERY, problems=REFUSALS)
    async def on_get(self, req: Request, resp: Response) -> None:
        """Shows one page; Link tells the address of the next."""
        wanted = query(req, _QUERY)
        purpose = f"users {wanted['prefix']}"
        cursor, limit = wanted.get("cursor"), wanted["limit"]
        after = int(self._cursors.decode(purpose, cursor)[0]) if cursor else 0
        # One more than asked for tells whether there is a next page.
        found = await self._storage.run(
            self._list_users, prefix=wanted["prefix"], after=after, limit=limit + 1
        )
        page = found[:limit]
        if len(found) > limit:
            same = {"prefix": wanted["prefix"], "limit": str(limit)}
            cursor = self._cursors.encode(purpose, [str(page[-1][0].id)])
            link_next(req, resp, self._proxies, same, cursor)
        resp.data = dumps(_USERS.dump({"users": [shown(*each) for each in page]}))

    @operation(
        Access.ADMIN,
        "Create a user",
        status=201,
        answer=_USER,
        body=_CREATION,
        problems=(400, 401, 403, 408, 413, 415, 503),
    )
    async def on_post(self, req: Request, resp: Response) -> None:
        """Creates a user, also where registration is closed."""
        creation = await load(req, _CREATION)
        caller = by_admin(req, self._proxies)
        user = await self._hashing.run(
            self._create_user, holder=caller.network, origin=caller, **creation
        )
        resp.status = 201
        resp.location = f"{self._proxies.base(req)}/api/admin/users/{user.id}"
        resp.data = dumps(_USER.dump(shown(user)))


class AdminUserResource(Resource):
    """One user."""

    def __init__(
        self, report_user: ReportUser, delete_user: DeleteUser, storage: Lane, proxies: Proxies
    ) -> None:
        self._report_user = report_user
        self._delete_user = delete_user
        self._storage = storage
        self._proxies = proxies

    @operation(Access.ADMIN, "Show any user", answer=_USER, problems=OF_ONE)
    async def on_get(self, _req: Request, resp: Response, user_id: str) -> None:
        """Shows a user."""
        report = await self._storage.run(self._report_user, who=wanted_user(user_id))
        resp.data = dumps(_USER.dump(shown(report.user, report.state)))

    @operation(Access.ADMIN, "Delete any user", status=204, problems=OF_ONE)
    async def on_delete(self, req: Request, resp: Response, user_id: str) -> None:
        """Removes a user with everything that is kept of them."""
        who, caller = wanted_user(user_id), by_admin(req, self._proxies)
        await self._storage.run(self._delete_user, who=who, origin=caller)
        resp.status = 204


class _Deed(Resource):
    """Something that is done with a user: it is so afterwards, however often it is done."""

    def __init__(
        self, deed: DisableUser | EnableUser | UnlockPassword, storage: Lane, proxies: Proxies
    ) -> None:
        self._deed = deed
        self._storage = storage
        self._proxies = proxies

    async def _do(self, req: Request, resp: Response, user_id: str) -> None:
        who, caller = wanted_user(user_id), by_admin(req, self._proxies)
        await self._storage.run(self._deed, who=who, origin=caller)
        resp.status = 204


class DisableResource(_Deed):
    """Keeping a user out."""

    @operation(Access.ADMIN, "Keep a user out, and end their sessions", status=204, problems=OF_ONE)
    async def on_post(self, req: Request, resp: Response, user_id: str) -> None:
        """Disables the user."""
        await self._do(req, resp, user_id)


class EnableResource(_Deed):
    """Letting a user in again."""

    @operation(Access.ADMIN, "Let a disabled user in again", status=204, problems=OF_ONE)
    async def on_post(self, req: Request, resp: Response, user_id: str) -> None:
        """Enables the user."""
        await self._do(req, resp, user_id)


class UnlockResource(_Deed):
    """Forgetting that a password was wrong."""

    @operation(Access.ADMIN, "Let a user's password be tried again", status=204, problems=OF_ONE)
    async def on_post(self, req: Request, resp: Response, user_id: str) -> None:
        """Unlocks the password."""
        await self._do(req, resp, user_id)
