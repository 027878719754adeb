"""Every slot of an AVIF, still or moving, in which something can hide that its viewers do not show."""

import io
import itertools
import re
import struct
from contextlib import suppress

import pytest
from PIL import Image

from app.errors import ImageUndecodable
from app.raster.child import work as child
from app.raster.clean import avif
from app.raster.facts.pixels import fingerprint
from tests.raster.avif_files import behind_pixels, box, found, in_the_last_item, put_in
from tests.raster.conftest import LIMITS, Write
from tests.raster.pictures import encoded, photo, published

SECRET = b"SECRET 48.13751N 11.57549E <?php ?>"
STILL = encoded(photo(96, 64, "RGBA"), "avif")
MOVING = encoded(photo(40, 30, "RGBA"), "avif", save_all=True, append_images=[photo(40, 30, "RGBA").rotate(90)])
TRACK = (b"moov", b"trak")
TABLES = (*TRACK, b"mdia", b"minf", b"stbl")
UNITS = {
    "a message": bytes((5 << 3 | 2, 1 + len(SECRET), 4)) + SECRET,
    "brightness that is too long": bytes((5 << 3 | 2, 1 + len(SECRET), 1)) + SECRET,
    "padding": bytes((15 << 3 | 2, 1 + len(SECRET))) + SECRET + b"\x80",
    "a reserved unit": bytes((9 << 3 | 2, len(SECRET))) + SECRET,
}


def over(data: bytes, at: int) -> bytes:
    """The secret in the place of bytes that are there already."""
    return data[:at] + SECRET[:30] + data[at + 30 :]


def handler_named(data: bytes, *path: bytes) -> bytes:
    return put_in(data, SECRET + b"\0", *path, b"hdlr")


def entry(item: int, kind: bytes, name: bytes, typed: bytes) -> bytes:
    return box(b"infe", struct.pack(">IHH4s", 2 << 24, item, 0, kind) + name + b"\0" + typed)


def one_more_item(kind: bytes, *, name: bytes = b"", body: bytes = b"") -> bytes:
    """An item of which no other speaks; its bytes lie behind all others."""
    typed = b"text/plain\0" if kind == b"mime" else b""
    data = put_in(STILL, entry(9, kind, name, typed), b"meta", b"iinf")
    *_, entries = found(data, b"meta", b"iinf")
    (count,) = struct.unpack_from(">H", data, entries.start + 4)
    data = data[: entries.start + 4] + struct.pack(">H", count + 1) + data[entries.start + 6 :]
    data = put_in(data, struct.pack(">HHHII", 9, 0, 1, 0, len(body)), b"meta", b"iloc")
    *_, places = found(data, b"meta", b"iloc")
    (count,) = struct.unpack_from(">H", data, places.start + 6)
    data = data[: places.start + 6] + struct.pack(">H", count + 1) + data[places.start + 8 :]
    (coded,) = found(data, b"mdat")
    data = data[: places.end - 8] + struct.pack(">I", coded.end) + data[places.end - 4 :]
    return behind_pixels(data, body)


def item_named() -> bytes:
    return one_more_item(b"mime", name=SECRET, body=b"some")


def times(data: bytes, *path: bytes) -> bytes:
    *_, head = found(data, *path)
    return data[: head.start + 4] + SECRET[:16] + data[head.start + 20 :]


def program_named() -> bytes:
    *_, sample = found(MOVING, *TABLES, b"stsd", b"av01")
    return over(MOVING, sample.start + 43)


SLOTS = {
    "behind the items": behind_pixels(STILL, SECRET),
    "behind the frames": behind_pixels(MOVING, SECRET),
    **{f"an item of type {kind.decode()}": one_more_item(kind, body=SECRET) for kind in (b"mime", b"uri ")},
    "an Exif item": one_more_item(b"Exif", body=bytes(4) + SECRET),
    "an item's name": item_named(),
    "the handler of items": handler_named(STILL, b"meta"),
    **{f"a box {name.decode()} in meta": put_in(STILL, box(name, SECRET), b"meta") for name in (b"uuid", b"xml ")},
    **{
        f"a property {name.decode()}": put_in(STILL, box(name, SECRET), b"meta", b"iprp", b"ipco")
        for name in (b"udes", b"uuid", b"crtt", b"altt")
    },
    "a kind of alpha": put_in(STILL, box(b"auxC", bytes(4) + SECRET + b"\0"), b"meta", b"iprp", b"ipco"),
    **{f"{name} in an item": in_the_last_item(STILL, unit) for name, unit in UNITS.items()},
    **{
        f"a box {name.decode()} in {'/'.join(map(bytes.decode, path))}": put_in(MOVING, box(name, SECRET), *path)
        for name, path in (
            (b"udta", (b"moov",)),
            (b"meta", (b"moov",)),
            (b"udta", TRACK),
            (b"uuid", TRACK),
            (b"free", TABLES),
            (b"sgpd", TABLES),
            (b"uuid", (*TABLES, b"stsd", b"av01")),
        )
    },
    "the handler of a track": handler_named(MOVING, *TRACK, b"mdia"),
    "the program of a track": program_named(),
    "when a film was made": times(MOVING, b"moov", b"mvhd"),
    "when a track was made": times(MOVING, *TRACK, b"tkhd"),
    "when its media were made": times(MOVING, *TRACK, b"mdia", b"mdhd"),
    "another file's address": put_in(MOVING, SECRET + b"\0", *TRACK, b"mdia", b"minf", b"dinf", b"dref", b"url "),
}


