"""Every slot of a file in which something can hide that its viewers do not show."""

import io
import struct
import zlib
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from PIL import Image, ImageCms, WebPImagePlugin

from app.model import Format
from app.raster.child import work as child
from app.raster.clean import gif, webp
from app.raster.clean.profile import without_private
from app.raster.facts.pixels import fingerprint, forgiving
from tests.raster import profiles
from tests.raster.conftest import LIMITS, Write
from tests.raster.pictures import encoded, photo, published, segment

SECRET = b"SECRET 48.13751N 11.57549E <?php ?>"
PROFILE = profiles.rgb(profiles.DISPLAY_P3)

JPEG = encoded(photo(96, 64), "jpeg", quality=85)
PROGRESSIVE = encoded(photo(96, 64), "jpeg", quality=85, progressive=True)
PNG = encoded(photo(96, 64), "png")
MOVING_PNG = encoded(photo(40, 30), "png", save_all=True, append_images=[photo(40, 30).rotate(90)])
GIF = encoded(photo(96, 64), "gif")
MOVING = encoded(photo(40, 30), "gif", save_all=True, append_images=[photo(40, 30).rotate(90)], loop=3, duration=50)
WEBP = encoded(photo(96, 64), "webp", quality=80)
ALPHA = encoded(photo(96, 64, "RGBA"), "webp", quality=80, icc_profile=PROFILE)
AVIF = encoded(photo(96, 64), "avif")


def moving_webp(frames: int) -> bytes:
    pictures = [photo(40, 30, "RGBA").rotate(3 * turn) for turn in range(frames)]
    return encoded(pictures[0], "webp", quality=80, save_all=True, append_images=pictures[1:], duration=50)


MOVING_WEBP = moving_webp(3)

Hide = Callable[[bytes], bytes]


def jpeg_segment(marker: int, head: bytes = b"") -> Hide:
    return lambda secret: JPEG[:2] + segment(marker, head + secret) + JPEG[2:]


def between_scans(secret: bytes) -> bytes:
    at = PROGRESSIVE.rindex(b"\xff\xda")
    return PROGRESSIVE[:at] + segment(0xE7, secret) + PROGRESSIVE[at:]


def behind_a_scan(secret: bytes) -> bytes:
    at = PROGRESSIVE.rindex(b"\xff\xda")
    at = max(PROGRESSIVE.rindex(marker, 0, at) for marker in (b"\xff\xc4", b"\xff\xda"))
    return PROGRESSIVE[:at] + secret + PROGRESSIVE[at:] if PROGRESSIVE[at + 1] == 0xC4 else PROGRESSIVE + secret


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_chunk(kind: bytes, head: bytes = b"", *, behind: bool = False) -> Hide:
    at = PNG.index(b"IEND") - 4 if behind else 33
    return lambda secret: PNG[:at] + chunk(kind, head + secret) + PNG[at:]


def inside_idat(secret: bytes) -> bytes:
    at = PNG.index(b"IDAT")
    (length,) = struct.unpack_from(">I", PNG, at - 4)
    return PNG[: at - 4] + chunk(b"IDAT", PNG[at + 4 : at + 4 + length] + secret) + PNG[at + 8 + length :]


def below_the_last_row(secret: bytes) -> bytes:
    at = PNG.index(b"IDAT")
    (length,) = struct.unpack_from(">I", PNG, at - 4)
    more = zlib.decompress(PNG[at + 4 : at + 4 + length]) + secret
    return PNG[: at - 4] + chunk(b"IDAT", zlib.compress(more, 0)) + PNG[at + 8 + length :]


def behind_the_last_frame(secret: bytes) -> bytes:
    head, body, rest = last_frame()
    return head + chunk(b"fdAT", body + secret) + rest


def below_the_last_row_of_a_frame(secret: bytes) -> bytes:
    head, body, rest = last_frame()
    return head + chunk(b"fdAT", body[:4] + zlib.compress(zlib.decompress(body[4:]) + secret, 0)) + rest


def last_frame() -> tuple[bytes, bytes, bytes]:
    """What stands in front of it, its number with its coded pixels, and what follows."""
    at = MOVING_PNG.rindex(b"fdAT")
    (length,) = struct.unpack_from(">I", MOVING_PNG, at - 4)
    return MOVING_PNG[: at - 4], MOVING_PNG[at + 4 : at + 4 + length], MOVING_PNG[at + 8 + length :]


