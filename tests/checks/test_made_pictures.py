"""Real files on both sides of each limit that a picture can have, and what pyvips makes of the same files."""

import io
import random
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest
import pyvips
from PIL import Image, ImageDraw, ImageFilter

from app.checks.facts import Facts, Original
from app.checks.loading import rule_sets
from app.checks.rule_set import checked
from app.model import PixelFacts
from app.raster.facts.shown import pixel_facts_of
from tests.lengths import by_length
from tests.pictures import encoded, picture

SETS: Final = rule_sets("")
_OF_EACH: Final = by_length(1, 10)
_LAPLACIAN: Final = [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
_LOADERS: Final = {"jpegload": "jpeg", "pngload": "png", "gifload": "gif", "webpload": "webp", "heifload": "avif"}

Maker = Callable[[random.Random, bool], bytes]
"""A file just within a limit, or just beyond it."""


def sides(least: int, rule_of: Callable[[int, int], tuple[int, int]] = lambda short, other: (short, other)) -> Maker:
    def make(chance: random.Random, within: bool) -> bytes:
        size = rule_of(least if within else least - 1, chance.randrange(least, 2 * least))
        size = size if chance.random() < 0.5 else size[::-1]
        return encoded(Image.new("L", size, 240), "PNG")

    return make


def pixels(chance: random.Random, within: bool) -> bytes:
    width = chance.choice((4000, 8000, 16000))
    image = Image.new("1", (width, 64_000_000 // width + (not within)))
    return encoded(image, "PNG", compress_level=1)


def formats(chance: random.Random, within: bool) -> bytes:
    image = picture(40, 30, seed=chance.randrange(99))
    if within:
        return encoded(image, chance.choice(("JPEG", "PNG", "GIF", "WEBP")))
    if chance.random() < 0.5:
        return encoded(image, "AVIF")
    return encoded(image, "GIF", save_all=True, append_images=[picture(40, 30, seed=100)])


def only_jpeg(chance: random.Random, within: bool) -> bytes:
    return encoded(picture(40, 30, seed=chance.randrange(99)), "JPEG" if within else chance.choice(("PNG", "WEBP")))


def white_border(chance: random.Random, within: bool) -> bytes:
    """Of the border so much is dark, in one piece on one edge."""
    side = chance.randrange(900, 1500)
    image = Image.new("RGB", (side, side), chance.choice(("#ffffff", "#fcfbfd")))
    length = round(4 * side * (0.005 if within else 0.02))
    start = chance.randrange(side // 10, side - length - side // 10)
    ImageDraw.Draw(image).rectangle((start, 0, start + length, side // 20), fill="#304050")
    return encoded(image, chance.choice(("PNG", "JPEG")), quality=95)


def fill(chance: random.Random, within: bool) -> bytes:
    """A subject that has so much of the longer side."""
    long, short = chance.randrange(1200, 1800), chance.randrange(900, 1200)
    image = Image.new("RGB", (long, short), "white")
    extent = round(long * (0.87 if within else 0.83))
    left = (long - extent) // 2
    shape = ImageDraw.Draw(image)
    (shape.ellipse if chance.random() < 0.5 else shape.rectangle)(
        (left, short // 4, left + extent - 1, 3 * short // 4), fill="#7a2030"
    )
    image = image if chance.random() < 0.5 else image.transpose(Image.Transpose.ROTATE_90)
    return encoded(image, "JPEG", quality=90)


def ratio(chance: random.Random, within: bool) -> bytes:
    short = chance.randrange(400, 900)
    size = 2 * short + (not within), short
    return encoded(Image.new("L", size if chance.random() < 0.5 else size[::-1]), "PNG")


def sharpness(chance: random.Random, within: bool) -> bytes:
    image = picture(900, 700, seed=chance.randrange(99))
    return encoded(image if within else image.filter(ImageFilter.GaussianBlur(chance.randrange(15, 30))), "JPEG")


MAKERS: Final[Mapping[tuple[str, str], Maker]] = {
    ("google", "size"): sides(500),
    ("google", "size_advised"): sides(1500),
    ("google", "megapixels"): pixels,
    ("google", "format"): formats,
    ("amazon_main", "size"): sides(1000, lambda long, _: (long, long // 3)),
    ("amazon_main", "format"): only_jpeg,
    ("amazon_main", "white_border"): white_border,
    ("amazon_main", "fill"): fill,
    ("house", "size"): sides(800),
    ("house", "ratio"): ratio,
    ("house", "sharpness"): sharpness,
}


def by_pillow(data: bytes, *, looks: bool) -> Facts:
    """As the service finds it."""
    with Image.open(io.BytesIO(data)) as image:
        fmt: Any = (image.format or "").lower()
        found = pixel_facts_of(image.convert("RGB")) if looks else None
        original = Original(fmt, getattr(image, "n_frames", 1), "", len(data))
        return Facts("ready", image.size, original, found, {}, ())


def by_pyvips(data: bytes, *, looks: bool) -> Facts:
    """Shares over all pixels of the file, not over fewer."""
    image = pyvips.Image.new_from_buffer(data, "")
    frames = image.get("n-pages") if image.get_typeof("n-pages") else 1
    original = Original(_LOADERS[image.get("vips-loader").removesuffix("_buffer")], frames, "", len(data))
    found = _found(image.colourspace("srgb")) if looks else None
    return Facts("ready", (image.width, image.height), original, found, {}, ())


def _found(image: pyvips.Image) -> PixelFacts:
    width, height, longest = image.width, image.height, max(image.width, image.height)
    thick = longest // 100
    inner = pyvips.Image.black(width - 2 * thick, height - 2 * thick)
    border = inner.embed(thick, thick, width, height, extend="background", background=255) > 0
    white = (((image >= 250).bandand() & border).avg()) / border.avg()
    _, _, across, down = image.find_trim(threshold=40, background=[255, 255, 255])
    small = image.thumbnail_image(300, height=300).colourspace("b-w")
    blur = small.conv(pyvips.Image.new_from_array(_LAPLACIAN), precision="float").deviate() ** 2
    return PixelFacts(white, "#ffffff", max(across, down) / longest, blur)


@pytest.mark.parametrize("within", [True, False])
@pytest.mark.parametrize(("of", "rule"), MAKERS)
def test_made_pictures_lie_on_their_side_of_the_limit(of: str, rule: str, within: bool) -> None:
    """What was made within it passes, what was made beyond it does not: as the service sees it and as pyvips does."""
    looks = rule in {"white_border", "fill", "sharpness"}
    wrong = []
    for seed in range(_OF_EACH):
        data = MAKERS[of, rule](random.Random(f"{of} {rule} {seed}"), within)
        for facts in (by_pillow(data, looks=looks), by_pyvips(data, looks=looks)):
            [check] = [check for check in checked(SETS[of], facts) if check.rule.id == rule]
            if check.result != ("pass" if within else check.rule.unmet):
                wrong.append((seed, check.result, check.measured, facts))
    assert wrong == []


def test_all_rules_about_pictures_have_makers() -> None:
    """What is about a file's size, its name, texts and other images is no matter of what it shows."""
    others = {"bytes", "extension", "overlays", "alt_text", "duplicate"}
    assert set(MAKERS) == {(of, rule.id) for of, rules in SETS.items() for rule in rules.rules if rule.id not in others}
