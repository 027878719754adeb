"""An upload as the public gets it, which is what renditions are made of, too."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from PIL import Image

from app.model import Facts, Note, Recipe
from app.raster.buffer import Buffer, File
from app.raster.clean import cleaned
from app.raster.clean.png_pixels import trimmed as without_png_tails
from app.raster.clean.result import Cleaned
from app.raster.colour.declared import declared_profile
from app.raster.colour.keyed import see_through
from app.raster.converted import Converted
from app.raster.facts.pixels import fingerprint, forgiving, shows_the_same
from app.raster.facts.sniff import mapped, open_image
from app.raster.facts.watched import Watched, read_through
from app.raster.marks.embed import embedded
from app.raster.marks.model import UNMARKED, Marks
from app.raster.marks.packet import packet
from app.raster.marks.read import marks_of
from app.raster.reencode import reencoded
from app.raster.tails import trimmed

_MARK_OF_END = 2
"""Bytes that cleaning puts behind a JPEG that is cut off inside its pixels."""


@dataclass(frozen=True, slots=True)
class Keep:
    """What public files carry of an upload's own words: its copyright notice as it stands, or its marks anew."""

    copyright: bool = False
    marks: bool = False


NOTHING: Final = Keep()
_KEPT_BY_CLEANING: Final = {1: Keep(copyright=True), 2: NOTHING, 3: Keep(marks=True)}
"""By the version of the cleaning: a public file that was made with one is made with it again, whatever is in force."""


def keep_of(recipes: Sequence[Recipe], *, marked: bool, noticed: bool) -> Keep:
    """What renditions by these recipes carry: `noticed` ones a copyright notice. A cleaning keeps what its version
    says, which need not be in force any more."""
    versions = {recipe.version for recipe in recipes if recipe.box is None}
    if versions:
        return _KEPT_BY_CLEANING[max(versions)]
    return Keep(copyright=noticed and not marked, marks=marked)


class Published:
    """Its `data` show what the upload shows: what a decoder works with was copied byte for byte, or the pixels were
    compared, or it was encoded anew, which `notes` tell.

    With `whole` a JPEG that ends inside its pixels is not given the end that it lacks. `marks` are the upload's, if
    they are to be kept.
    """

    def __init__(self, upload: Buffer, facts: Facts, keep: Keep = NOTHING, *, whole: bool = False) -> None:
        self._facts = facts
        self.upload = upload
        self.marks = marks_of(upload, facts.format) if keep.marks else UNMARKED
        in_place = keep.marks and facts.format == "avif"  # its notice has room where it stands
        keep_copyright = keep.copyright or in_place
        clean = cleaned(upload, facts.format, keep_copyright=keep_copyright)
        self.notes = [Note("ignored_chunk", kind) for kind in clean.ignored]
        self._behind = clean.behind
        self._may_lack = facts.format == "jpeg" and not whole and not clean.closed
        self._reached: dict[int, int] | None = None
        self._clean = self._proved(upload, clean, keep_copyright=keep_copyright) if clean.doubtful else clean
        shown = self._clean.data
        if whole and not clean.closed and facts.format == "jpeg":
            shown = shown[:-_MARK_OF_END]
        self.data = shown

    def _proved(self, upload: Buffer, clean: Cleaned, *, keep_copyright: bool) -> Cleaned:
        fmt = self._facts.format
        if shows_the_same(clean.data, fmt, fingerprint(upload[:], fmt)):
            self._reached = None if clean.coded else {}  # every frame was decoded, and nothing hides behind any
            return clean
        self.notes.append(Note("reencoded"))
        again = reencoded(upload[:], clean.data, self._facts)
        return cleaned(again, fmt, keep_copyright=keep_copyright)

    def profile(self, image: Image.Image) -> bytes | None:
        """The ICC profile of its colours; None where they are sRGB, or nothing is said."""
        return declared_profile(image, self.data, self._facts.format)

    @contextmanager
    def opened(self) -> Iterator[Image.Image]:
        """The picture as it is stored, to be decoded within."""
        watched = Watched(self.data, self._clean.coded)
        with open_image(watched, self._facts.format) as image:
            yield see_through(image, self.data) if self._facts.format == "png" else image
        self._reached = watched.reached

    def check(self) -> None:
        """Decodes every frame and finds where they end, and notes what stood behind that; raises as `public` does.
        How much stood inside a stream that had to be compressed anew cannot be told."""
        data, copied = self._trimmed()
        removed = self._behind + (len(self._clean.data) - len(data) if copied else 0)
        if removed > 0:
            self.notes.append(Note("removed_trailing_bytes", removed))
        if self._may_lack and self._ends_early():
            self.notes.append(Note("truncated"))

    def _ends_early(self) -> bool:
        """Whether pixels are missing, and not only the mark behind them."""
        try:
            with forgiving(False), open_image(io.BytesIO(self.data[:-_MARK_OF_END]), "jpeg") as image:
                image.load()
        except OSError:
            return True
        return False

    def public(self, marks: Marks = UNMARKED) -> bytes:
        """The cleaned original, with these marks written anew. Its frames are decoded to the last, unless they were
        before; what a decoder raises where one is damaged comes out, or ImageUndecodable."""
        return embedded(self._trimmed()[0], self._facts, packet(marks), self.upload)

    def _trimmed(self) -> tuple[bytes, bool]:
        """Without tails; and whether what is left was copied."""
        if self._facts.format == "png":
            return without_png_tails(self.data)
        if self._reached is None:
            watched = Watched(self.data, self._clean.coded)
            read_through(watched, self._facts.format, self._facts.frames)
            self._reached = watched.reached
        return trimmed(self._clean, self._facts.format, self._reached), True


@contextmanager
def published_of(file: File, facts: Facts, keep: Keep, *, whole: bool = False) -> Iterator[Published | Converted]:
    """The picture in a file; without `whole` a JPEG that ends inside its pixels is shown as far as it goes."""
    with forgiving(not whole and facts.source_format == "jpeg"), mapped(file) as upload:
        if facts.converted_from is not None:
            yield Converted(upload, facts, marks_of(upload, facts.converted_from) if keep.marks else UNMARKED)
        else:
            yield Published(upload, facts, keep, whole=whole)