def gif_extension(label: int, head: bytes = b"") -> Hide:
    return lambda secret: MOVING[:-1] + b"\x21" + bytes((label,)) + head + bytes((len(secret),)) + secret + b"\0;"


def more_loops(secret: bytes) -> bytes:
    at = MOVING.index(b"NETSCAPE2.0") + 15
    return MOVING[:at] + bytes((len(secret),)) + secret + MOVING[at:]


def behind_the_codes(source: bytes) -> Hide:
    def hide(secret: bytes) -> bytes:
        last = next(block for block in gif.blocks(source) if block.kind == gif.IMAGE)
        return source[: last.end - 1] + bytes((len(secret),)) + secret + source[last.end - 1 :]

    return hide


def in_the_last_block_of_codes(secret: bytes) -> bytes:
    (image,) = (block for block in gif.blocks(GIF) if block.kind == gif.IMAGE)
    *_, (start, end) = gif.sub_blocks(GIF, image.coded)
    return GIF[: start - 1] + bytes((end - start + len(secret),)) + GIF[start:end] + secret + GIF[end:]


def riff(content: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(content)) + content


def riff_chunk(kind: bytes) -> Hide:
    def hide(secret: bytes) -> bytes:
        padded = secret + b" " * (len(secret) % 2)
        return riff(ALPHA[8:] + kind + struct.pack("<I", len(padded)) + padded)

    return hide


def longer_chunk(source: bytes, kind: bytes) -> Hide:
    def hide(secret: bytes) -> bytes:
        at = source.index(kind)
        (length,) = struct.unpack_from("<I", source, at + 4)
        body = source[at + 8 : at + 8 + length] + secret
        behind = at + 8 + length + length % 2
        return riff(
            source[8:at] + kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) + source[behind:]
        )

    return hide


def behind_every_frame(source: bytes) -> Hide:
    def hide(secret: bytes) -> bytes:
        longer = (tuple((name, body + secret) for name, body in frame.parts) for frame in webp.frames(source))
        sizes = (frame.size for frame in webp.frames(source))
        return webp.with_frames(source, map(webp.Frame, sizes, longer))

    return hide


def free_box(secret: bytes) -> bytes:
    return AVIF + struct.pack(">I4s", 8 + len(secret), b"free") + secret


def private_tag(fmt: Format) -> Hide:
    return lambda secret: encoded(photo(48, 32), fmt, icc_profile=with_tag(PROFILE, b"mmod", secret))


def with_tag(profile: bytes, name: bytes, data: bytes) -> bytes:
    """The profile with one more tag; the others move by its entry."""
    (count,) = struct.unpack_from(">I", profile, 128)
    entries = b"".join(
        struct.pack(">4sII", kind, start + 12, size)
        for kind, start, size in struct.iter_unpack(">4sII", profile[132 : 132 + 12 * count])
    )
    body = profile[132 + 12 * count :]
    data = data + bytes(-len(data) % 4)
    table = struct.pack(">I", count + 1) + entries + struct.pack(">4sII", name, len(profile) + 12, len(data))
    head = struct.pack(">I", len(profile) + 12 + len(data)) + profile[4:128]
    return head + table + body + data


