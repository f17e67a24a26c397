"""What the resources for admins share."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

from falcon.asgi import Request, Response

from domain.accounts import UnknownUser
from domain.origins import Origin
from domain.users import UserNotFound, subject_of, user_id_from
from entrypoints.http.origins import origin
from entrypoints.http.proxies import Proxies


def by_admin(req: Request, proxies: Proxies) -> Origin:
    """Where the request comes from, and which admin sends it."""
    return replace(origin(req, proxies), actor=subject_of(req.context.principal.user_id))


def wanted_user(user_id: str) -> int:
    """The id that the address spells. Raises UnknownUser."""
    try:
        return user_id_from(user_id)
    except UserNotFound:
        raise UnknownUser from None


def link_next(
    req: Request, resp: Response, proxies: Proxies, query: Mapping[str, str], cursor: str
) -> None:
    """Says where the list goes on (RFC 8288)."""
    address = f"{proxies.base(req)}{req.path}?{urlencode({**query, 'cursor': cursor})}"
    resp.append_link(address, "next")
