"""What a request's sender is believed to know of it."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from falcon.asgi import Request

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Proxies:
    """The networks of proxies whose headers are believed; nobody else's are.

    `public_url` is the base of this service's addresses; without one, the Host header is.
    """

    def __init__(self, trusted: Sequence[Network], public_url: str | None = None) -> None:
        self._trusted = trusted
        self._public_url = public_url

    def base(self, req: Request) -> str:
        """What the addresses of this service begin with."""
        return self._public_url or f"{self.scheme(req)}://{req.netloc}"

    def client(self, req: Request) -> str:
        """The address of `address` as text, for the log."""
        if not self._trusted:
            return _peer(req)
        return str(self.address(req) or "-")

    def address(self, req: Request) -> Address | None:
        """The address the request came from, as far back as trusted proxies tell it.

        X-Forwarded-For is read from its end, since whoever sends it writes its beginning.
        """
        found = _peer_address(req)
        hops = (req.get_header("X-Forwarded-For") or "").split(",")
        while hops and self._is_trusted(found):
            hop = _address(hops.pop())
            if hop is None:
                break
            found = hop
        return found

    def scheme(self, req: Request) -> str:
        """The scheme the client used: http or https."""
        told = self._told(req, "X-Forwarded-Proto")
        return told if told in ("http", "https") else req.scheme

    def request_id(self, req: Request) -> str | None:
        """The id that a trusted proxy gave the request, if it gave one."""
        told = self._told(req, "X-Request-ID")
        return told if told and len(told) <= 64 and told.isascii() and _is_plain(told) else None

    def _told(self, req: Request, name: str) -> str | None:
        if not self._trusted or (value := req.get_header(name)) is None:
            return None
        if not self._is_trusted(_peer_address(req)):
            return None
        return value.rpartition(",")[2].strip()

    def _is_trusted(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)


def _peer(req: Request) -> str:
    # Not Falcon's remote_addr, which believes forwarding headers before anybody judged them.
    host, _ = req.scope.get("client") or ("-", None)
    return str(host)


def _peer_address(req: Request) -> Address | None:
    # A neighbour on the same link comes with the name of our interface, which the kernel wrote.
    return _address(_peer(req).partition("%")[0])


def _is_plain(text: str) -> bool:
    return text.replace("-", "").replace("_", "").replace(".", "").isalnum()


def _address(text: str) -> Address | None:
    text = text.strip()
    if "%" in text:
        # A zone can be any text, and this one is written to the log.
        return None
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
