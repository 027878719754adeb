"""Writes finished pixels in each output format."""

import io
from collections.abc import Mapping
from typing import Any, Final

from PIL import Image

from app.model import QUALITY, Format
from app.raster.animation import gif_writer
from app.raster.animation.frames import MOVING, Animation, Following
from app.raster.marks.embed import in_gif, in_png
from app.raster.palette import versions

BACKGROUND: Final = (255, 255, 255)
"""What shows through transparent pixels where the format has none."""

_OPTIONS: Final[Mapping[Format, Mapping[str, Any]]] = {
    "jpeg": {"format": "JPEG", "optimize": True},
    "png": {"format": "PNG"},
    "webp": {"format": "WEBP", "method": 2},
    "avif": {"format": "AVIF", "speed": 8, "max_threads": 1},
}


def encode(
    animation: Animation, fmt: Format, quality: Mapping[Format, int], packet: bytes = b"", most: int | None = None
) -> bytes | None:
    """The bytes of a picture (L, LA, RGB or RGBA), without any metadata but an XMP packet of marks. `quality` is 1…100
    for lossy formats.

    Formats that cannot move show the first frame. None where an animated GIF cannot be had in less than `most` bytes.
    """
    if fmt == "gif":
        written = gif_writer.write(animation, most)
        return in_gif(written, packet) if written and packet else written
    options = dict(_OPTIONS[fmt])
    if packet and fmt != "png":
        options["xmp"] = packet
    if fmt in QUALITY:
        options["quality"] = quality.get(fmt, QUALITY[fmt])
    if animation.moves and fmt in MOVING:
        options |= _motion(animation)
    image = animation.image(0)
    ready = flattened(image) if fmt == "jpeg" else opaque(image)
    if fmt == "png":
        written = min((_written(version, options) for version in versions(ready, indexed=animation.indexed)), key=len)
        return in_png(written, packet) if packet else written
    return _written(ready, options)


def _written(image: Image.Image, options: Mapping[str, Any]) -> bytes:
    image.info.clear()
    target = io.BytesIO()
    image.save(target, **options)
    return target.getvalue()


def flattened(image: Image.Image) -> Image.Image:
    """Without transparency, on the background."""
    return upon(image, BACKGROUND)


def upon(image: Image.Image, colour: tuple[int, ...]) -> Image.Image:
    """Without transparency, on a colour (RGB)."""
    if image.mode not in ("LA", "RGBA"):
        return image
    canvas = Image.new("RGBA", image.size, (*colour, 255))
    canvas.alpha_composite(image.convert("RGBA"))
    return canvas.convert("RGB")


def opaque(image: Image.Image) -> Image.Image:
    """Without an alpha channel that hides nothing: it would only cost bytes."""
    if image.mode not in ("LA", "RGBA") or image.getchannel("A").getextrema() != (255, 255):
        return image
    return image.convert(image.mode.removesuffix("A"))


def _motion(animation: Animation) -> dict[str, Any]:
    return {
        "save_all": True,
        "append_images": [Following(animation)],
        "duration": animation.milliseconds,
        "loop": animation.plays,
    }
