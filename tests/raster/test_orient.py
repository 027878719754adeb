"""The right way up."""

import pytest
from PIL import Image, ImageOps

from app.model import Format
from app.raster.clean import exif
from tests.raster.conftest import Build
from tests.raster.difference import psnr
from tests.raster.pictures import decoded, encoded, photo


def turned(fmt: Format, orientation: int) -> bytes:
    tags = Image.Exif()
    tags[exif.ORIENTATION] = orientation
    options = {"quality": 90, "exif": tags} if fmt != "png" else {"exif": tags}
    return encoded(photo(60, 40), fmt, **options)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp", "avif"])
def test_every_orientation_is_applied_exactly(build: Build, fmt: Format, orientation: int) -> None:
    """The rendition's pixels are those of the source turned upright, one by one, and carry no orientation."""
    source = turned(fmt, orientation)
    (rendition,) = build(source, (100, 100), formats=["png"])
    picture = decoded(rendition.data)
    expected = ImageOps.exif_transpose(decoded(source)).convert("RGB")
    assert (rendition.width, rendition.height) == expected.size == ((60, 40) if orientation < 5 else (40, 60))
    assert expected.tobytes() == picture.convert("RGB").tobytes()
    assert exif.ORIENTATION not in picture.getexif()


@pytest.mark.parametrize("target", ["jpeg", "webp", "avif", "gif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_target_is_the_right_way_up(build: Build, target: Format, orientation: int) -> None:
    """Lossy targets look like the upright source, too."""
    source = turned("png", orientation)
    (rendition,) = build(source, (100, 100), formats=[target])
    expected = ImageOps.exif_transpose(decoded(source)).convert("RGB")
    assert psnr(decoded(rendition.data).convert("RGB"), expected) > 25


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_box_is_that_of_the_upright_picture(build: Build, orientation: int) -> None:
    """A turned picture fits its box after turning, also through the JPEG decoder's own shrinking."""
    tags = Image.Exif()
    tags[exif.ORIENTATION] = orientation
    source = encoded(photo(1000, 400), "jpeg", exif=tags)
    (rendition,) = build(source, (48, 48))
    assert decoded(rendition.data).size == ((48, 19) if orientation == 1 else (19, 48))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp", "avif"])
def test_what_is_turned_after_shrinking_is_what_was_turned_before(build: Build, fmt: Format, orientation: int) -> None:
    """A shrunk rendition is that of the upright source, through the JPEG decoder's own shrinking too."""
    tags = Image.Exif()
    tags[exif.ORIENTATION] = orientation
    source = encoded(photo(1000, 400), fmt, exif=tags, quality=95)
    (rendition,) = build(source, (100, 100), formats=["png"])
    upright = ImageOps.exif_transpose(decoded(source)).convert("RGB")
    expected = upright.resize((rendition.width, rendition.height), Image.Resampling.LANCZOS)
    assert psnr(decoded(rendition.data).convert("RGB"), expected) > 40


@pytest.mark.parametrize("block", [b"", b"II*\0", b"MM\0*\0\0\0\x08\xff\xff", b"II*\0\xff\xff\xff\xff", b"Exif\0\0XX"])
def test_a_broken_exif_block_counts_as_none(block: bytes) -> None:
    """Damage in metadata never refuses a picture."""
    assert exif.parse(block) == exif.NOTHING
