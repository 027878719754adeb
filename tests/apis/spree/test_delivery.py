"""The file URLs: sizes, formats, caching."""

import io
from email.utils import parsedate_to_datetime

import pytest
from PIL import Image

from .conftest import IMAGES, Answer, Shop, form, picture, png

STYLES = ("mini", "small", "product", "large")
EXIF_6 = Image.Exif()
EXIF_6[0x0112] = 6
EXIF_6[0x010F] = "a camera's maker"


def opened(answer: Answer) -> Image.Image:
    assert answer.status == 200
    return Image.open(io.BytesIO(answer.body))


async def sizes(shop: Shop, data: bytes, name: str) -> list[tuple[int, int]]:
    created = (await shop.create(data, name)).json
    return [opened(await shop.call("GET", created[f"{style}_url"])).size for style in STYLES]


@pytest.mark.parametrize(
    ("size", "made"),
    [
        ((1000, 400), [(48, 19), (100, 40), (240, 96), (600, 240)]),
        ((333, 777), [(21, 48), (43, 100), (103, 240), (257, 600)]),
        ((50, 2000), [(1, 48), (3, 100), (6, 240), (15, 600)]),
        ((30, 20), [(30, 20)] * 4),
    ],
)
@pytest.mark.parametrize(("fmt", "name"), [("JPEG", "a.jpg"), ("PNG", "a.png"), ("GIF", "a.gif")])
async def test_renditions_have_the_sizes_of_the_original_service(
    shop: Shop, size: tuple[int, int], made: list[tuple[int, int]], fmt: str, name: str
) -> None:
    """Every style shrinks into its box, keeps the aspect ratio, and never enlarges."""
    assert await sizes(shop, picture(*size, fmt), name) == made


@pytest.mark.parametrize(("fmt", "name"), [("JPEG", "a.jpg"), ("PNG", "a.png")])
async def test_orientation_is_applied_to_renditions_only(shop: Shop, fmt: str, name: str) -> None:
    """A turned picture is turned in its renditions, while its attributes are those of the stored pixels."""
    data = picture(1000, 400, fmt, exif=EXIF_6)
    assert await sizes(shop, data, name) == [(19, 48), (40, 100), (96, 240), (240, 600)]
    shown = (await shop.call("GET", f"{IMAGES}/1")).json
    assert (shown["attachment_width"], shown["attachment_height"]) == (1000, 400)


async def test_a_rendition_keeps_format_and_alpha_and_loses_metadata(shop: Shop) -> None:
    """A rendition has the source's format whatever its name, its alpha, and none of its metadata."""
    out = io.BytesIO()
    Image.new("RGBA", (200, 100), (255, 0, 0, 100)).save(out, "PNG", exif=EXIF_6)
    created = (await shop.create(out.getvalue(), "really.gif")).json
    mini = opened(await shop.call("GET", created["mini_url"]))
    assert (mini.format, len(mini.getexif())) == ("PNG", 0)
    assert mini.convert("RGBA").getcolors() == [(mini.width * mini.height, (255, 0, 0, 100))]


