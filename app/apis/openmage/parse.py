"""From the values of a body to a command of plain types."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Generic

from app.apis.openmage.body.file_in import FileState
from app.apis.openmage.body.reader import ParsedBody
from app.apis.openmage.errors import (
    DATA_INVALID,
    NOT_BASE64,
    NOT_IMPLEMENTED,
    NOT_SPECIFIED,
    PRE_VALIDATION,
    UNSUPPORTED_MIME,
    OpenMageError,
)
from app.apis.openmage.profile_settings import ProfileSettings
from app.apis.php.values import Value, php_empty, php_int, php_text
from app.http.bodies.diverted import SinkT
from app.model import clamp_position
from app.service.galleries.openmage.writer import Values
from app.service.pictures.filing import FileName

MAX_LABEL: Final = 255  # characters

EXTENSIONS: Final[Mapping[str, str]] = {
    "image/jpeg": "jpg",
    "image/jpg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
}
"""Accepted media types, spelled exactly so, and the extension that each gives a file."""


@dataclass(frozen=True, slots=True)
class CreateImage(Generic[SinkT]):
    """A new image: its bytes are in `upload`; None among the values = the default."""

    upload: SinkT
    name: FileName
    values: Values


@dataclass(frozen=True, slots=True)
class UpdateImage(Generic[SinkT]):
    """A change of what is said. `upload` holds new bytes; `extension` goes with them, None = as it was; `base` is a new
    name, None = the one that the image has."""

    upload: SinkT | None
    base: str | None
    extension: str | None
    values: Values


def parse_create(body: ParsedBody[SinkT], settings: ProfileSettings) -> CreateImage[SinkT]:
    """Raises OpenMageError for the first rule that the body breaks."""
    if body.shape == "list":
        raise OpenMageError(NOT_IMPLEMENTED)
    fields = _writable(body, settings)
    values = _values(fields, one_type_is_a_list=True)
    base = _file_name(fields)
    mime = fields.get("file_mime_type")
    state = _file_state(body, fields)
    if state in ("absent", "empty") or php_empty(mime):
        raise OpenMageError(NOT_SPECIFIED, PRE_VALIDATION)
    extension = _checked_extension(state, mime)
    assert body.sink is not None  # bytes that were decoded have been written
    return CreateImage(body.sink, FileName(base, extension), values)


def parse_update(body: ParsedBody[SinkT], settings: ProfileSettings) -> UpdateImage[SinkT]:
    """Raises OpenMageError for the first rule that the body breaks."""
    fields = _writable(body, settings)
    values = _values(fields, one_type_is_a_list=settings.profile == "documented")
    base = _file_name(fields)
    mime = fields.get("file_mime_type")
    state = _file_state(body, fields)
    if state == "empty":
        raise OpenMageError(NOT_SPECIFIED, PRE_VALIDATION)
    extension = None if php_empty(mime) and state != "not base64" else _checked_extension(state, mime)
    if state == "absent":
        return UpdateImage(None, base, None, values)
    return UpdateImage(body.sink, base, extension, values)


def _writable(body: ParsedBody[SinkT], settings: ProfileSettings) -> dict[str, Value]:
    """The fields that may be written; none at all is an error."""
    fields = {name: value for name, value in body.fields.items() if name in settings.writes}
    if not fields:
        raise OpenMageError(DATA_INVALID)
    return fields


def _file_state(body: ParsedBody[SinkT], fields: Mapping[str, Value]) -> FileState:
    return body.file if "file_content" in fields else "absent"


def _checked_extension(state: FileState, mime: Value) -> str:
    if state == "not base64":
        raise OpenMageError(NOT_BASE64)
    extension = EXTENSIONS.get(mime) if isinstance(mime, str) else None
    if extension is None:
        raise OpenMageError(UNSUPPORTED_MIME)
    return extension


def _file_name(fields: Mapping[str, Value]) -> str | None:
    """The name given, None for none, an empty one and `0`."""
    name = _text(fields.get("file_name"))
    return None if php_empty(name) else name


def _values(fields: Mapping[str, Value], *, one_type_is_a_list: bool) -> Values:
    label, position, exclude = (fields.get(name) for name in ("label", "position", "exclude"))
    text = _text(label)
    return Values(
        label=None if text is None else text[:MAX_LABEL],
        position=None if position is None else clamp_position(php_int(position)),
        excluded=None if exclude is None else php_int(exclude) != 0,
        types=_types(fields.get("types"), one_type_is_a_list=one_type_is_a_list),
    )


def _text(value: Value) -> str | None:
    if isinstance(value, list | dict):
        raise OpenMageError(DATA_INVALID)
    return None if value is None else php_text(value)


def _types(value: Value, *, one_type_is_a_list: bool) -> tuple[str, ...] | None:
    """The codes listed, unknown ones included; None = nothing said, which a blank text means too."""
    if isinstance(value, dict):
        value = _children(value)
    if isinstance(value, list):
        return tuple(php_text(code) for code in value)
    text = php_text(value)
    return (text,) if text.strip() and one_type_is_a_list else None


def _children(elements: dict[str, Value]) -> list[Value]:
    """The values of XML elements of any names, of which one that comes again has a list of them."""
    return [value for same in elements.values() for value in (same if isinstance(same, list) else [same])]
