"""What is public of an upload shows what the upload shows, or says that it was encoded anew."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import ImageRejected, ImageUndecodable
from app.model import Format, Note
from app.raster.child import work as child
from app.raster.facts.pixels import fingerprint
from tests.raster.conftest import LIMITS, Write
from tests.raster.difference import psnr
from tests.raster.pictures import SECRET, decoded, encoded, photo, published, segment

REENCODED = Note("reencoded")
BROKEN_ANIMATION = [Note("ignored_chunk", kind) for kind in ("acTL", "fcTL", "fdAT")]
"""Of an animation that does not hold together only the picture is shown, which is said."""


def with_byte_pair(data: bytes, pair: bytes, share: float) -> bytes:
    """A JPEG with two bytes of its scan replaced, at that share of it, between bytes that are no markers."""
    scan = data.index(b"\xff\xda")
    at = int(scan + 20 + share * (len(data) - scan - 40))
    while 0xFF in data[at - 1 : at + 3]:
        at += 1
    return data[:at] + pair + data[at + 2 :]


def notes_of(write: Write, data: bytes, *, whole: bool = True) -> tuple[Note, ...] | None:
    return child.inspect(write(data), LIMITS, whole).notes


RESTARTING = encoded(photo(640, 480), "jpeg", quality=90, restart_marker_rows=1)


@pytest.mark.parametrize("marker", [*range(0x02, 0xD0), *range(0xDA, 0xFF)])
def test_what_only_looks_like_a_marker_ends_no_scan(write: Write, marker: int) -> None:
    """A damaged byte in a scan costs the pixels that it costs every viewer, and no more."""
    source = with_byte_pair(RESTARTING, bytes((0xFF, marker)), 0.2)
    try:
        decoded(source)
    except OSError:
        with pytest.raises(ImageUndecodable):
            notes_of(write, source)
        return
    notes = notes_of(write, source)
    public = published(source, "jpeg")
    if REENCODED in notes:
        assert psnr(decoded(public), decoded(source)) > 30
    else:
        assert decoded(public).tobytes() == decoded(source).tobytes()


def test_a_scan_goes_on_over_a_reserved_marker() -> None:
    """The reported case: nothing of the scan is lost, and nothing has to be encoded again."""
    source = with_byte_pair(RESTARTING, b"\xff\x9f", 0.2)
    assert len(published(source, "jpeg")) == len(source)


def test_comments_between_scans_still_go() -> None:
    """A proper segment behind a scan ends it, whatever it holds."""
    source = encoded(photo(200, 100), "jpeg", progressive=True)
    at = source.rindex(b"\xff\xda")
    assert published(source[:at] + segment(0xE5, SECRET * 9) + source[at:], "jpeg") == source


def sequence_of_frames(fmt: Format, count: int = 4) -> bytes:
    frames = [photo(40, 30).rotate(90 * turn) for turn in range(count)]
    return encoded(frames[0], fmt, save_all=True, append_images=frames[1:], duration=50)


def grey_scans() -> bytes:
    return encoded(photo(96, 64, "L"), "jpeg", quality=85)


PICTURES: list[tuple[Format, bytes]] = [
    ("jpeg", encoded(photo(96, 64), "jpeg", quality=85)),
    ("jpeg", encoded(photo(96, 64), "jpeg", quality=85, progressive=True)),
    ("jpeg", encoded(photo(96, 64), "jpeg", quality=85, restart_marker_rows=1)),
    ("jpeg", encoded(photo(96, 64, "CMYK"), "jpeg", quality=85)),
    ("jpeg", grey_scans()),
    ("png", encoded(photo(96, 64), "png")),
    ("png", encoded(photo(96, 64, "RGBA"), "png")),
    ("png", encoded(photo(96, 64).quantize(64), "png")),
    ("png", sequence_of_frames("png")),
    ("gif", encoded(photo(96, 64), "gif")),
    ("gif", sequence_of_frames("gif")),
    ("webp", encoded(photo(96, 64), "webp", quality=80)),
    ("webp", encoded(photo(96, 64, "RGBA"), "webp", quality=80)),
    ("webp", encoded(photo(96, 64), "webp", lossless=True)),
    ("webp", sequence_of_frames("webp")),
    ("avif", encoded(photo(96, 64), "avif")),
]

FLIPS = st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), max_size=4)
CUTS = st.one_of(st.none(), st.tuples(st.floats(0, 1), st.floats(0, 0.2)))


def mutated(data: bytes, flips: list[tuple[float, int]], cut: tuple[float, float] | None) -> bytes:
    """Some bytes changed, and a part taken out or said twice."""
    result = bytearray(data)
    for place, change in flips:
        result[min(int(place * len(data)), len(data) - 1)] ^= change
    if cut is not None:
        start = int(cut[0] * len(data))
        del result[start : start + int(cut[1] * len(data))]
    return bytes(result)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PICTURES), FLIPS, CUTS)
@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_is_accepted_is_shown_as_it_was_or_said_to_be_encoded_anew(
    write: Write, picture: tuple[Format, bytes], flips: list[tuple[float, int]], cut: tuple[float, float] | None
) -> None:
    """For any picture and any change of its bytes: the public original has the upload's pixels, or the note."""
    _, source = picture
    data = mutated(source, flips, cut)
    try:
        facts = child.run(30, child.inspect, write(data), LIMITS)
    except ImageRejected:
        return
    try:
        before = fingerprint(data, facts.format)
    except Exception:
        return
    public = published(data, facts.format)
    is_noted = any(note in (REENCODED, *BROKEN_ANIMATION) for note in facts.notes)
    assert is_noted or fingerprint(public, facts.format) == before
