"""How a use case refuses: every error has a stable code and exactly one kind."""

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar


class ErrorKind(Enum):
    """What a refusal means to the caller, whatever the protocol that carries it."""

    INVALID = "the request cannot be granted as it stands"
    UNAUTHENTICATED = "the caller has not proved who they are"
    FORBIDDEN = "nobody may do this here"
    NOT_FOUND = "what it is about is not there, or not for this caller"
    CONFLICT = "somebody else was first"
    THROTTLED = "it was tried too often"
    UNAVAILABLE = "it would work at another time"


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field, as a code for programs and a sentence for people."""

    field: str
    code: str
    detail: str


class DomainError(Exception):
    """A use case was refused.

    `code` is stable snake_case, `detail` one sentence that says what to do next, `fields` names
    the fields at fault and `retry_after` the seconds after which another try makes sense.
    """

    code: ClassVar[str]
    kind: ClassVar[ErrorKind]
    detail: ClassVar[str]
    retry_after: int | None = None

    def __init__(self, *fields: FieldError) -> None:
        super().__init__(self.detail)
        self.fields = fields


class InvalidFields(DomainError):
    """Some fields hold values that are refused; `fields` says which and why."""

    code = "invalid_fields"
    kind = ErrorKind.INVALID
    detail = "Some fields were refused; correct the ones listed under errors and send again."
