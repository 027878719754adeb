"""Every option of the service: its name, its default and one sentence, in groups that are listed in this order."""

import socket
from dataclasses import Field, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from app.model import QUALITY, Recipe, Rights
from app.settings.apis import Apis
from app.settings.framing import Framing
from app.settings.limits import Limits
from app.settings.parts import Parts
from app.settings.work import Work

_ANY_HEIGHT: Final = 2**31 - 1
_FEED_SIDE: Final = 1500
"""Of the box: what channels advise."""


@dataclass(frozen=True)
class Settings(Limits, Framing, Work, Apis, Parts):
    """All options together, and what follows from several of them."""

    @cached_property
    def embedded(self) -> bool:
        """Whether Postgres is ours to start."""
        return not self.database_url

    @cached_property
    def own_url(self) -> str:
        """Under which scheme and host this service is known where there is no request to tell; empty: nobody knows."""
        return self.public_url or (f"http://{self.host}:{self.port}" if self.embedded else "")

    @cached_property
    def spool_dir(self) -> Path:
        """Where uploads wait until the store has them; beside the file store, so that it may take them over."""
        return self.data_dir / "spool"

    @cached_property
    def copies_dir(self) -> Path:
        """Where objects of a bucket lie while children read them."""
        return self.data_dir / "copies"

    @cached_property
    def asked_dir(self) -> Path:
        """Where processes write down what they were asked for lately, for those that come next."""
        return self.data_dir / "asked"

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
        made = [self._recipe(name, side) for name, side in sides.items()]
        return tuple(sorted(made, key=lambda recipe: -(recipe.box or (0, 0))[0]))

    def _recipe(self, name: str, side: int) -> Recipe:
        """In a square box, framed as its settings say. A margin without a trim shows nowhere, and changes no hash."""
        own = f"recipe_{name.replace('-', '_')}_"
        fit, background, trim, margin = (getattr(self, own + what) for what in ("fit", "background", "trim", "margin"))
        return Recipe(name, (side, side), 1, QUALITY, fit, background.lower(), trim, margin if trim else 0)

    @cached_property
    def width_recipes(self) -> tuple[Recipe, ...]:
        """What storefronts are offered, narrowest first: of any height, and nothing that an upload builds."""
        return tuple(Recipe(f"w{width}", (width, _ANY_HEIGHT), quality=QUALITY) for width in self.recipe_widths)

    @cached_property
    def feed_recipe(self) -> Recipe:
        """What feeds of channels take: a JPEG of any picture, built when it is first asked for."""
        return replace(self._recipe("feed", _FEED_SIDE), only="jpeg")

    @cached_property
    def listed_recipes(self) -> tuple[Recipe, ...]:
        """Those whose renditions the native API lists with an image."""
        return (*self.recipes, self.feed_recipe)

    @cached_property
    def locales(self) -> dict[str, str]:
        """Glue's language → locale, in configured order."""
        pairs = (pair.split("=", 1) for pair in self.glue_languages.split(","))
        return {language.strip(): locale.strip() for language, locale in pairs}


def options() -> list[Field[Any]]:
    return list(fields(Settings))
