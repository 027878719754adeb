"""What a body may say of an image, and which names in it are unknown. Source: native.md, sections 3 and 13."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import marshmallow

from app.apis.v1.call import Room
from app.apis.v1.errors import Mistake
from app.apis.v1.fields import Many, Schema, Text, Told, Truth, Whole, Within, wrong
from app.model import MAX_POSITION
from app.openapi.sections import Schema as JsonSchema

LONGEST_LABEL: Final = 65_535
_LONGEST_NAME: Final = 255  # bytes


class Named(Within):
    """An object of objects, each of this kind or null, by any names."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise wrong("wrong_type", "It has to be an object.")
        found, mistakes = {}, {}
        for name, inner in value.items():
            try:
                found[name] = None if inner is None else self._schema().load(inner)
            except marshmallow.ValidationError as error:
                mistakes[name] = error.messages
        if mistakes:
            raise marshmallow.ValidationError(mistakes)
        return found

    @property
    def json_schema(self) -> JsonSchema:
        return {"type": "object", "additionalProperties": {"anyOf": [super().json_schema, {"type": "null"}]}}


class FileName(Text):
    """The name of a file: without folders, of as many bytes as file systems take."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, *args, **kwargs)
        if {"/", "\\"} & set(name):
            raise wrong("out_of_range", "It has no folders.")
        if (size := len(name.encode())) > _LONGEST_NAME:
            raise wrong("too_long", f"It has {_LONGEST_NAME} bytes at most.", _LONGEST_NAME, size)
        return name


class SwitchedOff(Told):
    """What is not there yet: null alone."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        raise wrong("switched_off", "Pictures cannot be edited here.")

    @property
    def json_schema(self) -> JsonSchema:
        return {"type": "null"}


class _Store(Schema):
    label = Text(LONGEST_LABEL, allow_none=True)
    position = Whole(0, MAX_POSITION, allow_none=True)
    exclude: Any = Truth(allow_none=True)  # marshmallow keeps fields apart from its own `exclude`
    hidden = Truth(allow_none=True)
    types = Many(Text(), unique=True, allow_none=True)


class ImageSaid(Schema):
    """What is absent is left as it is."""

    label = Text(LONGEST_LABEL, allow_none=True)
    position = Whole(0, MAX_POSITION, allow_none=True)
    exclude: Any = Truth(allow_none=True)  # marshmallow keeps fields apart from its own `exclude`
    types = Many(Text(), unique=True, allow_none=True)
    stores = Named(_Store, allow_none=True)
    file_name = FileName(_LONGEST_NAME, least=1)
    edit = SwitchedOff(allow_none=True)


async def unknown_names(room: Room, body: Any) -> list[Mistake]:
    """The store views and types that a body names and that are not there, whatever else is wrong with it."""
    stores = body.get("stores") if isinstance(body, dict) else None
    types = dict(_types(body, ""))
    named = list(stores) if isinstance(stores, dict) else []
    codes = [code for code in named if _is_text(code)]
    no_stores, no_types = frozenset(named) - frozenset(codes), frozenset[str]()
    if codes or types:
        unknown_stores, no_types = await room.writer.unknown(codes, sorted(set(types.values())))
        no_stores |= unknown_stores
    places = [f"/stores/{_escaped(code)}" for code in named if code in no_stores]
    places += [place for place, code in types.items() if code in no_types]
    return [Mistake(place, "not_found", "There is no such store view, or type.") for place in places]


def _types(body: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """The types named, by where they stand, also those of store views."""
    if not isinstance(body, dict):
        return
    types, stores = body.get("types"), body.get("stores")
    if isinstance(types, list):
        yield from ((f"{pointer}/types/{place}", one) for place, one in enumerate(types) if _is_text(one))
    if isinstance(stores, dict) and not pointer:
        for code, said in stores.items():
            yield from _types(said, f"/stores/{_escaped(code)}")


def _is_text(value: object) -> bool:
    """What a statement can be asked."""
    return isinstance(value, str) and "\x00" not in value and value.encode("utf-8", "replace").decode() == value


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def without_edit(body: Mapping[str, Any], *others: str) -> dict[str, Any]:
    """What the service is told: no edit, which could only be null, and none of the `others`."""
    return {name: value for name, value in body.items() if name not in ("edit", *others)}
