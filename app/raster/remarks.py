"""What inspection notes of a picture's colours, and of what came beside it (native.md 6)."""

import io
from collections.abc import Iterator
from contextlib import suppress

from PIL import Image

from app.model import Facts, Note
from app.raster.colour.called import Codes, brightness_of, codes_of, space_of
from app.raster.converted import Converted, opened_upload
from app.raster.facts.sniff import open_image
from app.raster.private import notes_on_private
from app.raster.published import Published


def notes_beside(source: Published | Converted, facts: Facts) -> Iterator[Note]:
    """Nothing of it keeps a picture from being taken, so what cannot be read is not there."""
    upload = source.upload[:]
    with suppress(Exception):
        if facts.converted_from is not None:
            with opened_upload(upload, facts.converted_from) as image:
                yield from _found(source, facts, image, upload, image.info.get("code_points"))
        else:
            with open_image(io.BytesIO(upload), facts.format) as image:
                yield from _found(source, facts, image, upload, codes_of(upload, facts.format))


def _found(
    source: Published | Converted, facts: Facts, image: Image.Image, upload: bytes, codes: Codes | None
) -> Iterator[Note]:
    if (space := space_of(image, source.profile(image), codes)) is not None:
        yield Note("converted_colour", space)
    if (brightness := brightness_of(codes)) is not None:
        yield Note("clipped_hdr", brightness)
    yield from notes_on_private(upload, facts.source_format, image)
