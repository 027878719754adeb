"""What a change knows of the image that it brings in, beside what is read of it afterwards."""

import hashlib
from itertools import count
from typing import Any, Final

import pytest

from app.model import BlobHash, Facts, MarksKey, Note
from app.raster.steps.edit import Edit
from app.service.galleries.v1.input import NOTHING, ImageInput, NewBytes, PictureOf, StoreInput
from app.service.galleries.v1.reader import NativeReader
from app.service.galleries.v1.writer import NativeWriter
from app.service.pictures.filing import Filing
from app.service.pictures.intake import Blob
from app.settings import Settings
from tests.service.galleries.native_shop import COAT, DRESS, Shop, new_bytes

_NUMBERS: Final = count(1)
_MARKS: Final = MarksKey("0123456789abcdef")
_NOTES: Final = (Note("removed_metadata", "XMP"), Note("clipped_hdr", 1.5), Note("removed_trailing_bytes", 12))
_JPEG: Final = Facts("jpeg", 2, 3)
_TURNED: Final = Facts("jpeg", 3000, 2000, orientation=6, notes=_NOTES, marks=_MARKS)
_MOVING: Final = Facts("gif", 1, 1, frames=7, has_alpha=True, notes=(), marks=MarksKey(""))
_CONVERTED: Final = Facts("png", 9, 9, notes=(Note("converted_format", "tiff"),), converted_from="tiff")


def _source(facts: Facts = _JPEG, name: str | None = "a b.jpg", declared: str | None = None) -> NewBytes:
    data = f"fresh {next(_NUMBERS)}".encode()
    return NewBytes(Blob(BlobHash(hashlib.sha256(data).hexdigest()), len(data), facts), name, declared)


def _writer(shop: Shop, settings: Settings) -> NativeWriter:
    return NativeWriter(shop.database, settings, Filing(settings), shop.committed)


@pytest.mark.parametrize("rights", ["rights", "none"])
@pytest.mark.parametrize(
    ("source", "given"),
    [
        (_source(), NOTHING),
        (_source(name=None), ImageInput(label="Vorn ü", exclude=True, position=0)),
        (_source(_TURNED, "photo.png"), ImageInput(label="", exclude=None, file_name="Näme.jpg")),
        (_source(_MOVING, declared="image/png"), ImageInput(label=None, position=None)),
        (_source(_CONVERTED, "scan.tiff", "image/tiff"), ImageInput(position=1)),
        (_source(_CONVERTED, "scan.tiff", "image/png"), ImageInput(position=2_147_483_647)),
    ],
)
async def test_what_a_change_knows_is_what_is_read(
    shop: Shop, source: NewBytes, given: ImageInput, rights: Any
) -> None:
    """An image of bytes that nobody had before is told without reading it, and is told as it is read, wherever it
    stands in its gallery."""
    settings = Settings(keep_rights=rights)
    await shop.add()
    await shop.add(given=ImageInput(position=2))

    made = await _writer(shop, settings).create(DRESS, source, given)

    assert made.image is not None
    assert made.image == await NativeReader(shop.database, settings).image(made.id)


@pytest.mark.parametrize(
    "given",
    [
        ImageInput(types=["image"]),
        ImageInput(stores={"german": StoreInput(label="Vorne")}),
        ImageInput(edit={"rotate": 90}),
    ],
)
async def test_what_other_rows_say_is_read(shop: Shop, given: ImageInput) -> None:
    """Types, what store views say, and an edit stand in other rows: who brings them has to read the image."""
    made = await shop.writer.create(DRESS, new_bytes(), given)

    assert made.image is None
    read = await NativeReader(shop.database, Settings()).image(made.id)
    assert read.types or read.stores or read.edit != Edit()


async def test_bytes_that_somebody_had_before_are_read(shop: Shop) -> None:
    """Of such others know more: renditions, what became of them, and other images of the gallery that show them."""
    source = new_bytes("front.jpg")
    first = await shop.writer.create(DRESS, source, NOTHING)

    assert first.image is not None
    assert (await shop.writer.create(DRESS, source, NOTHING)).image is None
    assert (await shop.writer.create(COAT, PictureOf(first.id), NOTHING)).image is None
