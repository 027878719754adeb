"""The file that galleries travel in: JSON lines, one of three kinds each.

    {"sku": "dress", "id": 7, "path": "/1/2/12.jpg", "label": "Front", "types": ["image"], "stores": {"french": {…}}}
    {"path": "/o/l/old.jpg", "file": "o/l/old.jpg"}
    {"sku": "dress", "types": {"thumbnail": null}}

The first is an image, the second a path without an image (`"file": null`: withdrawn for ever), the
third says which types of a product are an explicit "none". An absent field is unset.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import marshmallow
import orjson
from marshmallow import Schema, fields, validate

from app.errors import InvalidCommand
from app.model import MAX_POSITION
from app.raster.steps.edit import Edit
from app.service.foreign.urls import trouble_with_url
from app.service.pictures.file_names import fitting
from app.service.transfer.galleries.edits import edit_field

Types = Mapping[str, bool]
"""True: held by the image; False: an explicit "none"."""


@dataclass(frozen=True, slots=True)
class Values:
    """What one scope says of an image; None = unset there."""

    label: str | None = None
    position: int | None = None
    exclude: bool | None = None
    hidden: bool = False
    types: Types = field(default_factory=dict)

    @property
    def held(self) -> list[str]:
        return sorted(code for code, is_held in self.types.items() if is_held)

    @property
    def values(self) -> tuple[str | None, int | None, bool | None, bool]:
        return self.label, self.position, self.exclude, self.hidden


@dataclass(frozen=True, slots=True)
class ImageLine:
    """`file` is below the folder of files and defaults to the path; a picture without either has URLs. `edit` None:
    what is done to the picture here stays."""

    sku: str
    given: Values
    stores: Mapping[str, Values]
    id: int | None = None
    path: str | None = None
    file: str | None = None
    file_name: str | None = None
    file_updated_at: datetime | None = None
    url_large: str | None = None
    url_small: str | None = None
    key: str | None = None
    edit: Edit | None = None
    texts: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PathLine:
    path: str
    file: str | None


@dataclass(frozen=True, slots=True)
class TypesLine:
    sku: str
    types: Types
    stores: Mapping[str, Types]


Line = ImageLine | PathLine | TypesLine


class _Number(fields.Field[int]):
    """A whole number, or its digits as a text: database dumps have nothing else."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int:
        if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,18}\s*", value):
            return int(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
            return int(value)
        raise marshmallow.ValidationError("must be a whole number.")


class _Text(fields.String):
    """A text, or a number in its place: PHP turns texts of digits into numbers."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(int(value)) if value == value // 1 else str(value)
        return super()._deserialize(value, attr, data, **kwargs)


class _FileName(_Text):
    """Former versions stored longer ones than any upload brings now: those are cut as an upload's are."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        name = super()._deserialize(value, attr, data, **kwargs)
        return name if len(name) <= _LONGEST_NAME else fitting(name)


class _Types(fields.Field[Any]):
    """A list of the codes held, or an object of code → true (held) or null ("none"); null: see `_values`."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, list) and all(isinstance(code, str) for code in value):
            return dict.fromkeys(value, True)
        if isinstance(value, dict) and all(state is None or state is True for state in value.values()):
            return {code: state is True for code, state in value.items()}
        raise marshmallow.ValidationError("must be a list of codes, or an object of code and true or null.")


class _Stamp(fields.Field[datetime]):
    """ISO 8601 (UTC where nothing is said), or seconds since 1970, perhaps as a text."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> datetime:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{9,11}", value):
            value = int(value)
        try:
            if isinstance(value, int | float) and not isinstance(value, bool):
                return datetime.fromtimestamp(value, UTC)
            stamp = datetime.fromisoformat(str(value))
        except (ValueError, OverflowError, OSError):
            raise marshmallow.ValidationError("must be a time such as 2013-06-06T15:44:36Z.") from None
        return stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)


_NO_NUL: Final = validate.ContainsNoneOf("\0", error="must not contain a NUL.")
_SOMETHING: Final = validate.Length(min=1, error="must not be empty.")
_LARGEST_ID: Final = 2**53
_LONGEST_LABEL: Final = 65_535  # characters, as Spree's `alt`
_LONGEST_NAME: Final = 2048  # characters
_LONGEST_KEPT: Final = 2048  # bytes, what an index of Postgres takes in any case


def _fits_an_index(text: str) -> None:
    if len(text.encode("utf-8", "replace")) > _LONGEST_KEPT:
        raise marshmallow.ValidationError(f"must not be longer than {_LONGEST_KEPT} bytes.")


def _text(longest: int = 2048) -> fields.String:
    return _Text(allow_none=True, validate=[_SOMETHING, validate.Length(max=longest), _NO_NUL])


