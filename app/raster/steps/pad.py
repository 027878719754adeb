"""Puts a finished picture on what lies behind it."""

from dataclasses import replace
from functools import partial
from typing import Final

from PIL import Image, ImageColor

from app.model import TRANSPARENT, Format
from app.raster.animation.frames import Animation
from app.raster.encode import BACKGROUND, upon
from app.raster.steps.frame import Frame

_CLEAR: Final = (0, 0, 0, 0)


def framed(animation: Animation, frame: Frame, fmt: Format) -> Animation:
    """Each image on the canvas. A background that is transparent is white where the format shows nothing through."""
    if frame.is_bare:
        return animation
    return replace(animation, framing=partial(_framed, frame=frame, fmt=fmt))


def _framed(image: Image.Image, frame: Frame, fmt: Format) -> Image.Image:
    is_clear = frame.background == TRANSPARENT
    if is_clear and fmt != "jpeg":
        canvas = Image.new("RGBA", frame.canvas, _CLEAR)
        canvas.paste(image.convert("RGBA"), frame.place)
        return canvas
    colour = BACKGROUND if is_clear else ImageColor.getrgb(frame.background)
    return _placed(upon(image, colour), frame, colour)


def _placed(image: Image.Image, frame: Frame, colour: tuple[int, ...]) -> Image.Image:
    """Grey stays grey upon grey."""
    if frame.canvas == image.size:
        return image
    is_grey = image.mode == "L" and len(set(colour)) == 1
    canvas = Image.new("L", frame.canvas, colour[0]) if is_grey else Image.new("RGB", frame.canvas, colour)
    canvas.paste(image, frame.place)
    return canvas
