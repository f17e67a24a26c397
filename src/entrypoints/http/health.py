"""Health over HTTP, for whoever starts and stops processes and sends them requests."""

from falcon.asgi import Request, Response
from marshmallow import Schema

from domain.health import CheckReadiness
from entrypoints.http.bodies import Text
from entrypoints.http.json import dumps
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Access, Resource, operation


class HealthSchema(Schema):
    """How this process is."""

    status = Text("How this process is: live or ready.", "ready")


_HEALTH = HealthSchema()


class LivenessResource(Resource):
    """Whether the process answers at all; restart it when it does not."""

    @operation(Access.ANYONE, "Ask whether this process lives", answer=_HEALTH)
    async def on_get(self, _req: Request, resp: Response) -> None:
        """Answers."""
        resp.data = dumps(_HEALTH.dump({"status": "live"}))


class ReadinessResource(Resource):
    """Whether the process can serve requests; send it none while it cannot."""

    def __init__(self, check_readiness: CheckReadiness, storage: Lane) -> None:
        self._check_readiness = check_readiness
        self._storage = storage

    @operation(Access.ANYONE, "Ask whether this process can serve", answer=_HEALTH, problems=(503,))
    async def on_get(self, _req: Request, resp: Response) -> None:
        """Looks at the database, its schema and the signing key."""
        await self._storage.run(self._check_readiness)
        resp.data = dumps(_HEALTH.dump({"status": "ready"}))
