"""The public keys over HTTP, for everybody who checks our tokens."""

from falcon.asgi import Request, Response
from marshmallow import Schema, fields

from domain.signing_keys import KeyRing
from entrypoints.http.json import dumps
from entrypoints.http.operations import Access, Resource, operation

MAXIMUM_AGE = 300
"""Seconds that others may keep the answer."""


class JwksSchema(Schema):
    """A JWK set (RFC 7517)."""

    keys = fields.List(fields.Dict(keys=fields.String(), values=fields.String()), required=True)


_JWKS = JwksSchema()


class SigningKeysResource(Resource):
    """The JWK set."""

    def __init__(self, key_ring: KeyRing) -> None:
        self._key_ring = key_ring

    @operation(Access.ANYONE, "Get the public keys", answer=_JWKS)
    async def on_get(self, _req: Request, resp: Response) -> None:
        """Lists the public keys."""
        resp.cache_control = [f"public, max-age={MAXIMUM_AGE}"]
        resp.data = dumps(_JWKS.dump({"keys": self._key_ring.published()}))