@pytest.mark.parametrize("name", SLOTS)
def test_nothing_of_it_is_public_and_the_picture_is_shown_as_before(write: Write, name: str) -> None:
    """Nor was it encoded anew, which would be worse than the upload."""
    hidden = SLOTS[name]
    public = published(hidden, "avif")
    assert any(SECRET[at : at + 12] in hidden for at in range(20))
    assert not any(SECRET[at : at + 6] in public for at in range(len(SECRET) - 6))
    assert fingerprint(public, "avif") == fingerprint(hidden, "avif")
    assert "reencoded" not in [note.code for note in child.inspect(write(hidden), LIMITS).notes or ()]


def test_a_thumbnail_is_not_public() -> None:
    """It may show what was cut off the picture since."""
    *_, references = found(STILL, b"meta", b"iref")
    hidden = STILL[: references.start + 8] + b"thmb" + STILL[references.start + 12 :]
    public = published(hidden, "avif")
    (coded,) = found(hidden, b"mdat")
    blanked = sum(one != other for one, other in zip(hidden[coded.start :], public[coded.start :], strict=True))
    assert blanked > 20
    assert fingerprint(public, "avif") == fingerprint(hidden, "avif")


@pytest.mark.parametrize("source", [STILL, encoded(photo(96, 64), "avif")])
def test_a_still_in_which_nothing_hides_stays_as_it_is(source: bytes) -> None:
    """To the byte, so that its address shows what it showed."""
    assert published(source, "avif") == source


def test_a_moving_one_loses_only_the_times_of_its_making() -> None:
    """Its frames, their alpha and their times stay."""
    public = published(MOVING, "avif")
    assert sum(one != other for one, other in zip(MOVING, public, strict=True)) <= 5 * 16
    with Image.open(io.BytesIO(public)) as image:
        assert (image.n_frames, image.mode) == (2, "RGBA")


BOXES = b"meta hdlr pitm iinf infe iref iprp ipco auxC colr iloc mvhd tkhd mdhd dref stsd stsz stco stsc mdia".split()


def shortened(data: bytes, at: int, left: int) -> bytes:
    """The box whose name stands there keeps so many bytes of its content; the others belong to a free one behind it."""
    (size,) = struct.unpack_from(">I", data, at - 4)
    rest = at + 4 + left
    head = struct.pack(">I", 8 + left) + data[at:rest]
    return data[: at - 4] + head + struct.pack(">I4s", size - 8 - left, b"free") + data[rest + 8 :]


@pytest.mark.parametrize("data", [STILL, MOVING])
def test_boxes_that_are_too_short_are_refused_or_stay_as_long(data: bytes) -> None:
    """Nothing behind them moves, and nothing fails in another way."""
    tried = 0
    for name, left in itertools.product(BOXES, (0, 1, 3, 5)):
        for place in re.finditer(re.escape(name), data):
            (size,) = struct.unpack_from(">I", data, place.start() - 4)
            if not 16 + left <= size <= len(data):
                continue
            tried += 1
            short = shortened(data, place.start(), left)
            assert len(short) == len(data)
            with suppress(ImageUndecodable):
                assert len(avif.clean(short, keep_copyright=False).data) == len(data)
    assert tried > 40


def test_times_are_emptied_within_their_box() -> None:
    """What stands behind a short one is not overwritten."""
    behind = box(b"mdhd", bytes(4)) + box(b"tref", b"\xff" * 16)
    data = put_in(MOVING, behind, *TRACK)
    assert behind in avif.clean(data, keep_copyright=False).data


def test_boxes_within_boxes_without_end_are_refused() -> None:
    nested = b""
    for _ in range(2000):
        nested = box(b"trak", nested)
    with pytest.raises(ImageUndecodable):
        avif.clean(put_in(MOVING, nested, b"moov"), keep_copyright=False)


def test_items_that_lie_over_each_other_without_end_are_refused() -> None:
    """Each would be looked at as a whole, however small the file is that lists them."""
    extents = struct.pack(">HHH", 1, 0, 20_000) + struct.pack(">II", 0, 0) * 20_000
    data = put_in(STILL, extents, b"meta", b"iloc")
    *_, places = found(STILL, b"meta", b"iloc")
    (count,) = struct.unpack_from(">H", data, places.start + 6)
    data = data[: places.start + 6] + struct.pack(">H", count + 1) + data[places.start + 8 :]
    with pytest.raises(ImageUndecodable, match="too often"):
        avif.clean(data, keep_copyright=False)
