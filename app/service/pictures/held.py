"""What of a picture may be held outside, by caches and CDNs: everything that a URL was ever given out for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.db.pool import Database, Record
from app.model import BlobHash, Format, ImageId, MarksKey, RecipeHash, segment_of
from app.service.pictures.paths import stem


@dataclass(frozen=True, slots=True)
class HeldImage:
    """A gallery entry, deleted or not, with the names that its file has or may have had, the present one first."""

    id: ImageId
    names: tuple[str, ...]
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class HeldRendition:
    """A recipe with its hash, what it shows as URLs name it, and a format in which it may have been sent."""

    recipe: str
    segment: str
    format: Format


@dataclass(frozen=True, slots=True)
class Held:
    """`paths` of the cleaned original; `stems` are the names that renditions may have been asked for under."""

    paths: tuple[str, ...]
    images: tuple[HeldImage, ...]
    renditions: tuple[HeldRendition, ...]
    stems: tuple[str, ...]


async def held(database: Database, blob: BlobHash) -> Held:
    """What the catalogue knows of a picture. Replacing and purging forget, so it is to be asked before."""
    digest = bytes.fromhex(blob)
    paths = tuple(row["path"] for row in await database.fetch("paths_of_blob", digest))
    rows = await database.fetch("all_images_of_blob", digest)
    former = [path.rpartition("/")[2] for path in paths]
    images = tuple(_image(row, former) for row in rows if row["id"] is not None)
    names = {name for image in images for name in image.names}
    stems = {*map(stem, names), *(f"p{row['picture_id']}" for row in rows)}
    made = await database.fetch("held_renditions", digest)
    return Held(paths, images, tuple(_renditions(blob, made)), tuple(sorted(stems)))


def _image(row: Record, former: Iterable[str]) -> HeldImage:
    """The same bytes under another path are a file that was renamed, so its image had that name."""
    present = [row["file_name"]] if row["file_name"] else []
    return HeldImage(ImageId(row["id"]), tuple(dict.fromkeys([*present, *former])), row["file_updated_at"])


def _renditions(blob: BlobHash, rows: Iterable[Record]) -> Iterable[HeldRendition]:
    """Further formats are sent under the URL of the picture's own format, too."""
    found: dict[HeldRendition, None] = {}
    for row in rows:
        recipe = f"{row['name']}-{RecipeHash(row['recipe_hash'])}"
        for fmt in (row["own_format"], row["format"]):
            one = HeldRendition(recipe, segment_of(blob, MarksKey(row["marks"])), fmt)
            found[one] = None
    return found
