"""The widths in which storefronts are offered a picture, and their renditions built before anybody asks."""

from collections.abc import Sequence
from typing import Final

from app.db.pool import Database
from app.db.queue.jobs import Job, enqueue
from app.model import Format, Recipe, Segment, parted
from app.service.pictures.edits.following import payload_of
from app.service.renditions.render import Renderer
from app.settings import Settings

RENDER_WIDTHS: Final = "render-widths"
"""The job that builds a picture, or an edited one, in all widths and formats that storefronts are offered; its payload
is the hash, and the key of the edit."""

_PRIORITY: Final = -20  # behind further formats, which are behind everything else
_EVERYWHERE: Final[tuple[Format, ...]] = ("webp", "avif")
_MOVING: Final[tuple[Format, ...]] = ("webp",)


def ladder(width: int, recipes: Sequence[Recipe]) -> Sequence[Recipe]:
    """Those of the width recipes, narrowest first, that a picture of this width is offered in: all that make it
    narrower, and the next one, which shows it as it is."""
    wider = next((place for place, recipe in enumerate(recipes, 1) if recipe.box and recipe.box[0] >= width), None)
    return recipes[:wider]


def offered_formats(own: Format, frames: int) -> tuple[Format, ...]:
    """In which a picture is offered, its own first. An animation is in those that move."""
    return tuple(dict.fromkeys((own, *(_EVERYWHERE if frames == 1 else _MOVING))))


class WidthsAhead:
    def __init__(self, settings: Settings, database: Database, renderer: Renderer) -> None:
        self._recipes = settings.width_recipes if settings.render_ahead_widths else ()
        self._db = database
        self._renderer = renderer

    async def enqueue(self, picture: Segment) -> None:
        """Once the renditions that an upload builds are there; done twice, it changes nothing."""
        if not self._recipes:
            return
        job = Job(RENDER_WIDTHS, payload_of(picture), _PRIORITY, f"{RENDER_WIDTHS}:{picture}")
        async with self._db.transaction() as tx:
            await enqueue(tx, [job])

    async def build(self, picture: Segment) -> None:
        """The job."""
        blob, edit = parted(picture)
        row = await self._db.fetchrow("shape_of_picture", bytes.fromhex(blob), edit)
        if row is not None:  # else it was swept meanwhile
            formats = offered_formats(row["format"], row["frames"])
            await self._renderer.build_further(picture, ladder(row["width"], self._recipes), formats)
