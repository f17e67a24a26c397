"""Where a request comes from, in the domain's words."""

from ipaddress import IPv6Address, ip_network

from falcon.asgi import Request

from domain.origins import Origin
from entrypoints.http.proxies import Address, Proxies
from entrypoints.http.requests import request_id

MAXIMUM_USER_AGENT = 255
"""Characters; what is longer is cut."""

IPV6_PREFIX = 64
"""Bits: whoever has one address of such a network usually has all of it."""


def origin(req: Request, proxies: Proxies) -> Origin:
    """Where the request comes from, as it may be stored and shown."""
    user_agent = "".join(filter(str.isprintable, req.user_agent or ""))[:MAXIMUM_USER_AGENT]
    address = proxies.address(req)
    return Origin(
        address=str(address) if address else None,
        network=_network(address) if address else None,
        user_agent=user_agent or None,
        request_id=request_id(req),
    )


def _network(address: Address) -> str:
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_PREFIX), strict=False))
    return str(address)
