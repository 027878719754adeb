"""The OpenAPI document of everything that the APIs declare."""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any, Final

from apispec import APISpec

from app.openapi.sections import Content, Operation, Parameter, Response, Section

_INFO: Final = """One catalogue of product images under three commerce APIs. Whatever is written through one shows
through the others. An API answers, and fails, in the words of the API that it speaks."""


def document(sections: Iterable[Section]) -> dict[str, Any]:
    """OpenAPI 3.1."""
    spec = APISpec(
        title="Product images",
        version=version("product-images"),
        openapi_version="3.1.0",
        info={"description": _INFO},
        servers=[{"url": "/"}],
    )
    for section in sections:
        spec.tag({"name": section.name, "description": section.sentence})
        for name, schema in section.schemas.items():
            spec.components.schema(name, dict(schema))
        for name, scheme in section.security_schemes.items():
            spec.components.security_scheme(name, dict(scheme))
        for operation in section.operations:
            spec.path(operation.path, operations={operation.method: _operation(operation, section.name)})
    return spec.to_dict()


def _operation(operation: Operation, tag: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "tags": [tag],
        "summary": operation.summary,
        "operationId": _identifier(operation),
        "parameters": [_parameter(parameter) for parameter in operation.parameters],
        "responses": {str(status): _answer(answer) for status, answer in operation.answers.items()},
    }
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": _content(operation.body)}
    if operation.security:
        described["security"] = [{name: []} for name in operation.security] + ([{}] if operation.optional else [])
    return described


def _identifier(operation: Operation) -> str:
    words = operation.path.replace("{", "").replace("}", "").replace(".", "/").replace("-", "/").split("/")
    return operation.method + "".join(word.title().replace("_", "") for word in words)


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required or parameter.place == "path",
        "description": parameter.sentence,
        "schema": dict(parameter.schema),
        "example": parameter.example,
    }


def _answer(answer: Response) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.sentence}
    if answer.content is not None:
        described["content"] = _content(answer.content)
    if answer.headers:
        # aiohttp's names are no plain texts
        described["headers"] = {str(name): {"schema": {"type": "string"}} for name in answer.headers}
    return described


def _content(content: Content) -> dict[str, Any]:
    described: dict[str, Any] = {media_type: {"schema": dict(schema)} for media_type, schema in content.schemas.items()}
    for media_type, one in described.items():
        example = content.examples.get(media_type, content.example)
        if example is not None:
            one["example"] = example
    return described
