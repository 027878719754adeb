"""Every option of the service: its name, its default and one sentence, in groups that are listed in this order."""

import socket
from dataclasses import Field, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from app.model import QUALITY, Recipe, Rights
from app.settings.apis import Apis
from app.settings.limits import Limits
from app.settings.parts import Parts
from app.settings.work import Work


@dataclass(frozen=True)
class Settings(Limits, Work, Apis, Parts):
    """All options together, and what follows from several of them."""

    @cached_property
    def embedded(self) -> bool:
        """Whether Postgres is ours to start."""
        return not self.database_url

    @cached_property
    def spool_dir(self) -> Path:
        """Where uploads wait until the store has them; beside the file store, so that it may take them over."""
        return self.data_dir / "spool"

    @cached_property
    def copies_dir(self) -> Path:
        """Where objects of a bucket lie while children read them."""
        return self.data_dir / "copies"

    @cached_property
    def figures_dir(self) -> Path:
        """Where the processes of one machine lay down their metrics for one another."""
        return self.data_dir / "figures" / socket.gethostname()

    @cached_property
    def rights(self) -> Rights:
        """Which marks public files keep."""
        return self.keep_rights if self.keep_copyright else "none"

    @cached_property
    def clean(self) -> Recipe:
        """The cleaning of pictures without marks that are kept as such."""
        return Recipe("clean", None, version=2 if self.rights == "none" else 1)

    @cached_property
    def clean_marked(self) -> Recipe:
        """The cleaning of pictures whose marks are written anew."""
        return Recipe("clean", None, version=3)

    def cleaning_of(self, marks: str | None) -> Recipe:
        """The cleaning in force of a picture with these marks."""
        return self.cleanings[-1] if marks else self.clean

    @cached_property
    def cleanings(self) -> tuple[Recipe, ...]:
        """All that are in force."""
        return (self.clean, self.clean_marked) if self.rights == "rights" else (self.clean,)

    @cached_property
    def recipes(self) -> tuple[Recipe, ...]:
        """The recipes in force, largest first, so that small ones can be made from large ones."""
        spree = {"spree-large": 600, "spree-product": 240, "spree-small": 100, "spree-mini": 48}
        sides = {"large": self.recipe_large, "small": self.recipe_small, **spree}
        made = [Recipe(name, (side, side), quality=QUALITY) for name, side in sides.items()]
        return tuple(sorted(made, key=lambda recipe: -(recipe.box or (0, 0))[0]))

    @cached_property
    def locales(self) -> dict[str, str]:
        """Glue's language → locale, in configured order."""
        pairs = (pair.split("=", 1) for pair in self.glue_languages.split(","))
        return {language.strip(): locale.strip() for language, locale in pairs}


def options() -> list[Field[Any]]:
    return list(fields(Settings))