def _url() -> fields.String:
    return fields.String(allow_none=True, validate=[validate.Length(max=2048), _check_url])


def _check_url(text: str) -> None:
    if trouble := trouble_with_url(text):
        raise marshmallow.ValidationError(trouble)


class _TextsSchema(Schema):
    large = _Text(allow_none=True, validate=[validate.Length(max=2048), _NO_NUL])
    small = _Text(allow_none=True, validate=[validate.Length(max=2048), _NO_NUL])


def _given_fields() -> dict[str, fields.Field[Any]]:
    return {
        "label": _Text(allow_none=True, validate=[validate.Length(max=_LONGEST_LABEL), _NO_NUL]),
        "position": _Number(allow_none=True, validate=validate.Range(0, MAX_POSITION)),
        "exclude": fields.Boolean(allow_none=True),
        "types": _Types(allow_none=True),
    }


_SCHEMA: Final = Schema.from_dict(
    {
        "sku": _text(),
        "id": _Number(allow_none=True, validate=validate.Range(1, _LARGEST_ID)),
        "path": _Text(allow_none=True, validate=[_SOMETHING, _NO_NUL, _fits_an_index]),
        "file": _text(),
        "file_name": _FileName(allow_none=True, validate=[_SOMETHING, _NO_NUL]),
        "file_updated_at": _Stamp(allow_none=True),
        "url_large": _url(),
        "url_small": _url(),
        "key": _text(255),
        "edit": edit_field(),
        "texts": fields.Dict(
            fields.String(validate=[_SOMETHING, _fits_an_index, _NO_NUL]), fields.Nested(_TextsSchema)
        ),
        "stores": fields.Dict(
            fields.String(), fields.Nested(Schema.from_dict({**_given_fields(), "hidden": fields.Boolean()}))
        ),
        **_given_fields(),
    }
)()
_ID: Final = _SCHEMA.fields["id"]
_IMAGE_FIELDS: Final = frozenset(
    {"id", "path", "file", "file_name", "file_updated_at", "url_large", "url_small", "key", "edit", "texts"}
)


def brought_id(text: bytes | str) -> int:
    """The id of the image that a line is about, 0 without one. Quick: whether the line can be used is not looked at."""
    try:
        line = orjson.loads(text)
        number = _ID.deserialize(line.get("id")) if isinstance(line, dict) and line.get("sku") else None
    except (orjson.JSONDecodeError, marshmallow.ValidationError):
        return 0
    return number or 0


def parse_line(text: bytes | str) -> Line:
    """Raises InvalidCommand with what is wrong."""
    try:
        values: dict[str, Any] = _SCHEMA.load(orjson.loads(text))
    except orjson.JSONDecodeError as error:
        raise InvalidCommand(f"not JSON: {error}.") from None
    except marshmallow.ValidationError as error:
        raise InvalidCommand(_complaint(error.messages)) from None
    if values.get("sku") is None:
        return _path_line(values)
    if not any(values.get(name) is not None for name in _IMAGE_FIELDS):
        return _types_line(values)
    given = _values(values, {})
    stores = {code: _values(store, given.types) for code, store in values.pop("stores", {}).items()}
    rest = {name: value for name, value in values.items() if name in _IMAGE_FIELDS and value is not None}
    return ImageLine(values["sku"], given, stores, **rest)


def _path_line(values: Mapping[str, Any]) -> PathLine:
    if not values.get("path") or "file" not in values or len(values) > 2:
        raise InvalidCommand("a line has a sku, or a path and a file and nothing else.")
    return PathLine(values["path"], values["file"])


def _types_line(values: Mapping[str, Any]) -> TypesLine:
    stores = {code: store.get("types") or {} for code, store in values.get("stores", {}).items()}
    types = values.get("types") or {}
    given = [is_held for scope in (types, *stores.values()) for is_held in scope.values()]
    if any(given) or not given:
        raise InvalidCommand("an image needs an id, a path, a file or a URL.")
    return TypesLine(values["sku"], types, stores)


def _values(values: Mapping[str, Any], inherited: Types) -> Values:
    """`"types": null` makes those "none" that the image holds in the scope above."""
    types = values.get("types", {})
    if types is None:
        types = {code: False for code, is_held in inherited.items() if is_held}
    plain = {name: values.get(name) for name in ("label", "position", "exclude")}
    return Values(**plain, hidden=values.get("hidden", False), types=types)


def _complaint(messages: Any, where: str = "") -> str:
    if isinstance(messages, dict):
        return " ".join(
            _complaint(inner, f"{where}{name} " if name != "_schema" else where) for name, inner in messages.items()
        )
    if isinstance(messages, list):
        return " ".join(f"{where}{message}" for message in messages)
    return f"{where}{messages}"
