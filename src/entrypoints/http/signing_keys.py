"""The public keys over HTTP, for everybody who checks our tokens."""

from falcon.asgi import Request, Response
from marshmallow import Schema, fields

from domain.signing_keys import KeyRing
from entrypoints.http.json import dumps
from entrypoints.http.operations import Access, Resource, operation


class JwksSchema(Schema):
    """A JWK set (RFC 7517)."""

    keys = fields.List(fields.Dict(keys=fields.String(), values=fields.String()), required=True)


_JWKS = JwksSchema()


class SigningKeysResource(Resource):
    """The JWK set. Others may keep the answer for `maximum_age` seconds."""

    def __init__(self, key_ring: KeyRing, maximum_age: int) -> None:
        self._key_ring = key_ring
        self._cache_control = f"public, max-age={maximum_age}"

    @operation(Access.ANYONE, "Get the public keys", answer=_JWKS)
    async def on_get(self, _req: Request, resp: Response) -> None:
        """Lists the public keys."""
        resp.cache_control = [self._cache_control]
        resp.data = dumps(_JWKS.dump({"keys": self._key_ring.published()}))
