"""Parameters in the address, checked like bodies."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from falcon.asgi import Request
from marshmallow import Schema, ValidationError, fields, validate

from domain.errors import FieldError, InvalidFields

MOST, USUAL = 200, 50
"""Items on one page."""

ONCE: dict[str, Any] = {"invalid": "Give this parameter once."}
"""What is wrong with a text that is none: there are several of them."""

PRINTABLE = validate.Regexp(r"^[^\x00-\x1f\x7f-\x9f]*$", error="Leave control characters out.")

_NUMBER = f"Write one whole number, 1 to {MOST}."


class Moment(fields.AwareDateTime):
    """A moment as ISO 8601 has it; without a zone it is meant in UTC."""

    def __init__(self, description: str) -> None:
        super().__init__(
            "iso",
            default_timezone=UTC,
            metadata={"description": f"{description} (ISO 8601)."},
            error_messages={"invalid": "Write one moment, like 2026-11-24T12:00:00Z."},
        )

    def _deserialize(self, *arguments: Any, **options: Any) -> datetime:
        moment: datetime = super()._deserialize(*arguments, **options)
        try:
            return moment.astimezone(UTC)
        except OverflowError:  # in the first or the last year, by its zone
            raise self.make_error("invalid", obj_type=self.OBJ_TYPE) from None


class QuerySchema(Schema):
    """The parameters of an address; any other is refused, and so is one that is repeated."""

    def __init__(self) -> None:
        super().__init__()
        self.error_messages |= {"unknown": "This parameter is not known here; leave it out."}


class PageSchema(QuerySchema):
    """Which part of a list."""

    limit = fields.Integer(
        load_default=USUAL,
        validate=validate.Range(1, MOST, error=_NUMBER),
        metadata={"description": f"How many at most, 1 to {MOST}.", "example": USUAL},
        error_messages={"invalid": _NUMBER},
    )
    cursor = fields.String(
        validate=validate.Length(1, 500, error="Take it from the Link of the page before."),
        error_messages=ONCE,
        metadata={"description": "Where to go on: the Link of the page before has it."},
    )


def query(req: Request, schema: Schema) -> Mapping[str, Any]:
    """The parameters as the schema describes them. Raises InvalidFields."""
    try:
        loaded: Mapping[str, Any] = schema.load(req.params)
    except ValidationError as error:
        faults = [
            FieldError(name, "invalid", f"{messages[0]}")
            for name, messages in error.messages_dict.items()
        ]
        raise InvalidFields(*faults) from error
    return loaded
