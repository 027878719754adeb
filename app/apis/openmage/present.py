"""Images as documents: a frozen item in, ready bytes out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, assert_never

from app.apis.openmage.formats import Format, xml_text
from app.apis.php.json_text import json_text
from app.apis.php.query import build_query
from app.service.pictures.paths import Profile


@dataclass(frozen=True, slots=True)
class ImageItem:
    """An image as one scope shows it; None = unset there, which every format writes as an empty text."""

    id: int
    label: str | None
    position: int | None
    exclude: bool | None
    url: str
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a document looks like: its format, its keys in their order, and whose empty elements it has."""

    format: Format
    keys: tuple[str, ...]
    profile: Profile = "documented"


def entity(item: ImageItem, shape: Shape) -> bytes:
    """One image."""
    match shape.format:
        case "json":
            return _json_item(item, shape.keys).encode()
        case "xml":
            return _xml_document(_xml_item(item, shape, "  "))
        case "query":
            return build_query(_pairs(item, shape.keys)).encode()
        case _:
            assert_never(shape.format)


def collection(items: Sequence[ImageItem], shape: Shape) -> bytes:
    """All images of a product, in the order given."""
    match shape.format:
        case "json":
            return f"[{','.join([_json_item(item, shape.keys) for item in items])}]".encode()
        case "xml":
            return _xml_document("".join([_xml_member(item, shape) for item in items]))
        case "query":
            return build_query(_numbered(items, shape.keys)).encode()
        case _:
            assert_never(shape.format)


_TEXTS: Final[Mapping[str, Callable[[ImageItem], str]]] = {
    "id": lambda item: str(item.id),
    "label": lambda item: item.label or "",
    "position": lambda item: "" if item.position is None else str(item.position),
    "exclude": lambda item: "" if item.exclude is None else str(int(item.exclude)),
    "url": lambda item: item.url,
}
"""The scalar keys, as text."""

_json_type = lru_cache(1024)(json_text)
_xml_type = lru_cache(1024)(xml_text)


def _json_item(item: ImageItem, keys: Iterable[str]) -> str:
    members = [f'"{key}":{_json_value(item, key)}' for key in keys]
    return "{" + ",".join(members) + "}" if members else "[]"


def _json_value(item: ImageItem, key: str) -> str:
    if key == "types":
        return "[" + ",".join([_json_type(code) for code in item.types]) + "]"
    return json_text(_TEXTS[key](item))


def _xml_document(content: str) -> bytes:
    root = f"<magento_api>\n{content}</magento_api>" if content else "<magento_api/>"
    return f'<?xml version="1.0"?>\n{root}\n'.encode()


def _xml_member(item: ImageItem, shape: Shape) -> str:
    content = _xml_item(item, shape, "    ")
    return f"  <data_item>\n{content}  </data_item>\n" if content else "  <data_item/>\n"


def _xml_item(item: ImageItem, shape: Shape, indent: str) -> str:
    return "".join([_xml_element(item, key, shape.profile, indent) for key in shape.keys])


def _xml_element(item: ImageItem, key: str, profile: Profile, indent: str) -> str:
    if key == "types":
        return _xml_types(item.types, indent)
    text = xml_text(_TEXTS[key](item))
    if not text and profile == "server":
        return f"{indent}<{key}/>\n"
    return f"{indent}<{key}>{text}</{key}>\n"


def _xml_types(types: Sequence[str], indent: str) -> str:
    if not types:
        return f"{indent}<types/>\n"
    members = "".join([f"{indent}  <data_item>{_xml_type(code)}</data_item>\n" for code in types])
    return f"{indent}<types>\n{members}{indent}</types>\n"


def _pairs(item: ImageItem, keys: Iterable[str]) -> Iterator[tuple[str, str]]:
    for key in keys:
        if key == "types":
            yield from ((f"types[{number}]", code) for number, code in enumerate(item.types))
        else:
            yield key, _TEXTS[key](item)


def _numbered(items: Iterable[ImageItem], keys: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for number, item in enumerate(items):
        for name, value in _pairs(item, keys):
            key, bracket, rest = name.partition("[")
            yield f"{number}[{key}]{bracket}{rest}", value
