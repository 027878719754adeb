"""Marks travel from an upload into its cleaned original and its renditions, as an outside reader sees them."""

import io
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image, PngImagePlugin

from app.model import EXTENSIONS, NO_MARKS, Format, Recipe, Rendered
from app.raster.child import work as child
from app.raster.facts.limits import Limits
from app.raster.marks.embed import in_gif
from app.raster.marks.packet import key_of
from app.raster.pipeline import Keep
from app.settings import Settings
from tests.pictures import picture
from tests.programs import needs
from tests.raster.marks.test_packet import AI, FULL, rdf

SECRET: Final = "the-address-of-the-photographer"
LIMITS: Final = Limits(pixels=40_000_000, total_pixels=60_000_000, frames=100)
SIZES: Final = tuple(Recipe(f"box-{side}", (side, side)) for side in (160, 100, 99, 48))
MARKED_CLEAN: Final = Settings().clean_marked
FORMATS: Final[tuple[Format, ...]] = ("jpeg", "png", "gif", "webp", "avif")

_GIVEN: Final = (
    rdf(
        "<dc:rights><rdf:Alt><rdf:li xml:lang='x-default'>© 2026 The shop &amp; sons</rdf:li></rdf:Alt></dc:rights>"
        f"<dc:creator><rdf:Seq><rdf:li>Ann Example</rdf:li></rdf:Seq></dc:creator><dc:title>{SECRET}</dc:title>",
        f'e:DigitalSourceType="{AI}" ph:Credit="The shop" ph:City="{SECRET}" e:AISystemUsed="A painter"',
    )
    + b" " * 700  # editors leave room for changes
)


def upload(fmt: Format, given: bytes = _GIVEN) -> bytes:
    image, file = picture(240, 180), io.BytesIO()
    if fmt == "png":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", given.decode(), zip=True)
        image.save(file, "PNG", pnginfo=info)
    elif fmt == "gif":
        image.save(file, "GIF")
        return in_gif(file.getvalue(), given) if given else file.getvalue()
    else:
        image.save(file, fmt.upper(), **({"xmp": given} if given else {}))
    return file.getvalue()


def made(path: Path, data: bytes, formats: Sequence[Format] | None = None, *, marks: bool = True) -> list[Rendered]:
    path.write_bytes(data)
    clean = MARKED_CLEAN if marks else Settings().clean
    return child.build(path, LIMITS, [clean, *SIZES], formats, Keep(copyright=not marks, marks=marks))


def read_by_exiftool(folder: Path, one: Rendered) -> dict[str, Any]:
    """Everything that is no matter of pixels, by group and name."""
    path = folder / f"{one.recipe.name}.{EXTENSIONS[one.format]}"
    path.write_bytes(one.data)
    command = ["exiftool", "-json", "-G1", "-a", "-u", str(path)]
    reported: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)[0]
    return {name: value for name, value in reported.items() if name.startswith(("XMP", "IPTC", "IFD", "ExifIFD"))}


@needs("exiftool", "libimage-exiftool-perl")
@pytest.mark.parametrize("fmt", FORMATS)
def test_an_outside_reader_finds_marks_and_nothing_else(fmt: Format, tmp_path: Path) -> None:
    """Exiftool reads the marks in cleaned originals and renditions; below 100 pixels how a picture was made, alone."""
    for one in made(tmp_path / "upload", upload(fmt)):
        reported = read_by_exiftool(tmp_path, one)
        source_type = reported.pop("XMP-iptcExt:DigitalSourceType")
        assert source_type == AI
        if one.recipe.box and max(one.width, one.height) < 100:
            assert reported == {}, one.recipe.name
        else:
            assert reported == {
                "XMP-dc:Rights": FULL.rights,
                "XMP-dc:Creator": "Ann Example",
                "XMP-photoshop:Credit": "The shop",
                "XMP-iptcExt:AISystemUsed": "A painter",
            }, one.recipe.name
        assert SECRET.encode() not in one.data


@needs("exiftool", "libimage-exiftool-perl")
def test_further_formats_carry_them_too(tmp_path: Path) -> None:
    """WebP and AVIF made of a JPEG say the same."""
    reported = [read_by_exiftool(tmp_path, one) for one in made(tmp_path / "upload", upload("jpeg"), ("webp", "avif"))]
    assert len(reported) == 9
    assert all(one["XMP-iptcExt:DigitalSourceType"] == AI for one in reported)