SLOTS: dict[str, tuple[Format, Hide]] = {
    **{f"jpeg-app{number}": ("jpeg", jpeg_segment(0xE0 + number)) for number in range(16)},
    "jpeg-com": ("jpeg", jpeg_segment(0xFE)),
    "jpeg-dnl": ("jpeg", jpeg_segment(0xDC, b"\0\x40")),
    "jpeg-jfif": ("jpeg", lambda secret: b"\xff\xd8" + segment(0xE0, JPEG[6:20] + secret) + JPEG[20:]),
    "jpeg-xmp": ("jpeg", jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0")),
    "jpeg-between-scans": ("jpeg", between_scans),
    "jpeg-behind-a-scan": ("jpeg", behind_a_scan),
    "jpeg-behind-the-last-mcu": ("jpeg", lambda secret: JPEG[:-2] + secret + b"\xff\xd9"),
    "jpeg-behind-a-few": ("jpeg", lambda secret: JPEG[:-2] + secret[:6] + b"\xff\xd9"),
    "jpeg-without-eoi": ("jpeg", lambda secret: JPEG[:-2] + secret),
    "jpeg-progressive": ("jpeg", lambda secret: PROGRESSIVE[:-2] + secret + b"\xff\xd9"),
    "jpeg-behind-eoi": ("jpeg", lambda secret: JPEG + secret),
    **{f"png-{kind.decode()}": ("png", png_chunk(kind, b"Comment\0")) for kind in (b"tEXt", b"zTXt", b"iTXt", b"prVt")},
    **{f"png-{kind.decode()}": ("png", png_chunk(kind)) for kind in (b"eXIf", b"tIME", b"gAMA", b"iCCP", b"sPLT")},
    "png-behind-idat": ("png", png_chunk(b"IDAT", behind=True)),
    "png-text-behind-idat": ("png", png_chunk(b"tEXt", b"Comment\0", behind=True)),
    "png-inside-idat": ("png", inside_idat),
    "png-below-the-last-row": ("png", below_the_last_row),
    "png-behind-the-last-frame": ("png", behind_the_last_frame),
    "png-below-the-last-row-of-a-frame": ("png", below_the_last_row_of_a_frame),
    "png-behind-iend": ("png", lambda secret: PNG + secret),
    "gif-comment": ("gif", gif_extension(0xFE)),
    "gif-application": ("gif", gif_extension(0xFF, b"\x0bXMP DataXMP")),
    "gif-text": ("gif", gif_extension(0x01)),
    "gif-loops": ("gif", more_loops),
    "gif-behind-the-codes": ("gif", behind_the_codes(GIF)),
    "gif-behind-the-codes-of-a-frame": ("gif", behind_the_codes(MOVING)),
    "gif-in-the-last-block": ("gif", in_the_last_block_of_codes),
    "gif-behind-its-end": ("gif", lambda secret: GIF + secret),
    **{f"webp-{kind.decode()}": ("webp", riff_chunk(kind)) for kind in (b"EXIF", b"XMP ", b"PRIV")},
    "webp-behind-partitions": ("webp", longer_chunk(WEBP, b"VP8 ")),
    "webp-behind-alpha": ("webp", longer_chunk(ALPHA, b"ALPH")),
    "webp-behind-every-frame": ("webp", behind_every_frame(MOVING_WEBP)),
    "webp-behind-its-end": ("webp", lambda secret: WEBP + secret),
    "avif-free": ("avif", free_box),
    "avif-behind-its-end": ("avif", lambda secret: AVIF + secret),
    **{f"{fmt}-profile": (fmt, private_tag(fmt)) for fmt in ("jpeg", "png", "webp", "avif")},
}


@pytest.mark.parametrize("slot", SLOTS)
def test_nothing_planted_is_public(slot: str) -> None:
    """No byte of it is, inflated or not, and the picture stays as it was."""
    fmt, hide = SLOTS[slot]
    source = hide(SECRET)
    public = published(source, fmt)
    traces = [SECRET[at : at + 4] for at in range(len(SECRET) - 3)]
    assert any(trace in source or trace in inflated(source) for trace in traces)
    assert not [trace for trace in traces if trace in public or trace in inflated(public)]
    with forgiving(fmt == "jpeg"):
        is_other = fmt != "png" or slot.endswith(("profile", "frame"))
        shown = source if is_other else PNG  # Pillow alone stops at some of these
        assert fingerprint(public, fmt) == fingerprint(shown, fmt)


BEHIND_THE_END = ["jpeg-behind-eoi", "png-behind-iend", *(f"{fmt}-behind-its-end" for fmt in ("gif", "webp", "avif"))]
BEHIND_THE_PIXELS = [
    "jpeg-behind-the-last-mcu",
    "jpeg-without-eoi",
    "jpeg-progressive",
    "png-behind-idat",
    "png-inside-idat",
    "gif-behind-the-codes",
    "gif-behind-the-codes-of-a-frame",
    "gif-in-the-last-block",
    "webp-behind-partitions",
    "webp-behind-alpha",
]


@pytest.mark.parametrize("slot", BEHIND_THE_END + BEHIND_THE_PIXELS)
def test_bytes_behind_the_end_are_noted(write: Write, slot: str) -> None:
    """How many were cut off, wherever the container hid them."""
    _, hide = SLOTS[slot]
    notes = child.inspect(write(hide(SECRET)), LIMITS, whole=slot != "jpeg-without-eoi").notes or ()
    removed = {note.code: note.measured for note in notes}["removed_trailing_bytes"]
    assert isinstance(removed, int)
    assert removed == len(SECRET) if slot in BEHIND_THE_END else len(SECRET) - 4 <= removed <= len(SECRET) + 13


@pytest.mark.parametrize("behind", [b"", SECRET])
def test_what_was_inside_a_stream_that_is_compressed_anew_is_not_counted(write: Write, behind: bytes) -> None:
    """How many bytes of it were hidden cannot be told; only those behind the end of the file are."""
    notes = child.inspect(write(below_the_last_row(SECRET) + behind), LIMITS).notes or ()
    removed = [note.measured for note in notes if note.code == "removed_trailing_bytes"]
    assert removed == ([len(SECRET)] if behind else [])


def test_what_a_webp_hides_behind_its_frames_is_found_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the frames take twice the work, and not four times as much."""
    few, many = (behind_every_frame(moving_webp(frames))(SECRET) for frames in (8, 16))
    decoder, read = WebPImagePlugin._webp.WebPAnimDecoder, []

    def counting(data: bytes) -> object:
        read.append(len(data))
        return decoder(data)

    monkeypatch.setattr(WebPImagePlugin, "_webp", SimpleNamespace(WebPAnimDecoder=counting))
    published(few, "webp")
    of_few = sum(read)
    published(many, "webp")
    assert of_few < sum(read) - of_few < 3 * of_few


@pytest.mark.parametrize("source", [JPEG, PROGRESSIVE, PNG, GIF, MOVING, WEBP, ALPHA, MOVING_WEBP, AVIF])
def test_nothing_is_noted_where_nothing_follows(write: Write, source: bytes) -> None:
    """Every good file ends where its picture does."""
    noted = {note.code for note in child.inspect(write(source), LIMITS).notes or ()}
    assert noted <= {"converted_colour"}


def inflated(data: bytes) -> bytes:
    """What is compressed in the chunks of a PNG."""
    found, at = b"", 8
    while data.startswith(b"\x89PNG") and at + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        body = data[at + 8 : at + 8 + length]
        packed = body.partition(b"\0\0")[2] if data[at + 4 : at + 8] == b"iCCP" else body
        if data[at + 4 : at + 8] in (b"IDAT", b"iCCP"):
            try:
                found += zlib.decompressobj().decompress(packed)
            except zlib.error:
                found += b""
        at += 12 + length
    return found


@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp", "avif"])
def test_a_profile_loses_its_private_tags_and_nothing_else(fmt: Format) -> None:
    """What colours are reckoned with stays byte for byte, and so do profiles without private tags."""
    marked = with_tag(with_tag(PROFILE, b"vcgt", bytes(range(60))), b"mmod", b"mmod" + bytes(4) + SECRET)
    public = Image.open(io.BytesIO(published(encoded(photo(48, 32), fmt, icc_profile=marked), fmt)))
    assert public.info["icc_profile"].rstrip(b"\0") == PROFILE.rstrip(b"\0")
    same = encoded(photo(48, 32), fmt, icc_profile=PROFILE)
    assert published(same, fmt) == same


@pytest.mark.parametrize(
    ("mode", "profile"),
    [
        *(("RGB", profiles.rgb(space)) for space in (profiles.DISPLAY_P3, profiles.ADOBE_RGB)),
        *(("L", profiles.grey(gamma)) for gamma in (1.0, 1.8, 2.2)),
        ("CMYK", profiles.cmyk()),
    ],
)
def test_colours_are_reckoned_as_before_without_private_tags(mode: str, profile: bytes) -> None:
    """A colour engine makes of every picture the very same pixels."""
    private = with_tag(with_tag(with_tag(profile, b"vcgt", bytes(60)), b"mmod", bytes(40)), b"dscm", SECRET)
    picture = photo(48, 32).convert(mode)
    with_them, without = (
        ImageCms.profileToProfile(picture, io.BytesIO(one), ImageCms.createProfile("sRGB"), outputMode="RGB")
        for one in (private, without_private(private))
    )
    assert without_private(private) != private
    assert with_them is not None
    assert without is not None
    assert with_them.tobytes() == without.tobytes()


def test_a_large_profile_in_several_segments_loses_them_too() -> None:
    """It is put together before it is looked at."""
    big = with_tag(with_tag(PROFILE, b"A2B0", bytes(150_000)), b"dscm", SECRET)
    public = published(encoded(photo(48, 32), "jpeg", icc_profile=big), "jpeg")
    assert SECRET not in public
    assert Image.open(io.BytesIO(public)).info["icc_profile"] == with_tag(PROFILE, b"A2B0", bytes(150_000))
