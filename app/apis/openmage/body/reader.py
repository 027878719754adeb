"""A request's body, of any of the three formats, as plain values; the image goes to a sink on the way."""

import asyncio
from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, Literal, Protocol, assert_never

from app.apis.openmage.body.content import BodyFormat
from app.apis.openmage.body.file_in import FileState, FileText
from app.apis.openmage.body.json_in import JsonReader
from app.apis.openmage.body.query_in import QueryReader
from app.apis.openmage.body.xml_in import XmlReader
from app.apis.php.values import Value, is_numeric, php_empty
from app.http.bodies.diverted import Diversion, OpenSink, SinkT
from app.http.bodies.pieces import JSON_MARKS, pieces

_MARKS: Final[Mapping[BodyFormat, tuple[bytes, ...]]] = {
    "json": JSON_MARKS,
    "xml": (b"<", b"&"),
    "query": (b"&", b"%"),
}

Shape = Literal["nothing", "fields", "list"]


@dataclass(frozen=True, slots=True)
class ParsedBody(Generic[SinkT]):
    """`fields` as PHP would see them, `file_content` among them only by its name; `sink` holds that field's bytes if
    `file` is `decoded`. A body that is a list, or nothing, has no fields."""

    shape: Shape
    fields: dict[str, Value]
    file: FileState = "absent"
    sink: SinkT | None = None


class _Reader(Protocol):
    def feed(self, piece: bytes) -> None: ...

    def finish(self) -> Value: ...


async def read_body(
    body_format: BodyFormat,
    chunks: AsyncIterable[bytes],
    open_sink: OpenSink[SinkT],
) -> ParsedBody[SinkT]:
    """Reads a body to its end; OpenMageError (400) where it cannot be decoded, BodyTooLarge, and what the sink raises.

    The image is never held: it is decoded as it comes and written to the sink, which is opened only for it.
    """
    text = FileText()
    diversion = Diversion(text, open_sink)
    reader = _reader(body_format, text)
    async for chunk in chunks:
        for piece in pieces(chunk, _MARKS[body_format]):
            reader.feed(piece)
            await diversion.flush()
            await asyncio.sleep(0)
    value = reader.finish()
    state = text.finish()
    await diversion.flush()
    return _parsed(value, state, diversion.sink)


def _reader(body_format: BodyFormat, text: FileText) -> _Reader:
    match body_format:
        case "json":
            return JsonReader(text)
        case "xml":
            return XmlReader(text)
        case "query":
            return QueryReader(text)
        case _:
            assert_never(body_format)


def _parsed(value: Value, state: FileState, sink: SinkT | None) -> ParsedBody[SinkT]:
    if isinstance(value, list):
        return ParsedBody("list" if value else "nothing", {})
    if not isinstance(value, dict) or not value:
        return ParsedBody("nothing", {})
    if is_numeric(next(iter(value))):
        return ParsedBody("list", {})
    state = _state(value.get("file_content"), state)
    fields: dict[str, Value] = value | ({"file_content": None} if "file_content" in value else {})
    return ParsedBody("fields", fields, state, sink if state == "decoded" else None)


def _state(value: Value, text: FileState) -> FileState:
    """The readers leave an empty text where they took the true one; any other value is no text."""
    if isinstance(value, str):
        return text
    if value is None:
        return "absent"
    return "empty" if php_empty(value) else "not base64"
