"""How each recipe brings pictures into its box: the same frame, and what lies behind, for a whole catalogue."""

from dataclasses import dataclass
from typing import Any

from marshmallow import fields as mf
from marshmallow import validate

from app.model import TRANSPARENT, Fit
from app.options import choice, number, option


def fit() -> Any:
    sentence = (
        "How pictures lie in the box of that recipe: `inside` it; `cover`, cut to its ratio; or `pad`, exactly the "
        "box, on the background."
    )
    return option("inside", sentence, choice("inside", "cover", "pad"))


def background() -> Any:
    sentence = "What is behind, and seen through transparent pixels: `#rrggbb`, or `transparent`, in JPEG white."
    written = validate.Regexp(r"(#[0-9a-fA-F]{6}|transparent)\Z", error="Write it as #rrggbb, or transparent.")
    return option(TRANSPARENT, sentence, mf.String(validate=written))


def trim() -> Any:
    sentence = (
        "A border is cut off all of whose pixels differ from the colour of the corners by so many levels of 255 at "
        "most; 0: none is."
    )
    return option(0, sentence, number(0, 100))


def margin() -> Any:
    return option(0, "How much of a border that is cut off stays, in per cent of the box.", number(0, 40))


@dataclass(frozen=True)
class Framing:
    recipe_large_fit: Fit = fit()
    recipe_small_fit: Fit = fit()
    recipe_spree_large_fit: Fit = fit()
    recipe_spree_product_fit: Fit = fit()
    recipe_spree_small_fit: Fit = fit()
    recipe_spree_mini_fit: Fit = fit()
    recipe_feed_fit: Fit = fit()
    recipe_large_background: str = background()
    recipe_small_background: str = background()
    recipe_spree_large_background: str = background()
    recipe_spree_product_background: str = background()
    recipe_spree_small_background: str = background()
    recipe_spree_mini_background: str = background()
    recipe_feed_background: str = background()
    recipe_large_trim: int = trim()
    recipe_small_trim: int = trim()
    recipe_spree_large_trim: int = trim()
    recipe_spree_product_trim: int = trim()
    recipe_spree_small_trim: int = trim()
    recipe_spree_mini_trim: int = trim()
    recipe_feed_trim: int = trim()
    recipe_large_margin: int = margin()
    recipe_small_margin: int = margin()
    recipe_spree_large_margin: int = margin()
    recipe_spree_product_margin: int = margin()
    recipe_spree_small_margin: int = margin()
    recipe_spree_mini_margin: int = margin()
    recipe_feed_margin: int = margin()
