"""What is wrong with a file, answer by answer."""

import io

import pytest
import pytest_asyncio
from PIL import Image

from .conftest import IMAGES, Serve, Shop, form, picture, png
from .golden import answers

REJECTIONS = answers("rejections")
TEXT = b"just a text\n"
JPEG = picture(64, 48, "JPEG")
LIMITS = {"max_image_bytes": 20_000, "max_pixels": 1_000_000, "max_frames": 3}


def animation(frames: int) -> bytes:
    out = io.BytesIO()
    pictures = [Image.new("RGB", (60, 40), (40 * number, 0, 99)) for number in range(frames)]
    pictures[0].save(out, "GIF", save_all=True, append_images=pictures[1:], duration=50)
    return out.getvalue()


FILES = {
    "text as a.txt": ("a.txt", TEXT),
    "svg": ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
    "webp": ("a.webp", picture(8, 8, "WEBP")),
    "bmp": ("a.bmp", picture(8, 8, "BMP")),
    "webp named .jpg": ("a.jpg", picture(8, 8, "WEBP")),
    "text without extension": ("readme", TEXT),
    "image as cat.txt": ("cat.txt", png()),
    "image as local.path": ("local.path", png()),
    "image as x.tar.gz": ("x.tar.gz", JPEG),
    "text named .jpg": ("a.jpg", TEXT),
    "empty file named .jpg": ("a.jpg", b""),
    "damaged png": ("my cat.png", png()[:40]),
    "damaged gif": ("cat.gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00,"),
    "jpeg cut before its scan": ("cat.jpg", JPEG[: JPEG.index(b"\xff\xda")]),
    "file over the limit": ("a.png", png() + b"\0" * 20_000),
    "pixels over the limit": ("a.png", png(1001, 1000)),
    "frames over the limit": ("a.gif", animation(4)),
}


@pytest_asyncio.fixture(name="shop_of_all", scope="module", loop_scope="session")
async def _shop_of_all(serve_all: Serve) -> Shop:
    """With one image, which every refusal leaves as it was."""
    shop = await serve_all(**LIMITS)
    await shop.create(alt="x")
    return shop


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("title", REJECTIONS)
async def test_a_file_that_is_refused_leaves_no_trace(shop_of_all: Shop, title: str) -> None:
    """Each kind of bad file has its messages, and nothing is stored or shifted."""
    shop = shop_of_all
    fields = form(*reversed(FILES[title]), position="1") if title in FILES else {"image[position]": "1"}
    answer = await shop.call("POST", IMAGES, data=fields)
    assert (answer.status, answer.body.decode()) == REJECTIONS[title]
    assert await shop.positions() == {1: 1}
    assert await shop.connection.fetchval("select count(*) from blob") == 1


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("title", FILES)
async def test_a_refused_replacement_leaves_the_image_as_it_was(shop_of_all: Shop, title: str) -> None:
    """A replacement that is refused leaves the row and its files as they were."""
    shop = shop_of_all
    before = await shop.call("GET", f"{IMAGES}/1")
    answer = await shop.call("PUT", f"{IMAGES}/1", data=form(*reversed(FILES[title]), alt="y"))
    assert (answer.status, answer.body.decode()) == REJECTIONS[title]
    assert (await shop.call("GET", f"{IMAGES}/1")).body == before.body
    assert before.json["alt"] == "x"
    assert (await shop.call("GET", before.json["mini_url"])).status == 200


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("cat.png", JPEG, "image/jpeg"),
        ("cat", png(), "image/png"),
        ("cat.jpg", animation(2), "image/gif"),
        ("cat.webp", png(), "image/png"),
    ],
)
async def test_the_type_is_that_of_the_bytes(shop: Shop, name: str, data: bytes, media_type: str) -> None:
    """The type is sniffed from the bytes; the name keeps the extension that the client gave."""
    created = await shop.create(data, name)
    assert created.status == 201
    assert (created.json["attachment_content_type"], created.json["attachment_file_name"]) == (media_type, name)
    shown = await shop.call("GET", created.json["large_url"])
    assert (shown.status, shown.headers["Content-Type"]) == (200, media_type)


@pytest.mark.parametrize("kept", [0, 10, 2000])
async def test_a_jpeg_may_end_within_its_scan(shop: Shop, kept: int) -> None:
    """A JPEG cut behind the header of its scan is accepted and rendered in the right size."""
    whole = picture(1000, 400, "JPEG", quality=95)
    scan = whole.index(b"\xff\xda")
    cut = whole[: scan + 2 + int.from_bytes(whole[scan + 2 : scan + 4]) + kept]
    created = await shop.create(cut, "cut.jpg")
    assert (created.status, created.json["attachment_width"], created.json["attachment_height"]) == (201, 1000, 400)
    with Image.open(io.BytesIO((await shop.call("GET", created.json["mini_url"])).body)) as mini:
        assert mini.size == (48, 19)


async def test_bytes_that_were_purged_do_not_come_back(shop: Shop) -> None:
    """A barred file is answered as one that is no image."""
    created = await shop.create()
    await shop.connection.execute("insert into blob_barred (hash) select hash from blob")
    answer = await shop.create()
    assert created.status == 201
    assert (answer.status, answer.body.decode()) == REJECTIONS["webp"]
