"""Authlib's request, made of Falcon's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from authlib.oauth2 import OAuth2Request
from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from falcon.asgi import Request

from domain.errors import DomainError
from domain.origins import Origin
from domain.sessions import Session
from entrypoints.http.authentication import basic_credentials
from entrypoints.http.forms import load_form, once, parse_fields
from entrypoints.pages import query_to_keep

# Authlib refuses plain http by this address, and looks at nothing else of it. Whether a server may
# be reached so is the operator's to say.
_ADDRESS = "https://localhost/"

_DESCRIBABLE = frozenset(map(chr, range(0x20, 0x7F))) - {'"', "\\"}
"""RFC 6749 section 5.2. Authlib repeats parameters in descriptions, and fails over any other."""

_REPEATED = frozenset({"response_type", "redirect_uri", "grant_type"})
"""Those parameters."""


class Payload(BasicOAuth2Payload):
    """The parameters of a request, each of them once but for `resource` (RFC 8707 section 2)."""

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        resources = [value for name, value in fields if name == "resource"]
        super().__init__(once([each for each in fields if each[0] != "resource"]))
        self.resources = tuple(dict.fromkeys(resources))


class FalconRequest(OAuth2Request):
    """A request to one of the endpoints; `origin` is where it comes from.

    `session` is the one that tokens were issued in, `is_asked` whether a person has decided.
    """

    def __init__(
        self,
        method: str,
        fields: Sequence[tuple[str, str]],
        *,
        origin: Origin,
        authorization: str | None = None,
        is_asked: bool = False,
    ) -> None:
        headers = {} if authorization is None else {"Authorization": authorization}
        super().__init__(method, _ADDRESS, headers=headers)
        self.payload = Payload(fields)
        self.origin = origin
        self.is_asked = is_asked
        self.session: Session | None = None

    @property
    def form(self) -> Mapping[str, str]:
        """The fields of a body."""
        fields: Mapping[str, str] = self.payload.data
        return fields


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint answers, as Authlib has it."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def location(self) -> str | None:
        """Where the browser is sent."""
        return self.headers.get("Location")


def authorization_request(req: Request, origin: Origin) -> FalconRequest:
    """The request for an authorization, from the address, whatever the method.

    Raises OAuth2Error, and Problem for what cannot be read or is too long to come back after a
    log-in.
    """
    fields = parse_fields(query_to_keep(req))
    _require_describable(fields)
    return FalconRequest("GET", fields, origin=origin, is_asked=req.method == "POST")


async def client_request(req: Request, origin: Origin) -> FalconRequest:
    """A client's request, from the body (RFC 6749 section 3.2).

    Raises OAuth2Error, and Problem for what cannot be read.
    """
    form = dict(await load_form(req))
    if req.query_string:
        raise InvalidRequestError("Parameters belong into the body, none into the address.")
    _require_describable(list(form.items()))
    if req.auth and "client_secret" in form:
        raise InvalidRequestError("Authenticate in one way: by the header or by the form.")
    authorization = req.auth
    if authorization is not None:
        client_id, secret = _client_in(authorization)
        if form.get("client_id", client_id) != client_id:
            raise InvalidClientError("The header and the form name two clients.", status_code=401)
        if not secret:
            # Some libraries send a public client's id so; whoever has a secret has proved nothing.
            form["client_id"], authorization = client_id, None
    return FalconRequest("POST", list(form.items()), origin=origin, authorization=authorization)


def _require_describable(fields: Sequence[tuple[str, str]]) -> None:
    for name, value in fields:
        if name in _REPEATED and not _DESCRIBABLE.issuperset(value):
            raise InvalidRequestError("A parameter holds characters that none can have.")


def _client_in(authorization: str) -> tuple[str, str]:
    """Whom the header names, and the secret; Authlib takes what it cannot read for nothing."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise InvalidClientError("Authenticate by HTTP Basic or by the form.", status_code=401)
        client_id, secret = basic_credentials(encoded.strip())
        # Percent-encoded (RFC 6749 section 2.3.1), which makes a secret neither empty nor not.
        return unquote(client_id), secret
    except DomainError:
        raise InvalidClientError(
            "The header holds no client id and secret.", status_code=401
        ) from None