@pytest.mark.parametrize("fmt", FORMATS)
def test_pixels_do_not_change_with_marks(fmt: Format, tmp_path: Path) -> None:
    """With and without marks, the same pixels."""
    marked = made(tmp_path / "upload", upload(fmt))
    plain = made(tmp_path / "upload", upload(fmt), marks=False)
    for one, other in zip(marked, plain, strict=True):
        pixels = [Image.open(io.BytesIO(each.data)).convert("RGBA").tobytes() for each in (one, other)]
        assert pixels[0] == pixels[1], one.recipe.name
        assert len(one.data) - len(other.data) <= 1024 + 400, one.recipe.name


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_picture_without_marks_does_not_grow_by_a_byte(fmt: Format, tmp_path: Path) -> None:
    """Whatever is asked for, nothing is written where there is nothing to say."""
    data = upload(fmt, rdf(f"<dc:description>{SECRET}</dc:description>"))
    asked = [one.data for one in made(tmp_path / "upload", data)]
    assert asked == [one.data for one in made(tmp_path / "upload", data, marks=False)]
    assert all(SECRET.encode() not in one for one in asked)


@pytest.mark.parametrize("fmt", FORMATS)
def test_inspection_tells_marks_and_notes(fmt: Format, tmp_path: Path) -> None:
    """The facts of an upload name its marks by a key, and that it was made by a machine."""
    path = tmp_path / "upload"
    path.write_bytes(upload(fmt))
    facts = child.inspect(path, LIMITS)
    assert facts.marks == child.marks(path, LIMITS) != NO_MARKS
    assert [(note.code, note.measured) for note in facts.notes or ()] == [("ai_generated", AI)]

    path.write_bytes(upload(fmt, b""))
    facts = child.inspect(path, LIMITS)
    assert (facts.marks, facts.notes) == (NO_MARKS, ())


def test_content_credentials_are_noticed(tmp_path: Path) -> None:
    """A C2PA manifest in an upload is noted; the public form does not have it."""
    manifest = b"JP\0\1\0\0\0\1\0\0\0\x2ajumb\0\0\0\x1ejumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\x03c2pa\0"
    data = upload("jpeg")
    path = tmp_path / "upload"
    path.write_bytes(data[:2] + b"\xff\xeb" + (len(manifest) + 2).to_bytes(2, "big") + manifest + data[2:])
    facts = child.inspect(path, LIMITS)
    assert "content_credentials" in [note.code for note in facts.notes or ()]
    assert all(b"c2pa" not in one.data for one in made(path, path.read_bytes()))


def test_the_older_block_and_exif_are_read_where_xmp_is_silent(tmp_path: Path) -> None:
    """IPTC's notice, by-lines and credit count beside XMP, and Exif's notice where neither has one."""
    datasets = [(116, b"\xa9 IPTC"), (80, b"Ann"), (80, b"Bob"), (110, "Gr\u00fcn".encode())]
    block = b"".join(b"\x1c\2" + bytes((number,)) + len(text).to_bytes(2, "big") + text for number, text in datasets)
    resource = b"Photoshop 3.0\0" + b"8BIM\4\4\0\0" + len(block).to_bytes(4, "big") + block + bytes(len(block) % 2)
    exif = Image.Exif()
    exif[0x8298] = "Exif's photographer\0Exif's editor"
    file = io.BytesIO()
    picture(120, 90).save(file, "JPEG", exif=exif)
    plain = file.getvalue()
    path = tmp_path / "upload"

    path.write_bytes(plain)
    assert child.marks(path, LIMITS) == key_of(type(FULL)(rights="Exif's photographer; Exif's editor"))
    path.write_bytes(plain[:2] + b"\xff\xed" + (len(resource) + 2).to_bytes(2, "big") + resource + plain[2:])
    expected = type(FULL)(rights="\u00a9 IPTC", creator=("Ann", "Bob"), credit="Gr\u00fcn")
    assert child.marks(path, LIMITS) == key_of(expected)
