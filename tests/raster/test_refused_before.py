"""Good pictures that a strict reader stops at: odd parts are left out as browsers leave them out, and pixels decide."""

import struct
import zlib
from collections.abc import Callable

import pytest

from app.errors import ImageUndecodable
from app.model import Facts, Note
from tests.raster.conftest import Build
from tests.raster.pictures import decoded, encoded, photo, segment

Inspect = Callable[[bytes], Facts]

IMAGE = photo(96, 64)
PNG = encoded(IMAGE, "png")
JPEG = encoded(IMAGE, "jpeg")
MOVING = encoded(photo(40, 30), "png", save_all=True, append_images=[photo(40, 30).rotate(90), photo(40, 30)])


def chunk(kind: bytes, body: bytes, *, sound: bool = True) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body) ^ (not sound))


def with_chunk(kind: bytes, body: bytes, *, sound: bool = True) -> bytes:
    return PNG[:33] + chunk(kind, body, sound=sound) + PNG[33:]


def with_number(number: int) -> bytes:
    """An animation whose second fcTL says that number of itself."""
    at = MOVING.index(b"fcTL", MOVING.index(b"IDAT"))
    body = struct.pack(">I", number) + MOVING[at + 8 : at + 30]
    return MOVING[: at - 4] + chunk(b"fcTL", body) + MOVING[at + 34 :]


def with_frames(count: int) -> bytes:
    at = MOVING.index(b"acTL")
    return MOVING[: at - 4] + chunk(b"acTL", struct.pack(">II", count, 0)) + MOVING[at + 16 :]


LARGE_TEXT = b"Raw profile type iptc\0\0" + zlib.compress(bytes(3_000_000))

CASES: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "a large compressed text": (with_chunk(b"zTXt", LARGE_TEXT), ()),
    "a large international text": (
        with_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(3_000_000))),
        (),
    ),
    "an empty text": (with_chunk(b"tEXt", b""), ()),
    "a text with a wrong checksum": (with_chunk(b"tEXt", b"Comment\0x", sound=False), ()),
    **{
        f"an empty {kind.decode()}": (with_chunk(kind, b""), (kind.decode(),))
        for kind in (b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"pHYs", b"cLLI", b"mDCV", b"tRNS", b"sBIT", b"bKGD")
    },
    **{
        f"a wrong checksum of {kind.decode()}": (with_chunk(kind, body, sound=False), (kind.decode(),))
        for kind, body in (
            (b"gAMA", struct.pack(">I", 45455)),
            (b"pHYs", bytes(9)),
            (b"iCCP", b"icc\0\0" + zlib.compress(bytes(200))),
            (b"cLLI", bytes(8)),
            (b"eXIf", b"MM\0*" + bytes(8)),
        )
    },
    "an unknown compression of a profile": (with_chunk(b"iCCP", b"icc\0\7" + bytes(9)), ("iCCP",)),
    "no IEND": (PNG[:-12], ()),
    **{f"an IEND cut by {cut}": (PNG[:-cut], ()) for cut in (1, 4, 5, 8, 9, 11)},
    "the checksum of the pixels and IEND cut off": (PNG[:-15], ()),
}


@pytest.mark.parametrize("case", CASES)
def test_odd_parts_of_a_png_are_left_out(build: Build, inspect: Inspect, case: str) -> None:
    """It is accepted, what browsers would miss is noted, and the public original is a sound PNG of the same pixels."""
    source, ignored = CASES[case]
    notes = [note for note in inspect(source).notes or () if note != Note("removed_metadata", "text")]
    assert notes == [Note("ignored_chunk", kind) for kind in ignored]
    clean, small = build(source, None, (48, 48))
    assert decoded(clean.data).tobytes() == IMAGE.tobytes()
    assert clean.data.endswith(PNG[-12:])
    assert decoded(small.data).size == (48, 32)


@pytest.mark.parametrize("source", [PNG[:-20], PNG[: len(PNG) // 2], PNG[:60]])
def test_a_png_without_all_of_its_pixels_stays_refused(inspect: Inspect, source: bytes) -> None:
    """A cut that takes pixels is damage."""
    with pytest.raises(ImageUndecodable):
        inspect(source)


@pytest.mark.parametrize(
    "source",
    [with_number(0), with_number(9), with_frames(0), with_frames(2), with_frames(9), MOVING[: MOVING.rindex(b"fdAT")]],
    ids=["number-twice", "number-left-out", "no-frames", "too-few", "too-many", "cut"],
)
def test_an_animation_that_does_not_hold_together_is_its_picture(build: Build, inspect: Inspect, source: bytes) -> None:
    """Browsers show the picture that every PNG has, and so do we."""
    facts = inspect(source)
    assert facts.frames == 1
    assert {note.measured for note in facts.notes or ()} <= {"acTL", "fcTL", "fdAT"}
    (clean,) = build(source, None)
    assert b"fdAT" not in clean.data
    assert decoded(clean.data).tobytes() == photo(40, 30).tobytes()


def test_a_sound_animation_stays(build: Build, inspect: Inspect) -> None:
    """Its frames are all public."""
    assert (inspect(MOVING).frames, inspect(MOVING).notes) == (3, ())
    (clean,) = build(MOVING, None)
    assert clean.data == MOVING


@pytest.mark.parametrize("body", [b"JFIF\0", b"JFIF\0\1", b"", b"JFIF\0\1\2\0\0\1"])
def test_an_empty_jfif_segment_is_left_out(build: Build, inspect: Inspect, body: bytes) -> None:
    """It says nothing, and Pillow alone stops at it."""
    source = JPEG[:2] + segment(0xE0, body) + JPEG[20:]
    assert inspect(source).notes == ()
    (clean,) = build(source, None)
    assert decoded(clean.data).size == (96, 64)


def test_a_large_profile_is_no_bomb(inspect: Inspect, build: Build) -> None:
    """Press profiles have megabytes; what inflates to more than any is left out."""
    profile = bytes(2_000_000)
    (clean,) = build(with_chunk(b"iCCP", b"icc\0\0" + zlib.compress(profile)), None)
    assert decoded(clean.data).tobytes() == IMAGE.tobytes()
    bomb = with_chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(1 << 25)))
    assert inspect(bomb).notes == (Note("ignored_chunk", "iCCP"),)
