"""Recipes as the database keeps them, so that their URLs can be built for ever."""

import json
from collections.abc import Iterable, Mapping

from app.db.pool import Statements
from app.errors import RenditionNotFound
from app.model import Format, Recipe, RecipeHash


async def register(statements: Statements, recipes: Iterable[Recipe]) -> None:
    """Keeps their parameters; done twice, it changes nothing."""
    rows = [
        (one.hash, one.name, *(one.box or (None, None)), one.version, _json(one.quality), *_further(one))
        for one in recipes
    ]
    await statements.execute("register_recipes", *zip(*rows, strict=True))


async def kept(statements: Statements, recipe: RecipeHash) -> Recipe:
    """The recipe of that hash; RenditionNotFound."""
    row = await statements.fetchrow("recipe_by_hash", recipe)
    if row is None:
        raise RenditionNotFound(f"recipe {recipe} is unknown")
    box = (row["box_width"], row["box_height"]) if row["box_width"] else None
    further = row["fit"], row["background"], row["trim"], row["margin"], row["only_format"]
    return Recipe(row["name"], box, row["version"], json.loads(row["quality"]), *further)


def _further(recipe: Recipe) -> tuple[object, ...]:
    return recipe.fit, recipe.background, recipe.trim, recipe.margin, recipe.only


def _json(quality: Mapping[Format, int]) -> str:
    return json.dumps(dict(quality), sort_keys=True)