async def test_animations_stay_animated(shop: Shop) -> None:
    """An animated GIF keeps its frames in every style."""
    out = io.BytesIO()
    frames = [Image.new("RGB", (700, 350), colour) for colour in ("red", "green", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=80)
    created = (await shop.create(out.getvalue(), "a.gif")).json
    for style, width in zip(STYLES, (48, 100, 240, 600), strict=True):
        shown = opened(await shop.call("GET", created[f"{style}_url"]))
        assert (shown.size[0], getattr(shown, "n_frames", 1)) == (width, 3)


async def test_only_the_current_stamp_is_immutable(shop: Shop) -> None:
    """With the current stamp a URL may be kept for ever, with another or none for a minute."""
    created = (await shop.create()).json
    url, _, stamp = created["mini_url"].partition("?")
    kept = await shop.call("GET", created["mini_url"], key=None)
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert parsedate_to_datetime(kept.headers["Last-Modified"]).timestamp() == int(stamp)
    assert not kept.headers["Etag"].startswith("W/")
    for other in ("", f"?{int(stamp) + 1}", "?x=1"):
        answer = await shop.call("GET", url + other, key=None)
        assert (answer.body, answer.headers["Cache-Control"]) == (kept.body, "public, max-age=60")
    same = await shop.call("GET", url, headers={"If-None-Match": kept.headers["Etag"]})
    assert (same.status, same.body) == (304, b"")
    head = await shop.call("HEAD", created["mini_url"])
    assert (head.status, head.headers["Content-Length"]) == (200, str(len(kept.body)))


async def test_the_original_style_is_cleaned(shop: Shop) -> None:
    """Style `original` has the pixels and the orientation of the upload, and nothing private."""
    data = picture(64, 48, "JPEG", exif=EXIF_6)
    created = (await shop.create(data, "X.JPG")).json
    answer = await shop.call("GET", created["mini_url"].replace("/mini/", "/original/"))
    shown = opened(answer)
    assert (shown.size, shown.getexif().get(0x0112)) == ((64, 48), 6)
    assert b"a camera's maker" in data
    assert b"a camera's maker" not in answer.body


async def test_names_are_found_however_they_are_encoded(shop: Shop) -> None:
    """A file is found under its name as listed, and as other clients would encode it."""
    created = (await shop.create(name="é (1).png")).json
    assert "/mini/%C3%A9_%281%29.png?" in created["mini_url"]
    for name in ("%C3%A9_%281%29.png", "%c3%a9_(1).png"):
        assert (await shop.call("GET", f"/spree/products/1/mini/{name}")).status == 200
    bare = (await shop.create(name="cat")).json
    assert "/mini/cat.?" in bare["mini_url"]
    assert (await shop.call("GET", bare["mini_url"])).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/spree/products/7/mini/cat.png",
        "/spree/products/1/tiny/cat.png",
        "/spree/products/1/mini/dog.png",
        "/spree/products/1/mini",
        "/spree/elsewhere",
    ],
)
async def test_everything_else_is_not_found(shop: Shop, path: str) -> None:
    """An unknown image, style or name is not found, nor any other path or verb."""
    await shop.create()
    assert (await shop.call("GET", path)).status == 404
    assert (await shop.call("POST", "/spree/products/1/mini/cat.png")).status == 404


async def test_an_image_of_a_deleted_product_is_gone(shop: Shop) -> None:
    """The images of a deleted product are gone with it, and so are those of its variants."""
    created = (await shop.create(path="/api/v1/variants/11/images")).json
    assert (await shop.call("GET", created["mini_url"])).status == 200
    await shop.connection.execute("update product set deleted_at = now() where id = 1")
    assert (await shop.call("GET", created["mini_url"])).status == 404
    assert (await shop.call("GET", f"{IMAGES}/{created['id']}")).status == 404
    assert (await shop.call("GET", "/api/v1/variants/11/images")).status == 404


async def test_equal_bytes_share_their_renditions(shop: Shop) -> None:
    """Equal bytes under two names are stored and rendered once."""
    one, two = (await shop.create(png(90, 90), "a.png")).json, (await shop.create(png(90, 90), "b.png")).json
    first, second = await shop.call("GET", one["mini_url"]), await shop.call("GET", two["mini_url"])
    assert first.headers["Etag"] == second.headers["Etag"]
    assert await shop.connection.fetchval("select count(*) from rendition") == 1
    assert (await shop.call("GET", IMAGES, data=form(b""))).status == 200


async def test_a_rendition_that_failed_for_good_is_the_cleaned_original(shop: Shop) -> None:
    """A rendition that cannot be made is answered with the cleaned original, for a minute."""
    created = (await shop.create(png(90, 90))).json
    await shop.connection.execute(
        "insert into rendition_failure (blob_hash, recipe_hash, reason)"
        " select b.hash, r.hash, 'x' from blob b, recipe r where r.name = 'spree-mini'"
    )
    answer = await shop.call("GET", created["mini_url"])
    assert opened(answer).size == (90, 90)
    assert answer.headers["Cache-Control"] == "public, max-age=60"
