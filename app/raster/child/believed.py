"""What of a child's answers is believed: whoever has taken one over says what he likes, and the public would see it."""

import re
from collections.abc import Sequence
from typing import Final

from app.errors import CodecFailed
from app.model import MEDIA_TYPES, PixelFacts, Placeholder, Recipe, Rendered

_HASH: Final = re.compile(r"[A-Za-z0-9+/=]{8,40}")
_COLOR: Final = re.compile(r"#[0-9a-f]{6}")
_MOST_BLUR: Final = (4 * 255.0) ** 2
"""The variance of what is four times as far from its neighbours as two bytes can be, as on a board of single pixels."""


def believed_renditions(made: Sequence[object], recipes: Sequence[Recipe]) -> list[Rendered]:
    """CodecFailed for anything but renditions by these recipes."""
    return [_rendition(one, recipes) for one in made]


def believed_placeholder(one: object) -> Placeholder:
    """CodecFailed for what is none."""
    if isinstance(one, Placeholder) and _is(_HASH, one.thumbhash) and (one.color is None or _is(_COLOR, one.color)):
        return one
    raise CodecFailed("a child made a placeholder that is none")


def believed_pixel_facts(one: object) -> PixelFacts:
    """CodecFailed for what is none."""
    if isinstance(one, PixelFacts) and (one.border_color is None or _is(_COLOR, one.border_color)):
        shares = one.border_white, 0.0 if one.fill is None else one.fill
        if all(_is_between(share, 1) for share in shares) and (one.blur is None or _is_between(one.blur, _MOST_BLUR)):
            return one
    raise CodecFailed("a child made facts of pixels that are none")


def _is_between(value: object, most: float) -> bool:
    return isinstance(value, float) and 0 <= value <= most


def _rendition(one: object, recipes: Sequence[Recipe]) -> Rendered:
    if not isinstance(one, Rendered) or one.recipe not in recipes or one.format not in MEDIA_TYPES:
        raise CodecFailed("a child made what it was not asked for")
    if one.placeholder is not None:
        believed_placeholder(one.placeholder)
    if one.pixel_facts is not None:
        believed_pixel_facts(one.pixel_facts)
    return one


def _is(pattern: re.Pattern[str], text: object) -> bool:
    return isinstance(text, str) and pattern.fullmatch(text) is not None
