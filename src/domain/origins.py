"""Where a call comes from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a call comes from, as far as that is known; nobody vouches for it.

    `network` is what an address shares with those that its owner can change to at will. `actor` is
    who calls, where that is not the user whom the call is about.
    """

    address: str | None = None
    network: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    actor: str | None = None
