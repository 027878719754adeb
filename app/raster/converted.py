"""Uploads in formats that browsers do not show, and their public form in one that they do (native.md 3, "Accepted")."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from PIL import Image, ImageCms, TiffImagePlugin

from app.errors import FormatNotAllowed, ImageUndecodable
from app.model import ConvertedFormat, Facts, Format, Note
from app.raster.buffer import Buffer
from app.raster.clean.profile import without_private
from app.raster.colour.declared import profile_of_code_points
from app.raster.ends import bytes_behind
from app.raster.marks.embed import embedded
from app.raster.marks.model import UNMARKED, Marks
from app.raster.marks.packet import packet

_LOSSY_TIFF: Final = ("jpeg", "tiff_jpeg", "webp")
"""Compressions after which nothing lossless is left to keep."""
_OPTIONS: Final[dict[Format, dict[str, Any]]] = {
    "png": {"format": "PNG"},
    "jpeg": {"format": "JPEG", "quality": 95, "subsampling": "4:4:4"},
}
_MODES: Final = {"RGBX": "RGB", "RGBa": "RGBA", "YCbCr": "RGB", "La": "LA", "PA": "RGBA"}
"""Of pixels that neither format stores: what says the same."""
_SHOWN: Final = frozenset(("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"))


def converted_facts(data: Buffer, source: ConvertedFormat) -> Facts:
    """What the header says; of several pages or pictures only the first, or main one, counts."""
    with opened_upload(data, source) as image:
        width, height = image.size
        fmt = _public_format(image, source)
        return Facts(fmt, width, height, has_alpha=image.has_transparency_data, converted_from=source)


class Converted:
    """A picture whose public form is encoded from its pixels; they stand upright."""

    def __init__(self, upload: Buffer, facts: Facts, marks: Marks = UNMARKED) -> None:
        assert facts.converted_from is not None
        self.upload = upload
        self.marks = marks
        self._facts = facts
        self._source = facts.converted_from
        self._format = facts.format
        self.notes = [Note("converted_format", facts.converted_from)]

    @contextmanager
    def opened(self) -> Iterator[Image.Image]:
        """The picture, decoded."""
        with opened_upload(self.upload, self._source) as image:
            image.load()
            yield _shown(image)

    def profile(self, image: Image.Image) -> bytes | None:
        """The ICC profile of its colours; None where they are sRGB, or nothing is said."""
        own: bytes | None = image.info.get("icc_profile")
        return own or profile_of_code_points(image.info.get("code_points"), image)

    def check(self) -> None:
        """Decodes it, and notes what stands behind its end; raises whatever Pillow does where it is damaged."""
        with self.opened():
            pass
        if removed := bytes_behind(self.upload, self._source):
            self.notes.append(Note("removed_trailing_bytes", removed))

    def public(self, marks: Marks = UNMARKED) -> bytes:
        """The public form, without anything beside its colours and these marks."""
        with self.opened() as image:
            profile = self.profile(image)
            options: dict[str, Any] = {"icc_profile": without_private(profile)} if profile else {}
            image.info = {name: image.info[name] for name in ("transparency",) if name in image.info}
            target = io.BytesIO()
            image.save(target, **_OPTIONS[self._format], **options)
        return embedded(target.getvalue(), self._facts, packet(marks))


@contextmanager
def opened_upload(data: Buffer, source: ConvertedFormat) -> Iterator[Image.Image]:
    """The picture with its header read; ImageUndecodable."""
    try:
        image = _OPENERS[source](io.BytesIO(data[:]))
    except (SyntaxError, OSError) as error:
        raise ImageUndecodable(f"{source}: the header cannot be read") from error
    with image:
        yield image


def _tiff(file: io.BytesIO) -> Image.Image:
    return Image.open(file, formats=(TiffImagePlugin.TiffImageFile.format,))


def _heic(file: io.BytesIO) -> Image.Image:
    """FormatNotAllowed where the decoder, an extra of its own, is not installed."""
    try:
        import pi_heif
    except ImportError as error:
        raise FormatNotAllowed("heic is read with the extra [heic] alone") from error
    pi_heif.options.DECODE_THREADS = 1
    image: Image.Image = pi_heif.HeifImageFile(file)
    declared = image.info.get("nclx_profile") or {}
    image.info["code_points"] = declared.get("color_primaries"), declared.get("transfer_characteristics")
    return image


_OPENERS: Final[dict[ConvertedFormat, Callable[[io.BytesIO], Image.Image]]] = {"tiff": _tiff, "heic": _heic}


def _public_format(image: Image.Image, source: ConvertedFormat) -> Format:
    """PNG where nothing was lost before or something is transparent, which JPEG could not say; it has no inks."""
    if image.mode == "CMYK":
        return "jpeg"
    lossy = source == "heic" or image.info.get("compression") in _LOSSY_TIFF
    return "jpeg" if lossy and not image.has_transparency_data else "png"


def _shown(image: Image.Image) -> Image.Image:
    """The same colours in a mode that is stored; ImageUndecodable for measurements that are no colours."""
    if image.mode == "LAB":
        pixels = ImageCms.profileToProfile(
            image, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
        assert pixels is not None
        pixels.info = {}
        return pixels
    if image.mode == "I;16B":
        return image.convert("I").convert("I;16")
    mode = _MODES.get(image.mode, image.mode)
    if mode not in _SHOWN:
        raise ImageUndecodable(f"samples of {image.mode} are no colours")
    return image if mode == image.mode else image.convert(mode)
