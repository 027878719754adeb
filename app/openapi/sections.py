"""How an API declares what it answers. `openapi` makes the document of it; nothing here knows any API."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

JsonSchema: TypeAlias = Mapping[str, Any]
"""A JSON Schema, as OpenAPI 3.1 has it."""
Method = Literal["get", "head", "post", "put", "patch", "delete", "options"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """Path parameters are `required`, others are where that is said. With the `example`, which names something of the
    demo shop, a request can be tried."""

    name: str
    place: Literal["path", "query", "header"]
    sentence: str
    example: str | int
    schema: JsonSchema = field(default_factory=lambda: {"type": "string"})
    required: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """What a body may be, by media type. `example` is for all that have none of their own in `examples`."""

    schemas: Mapping[str, JsonSchema]
    example: Any = None
    examples: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Response:
    sentence: str
    content: Content | None = None
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """`security` names the section's schemes of which one must be given; with `optional` none need be."""

    method: Method
    path: str
    summary: str
    answers: Mapping[int, Response]
    parameters: tuple[Parameter, ...] = ()
    body: Content | None = None
    security: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One API's share of the document."""

    name: str
    sentence: str
    operations: tuple[Operation, ...]
    schemas: Mapping[str, JsonSchema] = field(default_factory=dict)
    security_schemes: Mapping[str, JsonSchema] = field(default_factory=dict)


def ref(schema: str) -> JsonSchema:
    """A schema of the section, by its name."""
    return {"$ref": f"#/components/schemas/{schema}"}


def integer(low: int = 0) -> JsonSchema:
    return {"type": "integer", "minimum": low}


def nullable(kind: str, **further: Any) -> JsonSchema:
    return {"type": [kind, "null"], **further}


def array(items: JsonSchema) -> JsonSchema:
    return {"type": "array", "items": items}


def record(properties: Mapping[str, JsonSchema], *, optional: tuple[str, ...] = ()) -> JsonSchema:
    """An object with these properties and no others."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def listed(name: str) -> JsonSchema:
    """A page of a list of the native API: items of a schema, and where the list goes on."""
    return record({"items": array(ref(name)), "next": nullable("string")})


def json(schema: JsonSchema, example: Any = None, media_type: str = "application/json") -> Content:
    return Content({media_type: schema}, example)
