"""Makes the API description (OpenAPI 3.1) from the route table and schemas that serve.

`python scripts/openapi.py` writes it to where the server hands it out from, and
`python scripts/openapi.py --check` exits with 1 when what lies there is stale.
"""

import base64
import json
import sys
from collections.abc import Sequence
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema, fields

from entrypoints.bootstrap import build
from entrypoints.http.app import routes
from entrypoints.http.operations import PROBLEM_JSON, Access, Operation, Route
from entrypoints.http.proxies import Proxies
from entrypoints.settings import Settings

TARGET = Path(__file__).parent.parent / "src/entrypoints/http/openapi.json"

_SECURITY: dict[Access, list[dict[str, list[str]]]] = {
    Access.ANYONE: [],
    Access.USER: [{"bearer": []}, {"basic": []}],
    Access.TOKEN: [{"bearer": []}, {"basic": []}],
    Access.PROFILE: [{"bearer": []}, {"basic": []}],
    Access.ADMIN: [{"bearer": []}, {"basic": []}],
}

_PARAMETERS = {
    "user_id": {"type": "string", "pattern": "^[1-9][0-9]{0,17}$"},
    "session_id": {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]{1,64}$",
        "examples": ["current"],
    },
    "client_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
}


class FieldErrorSchema(Schema):
    """What is wrong with one field."""

    field = fields.String(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)


class ProblemSchema(Schema):
    """Problem details (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True)
    request_id = fields.String(required=True)
    errors = fields.List(fields.Nested(FieldErrorSchema))


def describe(routes: Sequence[Route]) -> dict[str, Any]:
    """The OpenAPI document of these routes."""
    spec = APISpec(
        title="Varvel",
        version=version("varvel"),
        openapi_version="3.1.0",
        info={"description": "Users, log-in, tokens and a protected API."},
        plugins=[MarshmallowPlugin(schema_name_resolver=_schema_name)],
    )
    spec.components.security_scheme(
        "basic",
        {
            "type": "http",
            "scheme": "basic",
            "description": "A user name and password, or a token as the user name.",
        },
    )
    spec.components.security_scheme(
        "bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    )
    for route in routes:
        if not route.is_api:
            continue
        spec.path(path=route.path, operations=_operations(route), parameters=_parameters(route))
    document: dict[str, Any] = spec.to_dict()
    for body in {
        type(each.body) for route in routes for each in route.resource.operations.values()
    }:
        if choice := getattr(body, "either", ()):
            described = document["components"]["schemas"][_schema_name(body)]
            described["oneOf"] = [{"required": [field]} for field in choice]
    return document


def _operations(route: Route) -> dict[str, Any]:
    return {
        method.lower(): _described(declared, route.deprecated)
        for method, declared in route.resource.operations.items()
        if method != "HEAD"
    }


def _described(declared: Operation, deprecated: bool) -> dict[str, Any]:
    responses: dict[str, Any] = {
        str(status): _response(status, PROBLEM_JSON, ProblemSchema) for status in declared.problems
    }
    responses[str(declared.status)] = (
        _response(declared.status, "application/json", declared.answer)
        if declared.answer is not None
        else {"description": HTTPStatus(declared.status).phrase}
    )
    described: dict[str, Any] = {
        "summary": declared.summary,
        "security": _SECURITY[declared.access],
        "responses": responses,
    }
    if declared.query is not None:
        described["parameters"] = [{"in": "query", "schema": declared.query}]
    if declared.body is not None:
        content = {"application/json": {"schema": declared.body}}
        described["requestBody"] = {"required": True, "content": content}
    if deprecated:
        described["deprecated"] = True
    return described


def _response(status: int, media_type: str, schema: object) -> dict[str, Any]:
    return {
        "description": HTTPStatus(status).phrase,
        "content": {media_type: {"schema": schema}},
    }


def _parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name, schema in _PARAMETERS.items()
        if f"{{{name}}}" in route.path
    ]


def _schema_name(schema: object) -> str:
    name = schema.__name__ if isinstance(schema, type) else type(schema).__name__
    return name.removesuffix("Schema")


def served_routes() -> tuple[Route, ...]:
    """The route table, wired for nothing but being read."""
    secret = base64.urlsafe_b64encode(bytes(32)).decode()
    services, _ = build(Settings.read({"VARVEL_SECRET": secret}))
    return routes(services, proxies=Proxies(()), jwks_max_age=300)


def main() -> int:
    """Writes the description, or checks the written one."""
    text = json.dumps(describe(served_routes()), indent=2, ensure_ascii=False) + "\n"
    if "--check" not in sys.argv:
        TARGET.write_text(text, "utf-8")
        return 0
    if TARGET.read_text("utf-8") == text:
        return 0
    print("The API description is stale; run: make openapi", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
