"""Bodies: read within a limit and checked against a schema, written from one."""

import asyncio
from collections.abc import Mapping
from typing import Any

import falcon
from falcon.asgi import Request
from marshmallow import Schema, ValidationError, fields

from domain.errors import FieldError, InvalidFields
from entrypoints.http.json import MAXIMUM_BODY, InvalidJson, loads
from entrypoints.http.problems import Problem

MAXIMUM_BODY_SECONDS = 10

_DETAILS = {
    "missing": "This field is missing; add it.",
    "not_text": "This field is a text; put it in quotes.",
    "unknown": "This field is not known here; leave it out.",
    "not_an_object": 'The body is a JSON object, like {"username": "…", "password": "…"}.',
}


class Text(fields.String):
    """A text, which must be there if `required`. Its messages are codes, which `load` explains.

    `described` is JSON Schema that tells clients what is refused elsewhere.
    """

    def __init__(
        self, description: str, example: str, *, required: bool = True, **described: object
    ) -> None:
        super().__init__(
            required=required,
            metadata={"description": description, "example": example, **described},
            error_messages={"required": "missing", "null": "not_text", "invalid": "not_text"},
        )


class SentText(Text):
    """A text in a request, where any is read but one that `loads` refuses."""

    def __init__(self, description: str, example: str) -> None:
        super().__init__(description, example, pattern=r"^[^\u0000]*$")


class RequestSchema(Schema):
    """What a request body holds; anything else in it is refused."""

    def __init__(self) -> None:
        super().__init__()
        self.error_messages |= {"unknown": "unknown", "type": "not_an_object"}


async def load(req: Request, schema: Schema) -> Mapping[str, Any]:
    """The body as the schema describes it.

    Raises as `read_body`, Problem 400 for what is not JSON, and InvalidFields for what the schema
    refuses.
    """
    body = await read_body(req, falcon.MEDIA_JSON)
    try:
        loaded: Mapping[str, Any] = schema.load(loads(body))
    except InvalidJson as error:
        raise Problem(400, "invalid_json", str(error)) from error
    except ValidationError as error:
        raise InvalidFields(*_field_errors(error)) from error
    return loaded


async def read_body(req: Request, media_type: str) -> bytes:
    """The body, which is of this media type.

    Raises HTTPContentTooLarge, and Problem: 415 for another type, 408 for a body too slow.
    """
    _check_media_type(req, media_type)
    try:
        async with asyncio.timeout(MAXIMUM_BODY_SECONDS):
            return await _read(req)
    except TimeoutError:
        raise Problem(
            408,
            "body_too_slow",
            f"The body did not arrive within {MAXIMUM_BODY_SECONDS} seconds; send it faster.",
            headers={"Connection": "close"},
        ) from None


def _check_media_type(req: Request, wanted: str) -> None:
    media_type, parameters = falcon.parse_header(req.content_type or "")
    charset = parameters.get("charset", "utf-8").lower()
    encoding = (req.get_header("Content-Encoding") or "identity").lower()
    is_wanted = media_type.lower() == wanted and charset in ("utf-8", "utf8")
    if not is_wanted or encoding != "identity":
        raise Problem(
            415,
            "unsupported_media_type",
            f"Send the body uncompressed, in UTF-8, with the header Content-Type: {wanted}.",
        )


async def _read(req: Request) -> bytes:
    length = req.content_length
    if length is not None and length > MAXIMUM_BODY:
        raise falcon.HTTPContentTooLarge
    body = bytearray()
    while chunk := await req.stream.read(MAXIMUM_BODY + 1 - len(body)):
        body += chunk
        if len(body) > MAXIMUM_BODY:
            raise falcon.HTTPContentTooLarge
    if length is not None and len(body) < length:
        raise Problem(400, "incomplete_body", "The body is shorter than its Content-Length.")
    return bytes(body)


def _field_errors(error: ValidationError) -> list[FieldError]:
    messages: Mapping[str, list[str]] = error.messages_dict
    return [
        FieldError("body" if field == "_schema" else field, codes[0], _DETAILS[codes[0]])
        for field, codes in messages.items()
    ]
