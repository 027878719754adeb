"""What a picture, or an edited one, lacks of the recipes in force."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.db.pool import Record
from app.model import Recipe, RecipeHash, Segment
from app.raster.child.allowance import shares
from app.raster.facts.shown import measures
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Lacking:
    """In the picture's own format: the cleaned original, which is the blob's own also where it carries marks or is
    edited, and the recipes of `segment`. `shares` are all of them, by what is built at once. One that `is_bare` has its
    smallest rendition, and nothing that stands for it while it loads; one that `is_unseen` has all in which its pixels
    could be looked at, and nobody did; into one that `is_unnoted` nobody looked when it came."""

    segment: Segment
    cleaning: tuple[Recipe, ...]
    recipes: tuple[Recipe, ...]
    shares: Sequence[Sequence[Recipe]]
    is_bare: bool
    is_unseen: bool
    is_unnoted: bool

    def __bool__(self) -> bool:
        return bool(self.cleaning or self.recipes)


def lacking_in(
    settings: Settings, segment: Segment, row: Record, cleaning: Recipe | None, built: Collection[RecipeHash]
) -> Lacking:
    """Of a row of `renditions_of_blob` or of `renditions_of_edit`, with the cleaning that the blob is to have, None
    where that is not known yet, and what was `built` of the segment."""
    clean = () if cleaning is None or cleaning.hash in row["built"] else (cleaning,)
    recipes = tuple(recipe for recipe in settings.recipes if recipe.hash not in built)
    is_bare = not row["has_placeholder"] and settings.recipes[-1] not in recipes
    is_unseen = not row["has_pixel_facts"] and not any(map(measures, recipes))
    lacks = is_bare, is_unseen, not row["has_notes"]
    return Lacking(segment, clean, recipes, shared(row, (*clean, *recipes)), *lacks)


def shared(row: Record, recipes: Sequence[Recipe]) -> Sequence[Sequence[Recipe]]:
    """By what is built at once."""
    return shares(row["frames"], row["pixels"], recipes)
