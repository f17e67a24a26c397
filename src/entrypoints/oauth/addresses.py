"""Addresses that applications are answered at, whose own text stays as it was registered."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

from entrypoints.oauth.requests import Answer


def extended(address: str, parameters: Sequence[tuple[str, str]]) -> str:
    """The address with more in its query, and all before that left as it is spelled."""
    separator = "" if address.endswith(("?", "&")) else "&" if "?" in address else "?"
    return f"{address}{separator}{urlencode(parameters)}"


def answering_at(address: str | None, answer: Answer) -> Answer:
    """Authlib's answer, at the address itself: Authlib would spell its query anew."""
    if address is None or answer.location is None:
        return answer
    added = _query(answer.location)[len(_query(address)) :]
    return replace(answer, headers={**answer.headers, "Location": extended(address, added)})


def _query(address: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(address).query, keep_blank_values=True)
