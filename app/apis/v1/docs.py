"""What this API answers, declared: made of its rows."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.apis.v1.call import OWN, Row
from app.apis.v1.errors import MEDIA_TYPE
from app.apis.v1.fields import CodedField, Many
from app.apis.v1.operations import ROWS, SCHEMAS
from app.apis.v1.parse import BATCH
from app.apis.v1.problems import CODES
from app.openapi.sections import (
    Content,
    JsonSchema,
    Method,
    Operation,
    Parameter,
    Response,
    Section,
    array,
    json,
    record,
    ref,
)

_PROBLEM: Final = json(ref("Problem"), media_type=MEDIA_TYPE)
_LATER: Final = ("Retry-After",)
_METHODS: Final[Mapping[str, Method]] = {
    "GET": "get",
    "POST": "post",
    "PUT": "put",
    "PATCH": "patch",
    "DELETE": "delete",
}
_ALWAYS: Final = {
    400: Response("The request cannot be read.", _PROBLEM),
    401: Response("There is no key, or it is unknown or revoked.", _PROBLEM, ("WWW-Authenticate",)),
    403: Response("The key's role does not suffice.", _PROBLEM),
    422: Response("Values cannot be taken; `errors` lists all of them.", _PROBLEM),
    503: Response("Everything is taken, or the database or the store is away.", _PROBLEM, _LATER),
}
_NAMED: Final = {404: Response("There is no such thing; `detail` says what.", _PROBLEM)}
_WRITES: Final = {429: Response("The key or the address wrote too often.", _PROBLEM, _LATER)}
_BODIES: Final = {
    408: Response("The body did not arrive in time.", _PROBLEM),
    413: Response("The body is larger than is accepted.", _PROBLEM),
    415: Response("The body is of another type, or compressed.", _PROBLEM),
}
_FURTHER: Final = {
    **_NAMED,
    409: Response("It contradicts what is there.", _PROBLEM),
    410: Response("It is older than what is kept.", _PROBLEM),
    412: Response("A condition does not hold.", _PROBLEM),
}


def _operation(row: Row) -> Operation:
    return Operation(
        _METHODS[row.method],
        row.pattern,
        row.summary,
        {**row.answers, **_refusals(row)},
        (*_in_path(row), *_in_query(row), *_in_header(row)),
        _body(row),
        () if row.role is None else ("Key",),
    )


def _refusals(row: Row) -> Mapping[int, Response]:
    refusals = dict(_ALWAYS) if row.role is not None else {status: _ALWAYS[status] for status in (400, 422, 503)}
    if "{" in row.pattern:
        refusals |= _NAMED
    if row.method != "GET":
        refusals |= _WRITES
    if row.body is not None:
        refusals |= _BODIES
    return refusals | {status: _FURTHER[status] for status in row.refusals}


def _in_path(row: Row) -> Iterator[Parameter]:
    known = {parameter.name: parameter for parameter in row.path}
    for name in re.findall(r"\{(\w+)\}", row.pattern):
        yield known.get(name) or _PARAMETERS[name]


_PARAMETERS: Final = {
    "sku": Parameter("sku", "path", "SKU of the product, percent-encoded.", "mug"),
    "id": Parameter("id", "path", "Its id.", 1, {"type": "integer", "minimum": 1}),
}


def _in_header(row: Row) -> Iterator[Parameter]:
    if row.method != "GET" and row.role is not None:
        yield _BATCH


_BATCH: Final = Parameter(
    BATCH,
    "header",
    "What is sent with the same name by the same key can be taken back as one.",
    "spring",
    {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
)


def _in_query(row: Row) -> Iterator[Parameter]:
    for name, field in row.query.coded_fields().items():
        yield Parameter(
            name,
            "query",
            field.sentence or row.sentences.get(name) or _SENTENCES[name],
            row.examples.get(name) or _example(field),
            field.json_schema,
            field.required,
        )


_SENTENCES: Final = {"limit": "Most items of a page.", "after": "Where the page before says that the list goes on."}


def _example(field: CodedField) -> str | int:
    schema: Mapping[str, Any] = field.json_schema
    if isinstance(field, Many):
        schema = schema["items"]
    if schema["type"] == "integer":
        return int(schema["minimum"])
    return str(schema.get("enum", [""])[0])


def _body(row: Row) -> Content | None:
    if row.body is None or row.body == OWN or isinstance(row.body, str):
        return row.content
    schema = row.body.json_schema()
    return Content(dict.fromkeys(row.media_types, schema), dict(row.example))


_MISTAKE: Final = record(
    {
        "pointer": {"type": "string"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "limit": {},
        "measured": {},
    }
)
_PROBLEMS: Final[Mapping[str, JsonSchema]] = {
    "Problem": {
        "type": "object",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string", "enum": list(CODES)},
            "detail": {"type": "string"},
            "errors": array(_MISTAKE),
        },
        "required": ["type", "title", "status", "code", "detail"],
    }
}

SECTION: Final = Section(
    "Native",
    "The native API, `/v1`: what the three others cannot say. For holders of a key that was made for it, with "
    "`Authorization: Bearer KEY`. Problems are told as RFC 9457 has it; `/docs/problems` explains their codes.",
    operations=tuple(map(_operation, ROWS)),
    schemas={**SCHEMAS, **_PROBLEMS},
    security_schemes={"Key": {"type": "http", "scheme": "bearer"}},
)
