"""Forms: what browsers and OAuth clients send (the URL standard's urlencoded form)."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

import falcon
from falcon.asgi import Request

from entrypoints.http.bodies import read_body
from entrypoints.http.problems import Problem

MAXIMUM_FIELDS = 32
_REPLACED = "�"


async def load_form(req: Request) -> Mapping[str, str]:
    """The fields of the body, each of which is there once.

    Raises as `read_body`, and Problem 400 for what is no such form.
    """
    body = await read_body(req, falcon.MEDIA_URLENCODED)
    return once(parse_fields(body.decode("utf-8", "replace")))


def parse_fields(text: str) -> list[tuple[str, str]]:
    """The fields in their order. Raises Problem 400 for what cannot be read."""
    if text.count("&") >= MAXIMUM_FIELDS:
        raise Problem(400, "too_many_fields", f"Send at most {MAXIMUM_FIELDS} fields.")
    try:
        fields = parse_qsl(text, keep_blank_values=True, errors="strict")
    except ValueError:
        raise Problem(400, "invalid_form", "The form is not urlencoded UTF-8.") from None
    if any("\0" in part or _REPLACED in part for field in fields for part in field):
        raise Problem(400, "invalid_form", "The form holds characters that no field can have.")
    return fields


def once(fields: list[tuple[str, str]]) -> Mapping[str, str]:
    """The fields by their names. Raises Problem 400 if one is there twice."""
    found = dict(fields)
    if len(found) < len(fields):
        raise Problem(400, "repeated_field", "A field is there twice; send each of them once.")
    return found
