"""What users have let applications do, over HTTP."""

from falcon.asgi import Request, Response
from marshmallow import Schema, fields

from domain.consents import ListConsents, WithdrawConsent
from entrypoints.http.bodies import Text
from entrypoints.http.json import dumps
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Access, Resource, operation
from entrypoints.http.origins import origin
from entrypoints.http.proxies import Proxies


class ConsentSchema(Schema):
    """What a user has let an application do."""

    client_id = Text("The application's id.", "bNVZ5XJp1mGQx0aXmHh1Yw")
    client_name = Text("What its operator calls it.", "Shop")
    scope = Text("What it may do, separated by spaces (RFC 6749 section 3.3).", "profile")
    given_at = fields.AwareDateTime(
        required=True, metadata={"description": "Since when it may do all of that."}
    )


class ConsentsSchema(Schema):
    """The consents of a user, the youngest first."""

    consents = fields.List(fields.Nested(ConsentSchema), required=True)


_CONSENTS = ConsentsSchema()


class ConsentsResource(Resource):
    """The consents of the user who asks."""

    def __init__(self, list_consents: ListConsents, storage: Lane) -> None:
        self._list_consents = list_consents
        self._storage = storage

    @operation(
        Access.TOKEN,
        "List what you have let applications do",
        answer=_CONSENTS,
        problems=(400, 401, 403, 503),
    )
    async def on_get(self, req: Request, resp: Response) -> None:
        """Lists the consents."""
        consents = await self._storage.run(self._list_consents, principal=req.context.principal)
        shown = [
            {
                "client_id": each.client_id,
                "client_name": each.client_name,
                "scope": each.scope,
                "given_at": each.given_at.replace(microsecond=0),
            }
            for each in consents
        ]
        resp.data = dumps(_CONSENTS.dump({"consents": shown}))


class ConsentResource(Resource):
    """What the user who asks has let one application do."""

    def __init__(self, withdraw_consent: WithdrawConsent, storage: Lane, proxies: Proxies) -> None:
        self._withdraw_consent = withdraw_consent
        self._storage = storage
        self._proxies = proxies

    @operation(
        Access.TOKEN,
        "Withdraw a consent, and log the application out",
        status=204,
        problems=(400, 401, 403, 404, 503),
    )
    async def on_delete(self, req: Request, resp: Response, client_id: str) -> None:
        """Withdraws it, and ends all sessions that came of it."""
        await self._storage.run(
            self._withdraw_consent,
            principal=req.context.principal,
            client_id=client_id,
            origin=origin(req, self._proxies),
        )
        resp.status = 204
