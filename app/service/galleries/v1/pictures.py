"""Reading pictures for the native API: what is said of one, where it is used, and the bytes that were uploaded."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.db.pool import Database, Record
from app.errors import Gone, ImageNotFound, PictureNotFound
from app.model import BlobHash, SourceFormat
from app.service.galleries.v1.images import ImageRows, Picture
from app.settings import Settings

MOST_USES: Final = 1000
"""Images, and sets, that a picture names."""


@dataclass(frozen=True, slots=True)
class UsedPicture:
    """`images` and `sets` show it, `edits` are done to it; of any there are more than these where `more` says so."""

    picture: Picture
    revision: int
    images: list[Record]
    sets: list[Record]
    edits: list[Record]
    more: bool


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes as they came, `size` of them, and the name of the image that shows them."""

    blob: BlobHash
    size: int
    format: SourceFormat
    name: str | None


class PictureReader:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._db = database
        self._rows_of = ImageRows(settings.listed_recipes)
        self._shows_marks = settings.rights == "rights"
        self._restorable = timedelta(days=settings.restore_days)

    async def picture(self, picture: int) -> UsedPicture:
        """PictureNotFound."""
        row = await self._db.fetchrow("native_picture", picture, self._shows_marks)
        if row is None:
            raise PictureNotFound(f"There is no picture {picture}.")
        images = await self._db.fetch("images_of_picture", picture, MOST_USES + 1)
        sets = await self._db.fetch("sets_of_picture", picture, MOST_USES + 1)
        edits = await self._db.fetch("edits_of_picture", picture, MOST_USES + 1)
        uses = images[:MOST_USES], sets[:MOST_USES], edits[:MOST_USES]
        more = max(map(len, (images, sets, edits))) > MOST_USES
        return UsedPicture(self._rows_of.picture(row), row["revision"], *uses, more)

    async def upload(self, image: int) -> Upload:
        """The bytes behind an image, also a deleted one while it can be restored. ImageNotFound; Gone where they were
        erased, or are kept no more."""
        row = await self._db.fetchrow("upload_of_image", image, self._restorable)
        if row is None:
            raise ImageNotFound(f"There is no image {image}.")
        if not row["is_there"]:
            raise Gone(f"the bytes of image {image} were erased")
        if row["hash"] is None:
            raise ImageNotFound(f"image {image} lies elsewhere")
        source = row["converted_from"] or row["format"]
        return Upload(BlobHash(row["hash"].hex()), row["size"], source, row["file_name"])
