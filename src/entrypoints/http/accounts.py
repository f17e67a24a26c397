"""Users' own accounts over HTTP."""

from falcon.asgi import Request, Response
from marshmallow import Schema, fields

from domain.accounts import ChangePassword, RemoveAccount, ShowAccount
from entrypoints.http.bodies import RequestSchema, SentText, Text, load
from entrypoints.http.json import dumps
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Access, Resource, operation
from entrypoints.http.origins import origin
from entrypoints.http.passwords import NewPassword
from entrypoints.http.proxies import Proxies


class AccountSchema(Schema):
    """What users may know of themselves."""

    id = fields.Integer(required=True, metadata={"description": "The user's id.", "example": 1})
    username = Text("The user name, as it was registered.", "miguel")
    created_at = fields.AwareDateTime(
        required=True, metadata={"description": "When the user registered."}
    )


class PasswordChangeSchema(RequestSchema):
    """What changes a password."""

    current_password = SentText("The present password.", "python")
    new_password = NewPassword("correct horse battery staple")


class RemovalSchema(RequestSchema):
    """What removes an account."""

    password = SentText("The present password.", "python")


_ACCOUNT = AccountSchema()
_PASSWORD_CHANGE = PasswordChangeSchema()
_REMOVAL = RemovalSchema()


class AccountResource(Resource):
    """The user who asks."""

    def __init__(self, show_account: ShowAccount, storage: Lane) -> None:
        self._show_account = show_account
        self._storage = storage

    @operation(
        Access.PROFILE, "Show the user who asks", answer=_ACCOUNT, problems=(400, 401, 403, 503)
    )
    async def on_get(self, req: Request, resp: Response) -> None:
        """Shows users what is known of them."""
        user = await self._storage.run(self._show_account, principal=req.context.principal)
        account = {
            "id": user.id,
            "username": user.name,
            "created_at": user.created_at.replace(microsecond=0),
        }
        resp.data = dumps(_ACCOUNT.dump(account))


class PasswordResource(Resource):
    """The password of the user who asks."""

    def __init__(self, change_password: ChangePassword, hashing: Lane, proxies: Proxies) -> None:
        self._change_password = change_password
        self._hashing = hashing
        self._proxies = proxies

    @operation(
        Access.TOKEN,
        "Change the password, and end all other sessions",
        status=204,
        body=_PASSWORD_CHANGE,
        problems=(400, 401, 403, 408, 413, 415, 429, 503),
    )
    async def on_put(self, req: Request, resp: Response) -> None:
        """Changes the password."""
        change = await load(req, _PASSWORD_CHANGE)
        caller = origin(req, self._proxies)
        await self._hashing.run(
            self._change_password,
            holder=caller.network,
            principal=req.context.principal,
            origin=caller,
            **change,
        )
        resp.status = 204


class RemovalResource(Resource):
    """The end of an account."""

    def __init__(self, remove_account: RemoveAccount, hashing: Lane, proxies: Proxies) -> None:
        self._remove_account = remove_account
        self._hashing = hashing
        self._proxies = proxies

    @operation(
        Access.TOKEN,
        "Remove the account, and end all its sessions",
        status=204,
        body=_REMOVAL,
        problems=(400, 401, 403, 408, 413, 415, 429, 503),
    )
    async def on_post(self, req: Request, resp: Response) -> None:
        """Removes the user who asks."""
        removal = await load(req, _REMOVAL)
        caller = origin(req, self._proxies)
        await self._hashing.run(
            self._remove_account,
            holder=caller.network,
            principal=req.context.principal,
            origin=caller,
            **removal,
        )
        resp.status = 204
