"""Encodes a picture anew whose own bytes could not be proved to show it."""

import io
from collections.abc import Iterator, Mapping
from typing import Any, Final

from PIL import Image, ImageSequence

from app.model import Facts, Format
from app.raster.facts.sniff import PILLOW_NAMES, open_image

_OPTIONS: Final[Mapping[Format, Mapping[str, Any]]] = {
    "jpeg": {"quality": 95, "subsampling": "4:4:4"},
    "png": {},
    "gif": {},
    "webp": {"lossless": True},
    "avif": {"quality": 95, "subsampling": "4:4:4", "max_threads": 1},
}
"""As near to the pixels as the format comes at a size that can be served."""


_DECLARED: Final = ("icc_profile", "exif", "xmp")


def reencoded(upload: bytes, clean: bytes, facts: Facts) -> bytes:
    """What the upload shows, with what its cleaned bytes tell beside the pixels."""
    options = {**_OPTIONS[facts.format], **_declared_by(clean, facts.format)}
    target = io.BytesIO()
    with open_image(io.BytesIO(upload), facts.format) as image:
        frames = list(_frames(image))
        loop = {"loop": image.info["loop"]} if "loop" in image.info else {}
    if len(frames) > 1:
        times = [frame.info.get("duration", 0) for frame in frames]
        options |= {"save_all": True, "append_images": frames[1:], "duration": times, **loop}
    frames[0].save(target, PILLOW_NAMES[facts.format], **options)
    return target.getvalue()


def _frames(image: Image.Image) -> Iterator[Image.Image]:
    """Each in its own memory, without anything that the upload tells but how to see it."""
    for frame in ImageSequence.Iterator(image):
        copy = frame.copy()
        copy.info = {name: frame.info[name] for name in ("duration", "transparency") if name in frame.info}
        yield copy


def _declared_by(clean: bytes, fmt: Format) -> dict[str, Any]:
    try:
        with open_image(io.BytesIO(clean), fmt) as image:
            return {name: image.info[name] for name in _DECLARED if image.info.get(name)}
    except Exception:  # by which Pillow tells damage; the pixels count
        return {}
