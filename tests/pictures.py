"""Real image files, made for the tests: shapes and noise, so that codecs have something to do."""

import io
import random

from PIL import Image, ImageDraw


def picture(width: int = 640, height: int = 400, *, seed: int = 1) -> Image.Image:
    """A colourful RGB picture, always the same for the same arguments."""
    dice = random.Random(seed)
    noise = Image.frombytes("RGB", (64, 64), dice.randbytes(64 * 64 * 3))
    image = noise.resize((width, height), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        box = sorted(dice.randrange(width) for _ in range(2)), sorted(dice.randrange(height) for _ in range(2))
        colour = tuple(dice.randrange(256) for _ in range(3))
        draw.ellipse((box[0][0], box[1][0], box[0][1] + 1, box[1][1] + 1), fill=colour)
    return image


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def decoded(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image
