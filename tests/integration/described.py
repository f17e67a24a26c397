"""The API description, and whether an answer is what it says."""

from collections.abc import Mapping
from typing import Any

from falcon.testing import Result
from openapi_schema_validator import OAS31Validator

Json = dict[str, Any]


def check_against_description(document: Json, template: str, method: str, answer: Result) -> None:
    """Validates an answer, and sees that it holds nothing that is not described."""
    responses = document["paths"][template][method.lower()]["responses"]
    described = responses[str(answer.status_code)]
    if "content" not in described:
        assert answer.content == b""
        return
    content: Mapping[str, Json] = described["content"]
    schema = content[answer.headers["Content-Type"]]["schema"]
    whole = schema | {"components": document["components"]}

    assert list(OAS31Validator(whole).iter_errors(answer.json)) == []
    named = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    assert answer.json.keys() <= named["properties"].keys() or template == "/openapi.json"
