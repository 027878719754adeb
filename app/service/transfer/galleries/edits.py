"""What lines say is done to a picture for one image: as the native API has it, the whole of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import marshmallow
from marshmallow import Schema, fields, validate

from app.raster.steps.edit import TURNS, Edit
from app.service.pictures.edits.values import edit_of, reach_of


def _fractions(count: int) -> fields.List[Any]:
    one = fields.Float(validate=validate.Range(0, 1))
    return fields.List(one, allow_none=True, validate=validate.Length(equal=count))


def _check_crop(crop: Sequence[float] | None) -> None:
    if crop is None or len(crop) != 4:  # which is said already
        return
    *_, width, height = crop
    if not width or not height or reach_of(crop) > 1:
        raise marshmallow.ValidationError("must leave something, within the picture.", "crop")


class _EditSchema(Schema):
    rotate = fields.Integer(strict=True, allow_none=True, validate=validate.OneOf(TURNS))
    crop = _fractions(4)
    focal = _fractions(2)

    @marshmallow.validates_schema
    def _check(self, given: Mapping[str, Any], **_: Any) -> None:
        _check_crop(given.get("crop"))

    @marshmallow.post_load
    def _made(self, given: Mapping[str, Any], **_: Any) -> Edit:
        return edit_of(given)


def edit_field() -> fields.Nested:
    """Of a line; null says nothing."""
    return fields.Nested(_EditSchema, allow_none=True)
