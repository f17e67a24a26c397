"""Operations: what a responder does, and who may call it. There is no default for that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, TypeVar

from falcon.asgi import Request, Response
from marshmallow import Schema

from entrypoints.http.json import dumps

PROBLEM_JSON = "application/problem+json"

Responder = TypeVar("Responder", bound=Callable[..., Any])


class Access(Enum):
    """Who may call an operation."""

    ANYONE = "anyone"
    USER = "a user, by password or by token"
    TOKEN = "a user, by token"  # noqa: S105 - says who may call
    PROFILE = "a user, by token; an application, by one with the scope profile"
    ADMIN = "an admin, by the token of a recent log-in"


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one resource. `problems` are the statuses it answers with besides success.

    Only an answer with status 204 has no schema. `query` holds the parameters it reads from
    the address.
    """

    access: Access
    summary: str
    status: int
    answer: Schema | None
    body: Schema | None
    problems: tuple[int, ...]
    query: Schema | None = None


def operation(
    access: Access,
    summary: str,
    *,
    status: int = 200,
    answer: Schema | None = None,
    body: Schema | None = None,
    problems: tuple[int, ...] = (),
    query: Schema | None = None,
) -> Callable[[Responder], Responder]:
    """Declares a responder's operation."""
    declared = Operation(access, summary, status, answer, body, problems, query)

    def declare(responder: Responder) -> Responder:
        setattr(responder, "operation", declared)  # noqa: B010 - a function has no such field
        return responder

    return declare


class Resource:
    """What lies at an address. HEAD answers wherever GET does."""

    operations: ClassVar[Mapping[str, Operation]] = {}

    def __init_subclass__(cls) -> None:
        """Collects the operations. Raises TypeError for a responder that declares none."""
        super().__init_subclass__()
        if (on_get := getattr(cls, "on_get", None)) is not None:
            setattr(cls, "on_head", on_get)  # noqa: B010 - not every resource has it
        operations = {}
        for name in dir(cls):
            if name.startswith("on_") and name != "on_options":
                declared = getattr(getattr(cls, name), "operation", None)
                if declared is None:
                    raise TypeError(f"{cls.__name__}.{name} must declare who may call it.")
                operations[name.removeprefix("on_").upper()] = declared
        cls.operations = operations

    def show_problem(self, resp: Response, problem: Mapping[str, object]) -> None:
        """Writes an error (RFC 9457) in the form that callers of this resource expect."""
        resp.content_type = PROBLEM_JSON
        resp.data = dumps(problem)

    async def on_options(self, _req: Request, resp: Response, **_params: str) -> None:
        """Says which methods this address takes; anybody may ask."""
        resp.status = 204
        resp.set_header("Allow", ", ".join([*self.operations, "OPTIONS"]))


def operations_of(resource: object) -> Mapping[str, Operation]:
    """The operations of a resource. Raises TypeError for what is not a Resource."""
    if not isinstance(resource, Resource):
        raise TypeError(f"{type(resource).__name__} must be a Resource to be served.")
    return resource.operations


@dataclass(frozen=True, slots=True)
class Route:
    """A resource at a path. A deprecated route is another spelling of a better one.

    One that is no part of the API is described by its own standard, or is for people.
    """

    path: str
    resource: Resource
    deprecated: bool = False
    is_api: bool = True
