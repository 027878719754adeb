"""What a body may say of an image, and which names in it are unknown. Source: native.md, sections 3 and 13."""

from collections.abc import Iterator
from typing import Any, Final

import marshmallow

from app.apis.v1.call import Services
from app.apis.v1.errors import Mistake, below
from app.apis.v1.fields import CodedField, Many, Schema, Text, Truth, Whole, Within, made, readable, wrong
from app.model import MAX_POSITION
from app.openapi.sections import JsonSchema
from app.raster.steps.edit import TURNS
from app.service.catalogue.codes import unknown_codes
from app.service.pictures.edits.values import reach_of

LONGEST_LABEL: Final = 65_535
_LONGEST_NAME: Final = 255  # bytes
_MOST_NAMED: Final = 1000


class Named(Within):
    """An object of objects, each of this kind or null, by any names."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise wrong("wrong_type", "It has to be an object.")
        if len(value) > _MOST_NAMED:
            raise wrong("out_of_range", f"It has {_MOST_NAMED} members at most.", _MOST_NAMED, len(value))
        found, mistakes = {}, {}
        for name, inner in value.items():
            try:
                found[name] = None if inner is None else made(self._schema).load(inner)
            except marshmallow.ValidationError as error:
                mistakes[name] = error.messages
        if mistakes:
            raise marshmallow.ValidationError(mistakes)
        return found

    @property
    def json_schema(self) -> JsonSchema:
        inner = {"anyOf": [super().json_schema, {"type": "null"}]}
        return {"type": "object", "additionalProperties": inner, "maxProperties": _MOST_NAMED}


class FileName(Text):
    """The name of a file: without folders, of as many bytes as file systems take."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, *args, **kwargs)
        if {"/", "\\"} & set(name):
            raise wrong("out_of_range", "It has no folders.")
        if (size := len(name.encode())) > _LONGEST_NAME:
            raise wrong("too_long", f"It has {_LONGEST_NAME} bytes at most.", _LONGEST_NAME, size)
        return name


class Fraction(CodedField):
    """A number from 0 to 1, both included."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise wrong("wrong_type", "It has to be a number.")
        if not 0 <= value <= 1:
            raise wrong("out_of_range", "It has to be 0 to 1.", 0 if value < 0 else 1, readable(value))
        return float(value)

    @property
    def json_schema(self) -> JsonSchema:
        return {"type": "number", "minimum": 0, "maximum": 1}


class Quarters(CodedField):
    """A turn by quarters, in degrees."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong("wrong_type", "It has to be a whole number.")
        if value not in TURNS:
            raise wrong("out_of_range", "It has to be 0, 90, 180 or 270.")
        return value

    @property
    def json_schema(self) -> JsonSchema:
        return {"type": "integer", "enum": list(TURNS)}


class Part(Many):
    """Left edge, top edge, width and height of what a crop leaves, which lies inside the picture."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[float]:
        *_, width, height = edges = super()._deserialize(value, *args, **kwargs)
        if not width or not height:
            raise wrong("out_of_range", "Something has to be left.")
        if (reach := reach_of(edges)) > 1:
            raise wrong("out_of_range", "It reaches beyond the picture.", 1, reach)
        return list(edges)


class _Edit(Schema):
    rotate = Quarters(allow_none=True)
    crop = Part(Fraction(), least=4, most=4, allow_none=True)
    focal = Many(Fraction(), least=2, most=2, allow_none=True)


class _Store(Schema):
    label = Text(LONGEST_LABEL, allow_none=True)
    position = Whole(0, MAX_POSITION, allow_none=True)
    exclude: Any = Truth(allow_none=True)  # marshmallow keeps fields apart from its own `exclude`
    hidden = Truth(allow_none=True)
    types = Many(Text(), unique=True, allow_none=True)


class ImageBody(Schema):
    """What is absent is left as it is."""

    label = Text(LONGEST_LABEL, allow_none=True)
    position = Whole(0, MAX_POSITION, allow_none=True)
    exclude: Any = Truth(allow_none=True)  # marshmallow keeps fields apart from its own `exclude`
    types = Many(Text(), unique=True, allow_none=True)
    stores = Named(_Store, allow_none=True)
    file_name = FileName(_LONGEST_NAME, least=1)
    edit = Within(_Edit, allow_none=True)


async def unknown_names(services: Services, body: Any) -> list[Mistake]:
    """The store views and types that a body names and that are not there, whatever else is wrong with it."""
    stores = body.get("stores") if isinstance(body, dict) else None
    if isinstance(stores, dict) and len(stores) > _MOST_NAMED:
        return []
    types = dict(_types(body, ""))
    named = list(stores) if isinstance(stores, dict) else []
    codes = [code for code in named if _is_text(code)]
    no_stores, no_types = frozenset(named) - frozenset(codes), frozenset[str]()
    if codes or types:
        unknown_stores, no_types = await unknown_codes(services.database, codes, sorted(set(types.values())))
        no_stores |= unknown_stores
    places = [below("/stores", code) for code in named if code in no_stores]
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
        for code, given in stores.items():
            yield from _types(given, below("/stores", code))


def _is_text(value: object) -> bool:
    """What a statement can be asked."""
    return isinstance(value, str) and "\x00" not in value and value.encode("utf-8", "replace").decode() == value
