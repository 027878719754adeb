"""Hostile files on the way that real ones take: refused in the dialect's words, or clean in all that is public."""

import asyncio
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from yarl import URL

from app.db.pool import Database
from app.model import Format
from app.service.catalogue.oauth import IssuedToken
from tests.e2e.conftest import Answer, Serve, Shop, provision
from tests.e2e.test_bad_input import UNKNOWN, nothing_kept
from tests.e2e.test_crashes import environment, post
from tests.e2e.test_delivery import SPREE
from tests.e2e.test_formats import SETS
from tests.e2e.test_housekeeping import IMAGES, destroy
from tests.e2e.test_main_job import body
from tests.pictures import decoded, encoded, picture
from tests.processes import serving
from tests.raster.pictures import NOTICE, SECRET, secretive
from tests.raster.test_hostile import as_jpeg, as_script

JSON: Final = {"Content-Type": "application/json"}
MEDIA_TYPES: Final[dict[Format, str]] = {"jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif"}
TRACES: Final = (SECRET, b"<script>", b"<?php", b"system(", b"alert(", b"PK\x03\x04", b"%PDF")
PAYLOAD: Final = b"<script>alert(1)</script> <?php system('id') ?> PK\x03\x04 %PDF-1.7"


async def send(shop: Shop, data: bytes, fmt: Format) -> Answer:
    return await shop.signed("POST", IMAGES, data=body(data, file_mime_type=MEDIA_TYPES[fmt]), headers=JSON)


async def attach(shop: Shop, data: bytes, name: str) -> Answer:
    """An upload as Spree's clients make it."""
    form = aiohttp.FormData()
    form.add_field("image[attachment]", data, filename=name, content_type="image/jpeg")
    return await shop.call("POST", SPREE, data=form, headers={"X-Spree-Token": shop.api_key})


async def public(shop: Shop, image: dict[str, Any]) -> list[Answer]:
    """Everything that anybody may pull of one image."""
    sets = (await shop.get(SETS, Accept="*/*")).json()["data"][0]["attributes"]["imageSets"]
    large = URL(sets[0]["images"][0]["externalUrlLarge"]).raw_path
    own = URL((await shop.signed("GET", f"{IMAGES}/{image['id']}")).json()["url"]).raw_path
    further = [f"{large.rpartition('.')[0]}.{extension}" for extension in ("webp", "avif")]
    original = image["mini_url"].replace("/mini/", "/original/")
    return [await shop.get(path) for path in (own, large, *further, image["mini_url"], original)]


POLYGLOTS: Final[dict[str, tuple[Format, bytes]]] = {
    "jpeg with php in a comment": ("jpeg", as_jpeg(PAYLOAD)),
    "gif that is a script": ("gif", as_script()),
    "jpeg with a trailer": ("jpeg", encoded(picture(60, 40)) + PAYLOAD),
    "png with a trailer": ("png", encoded(picture(60, 40), "PNG") + PAYLOAD),
    "gif with a trailer": ("gif", encoded(picture(60, 40), "GIF") + PAYLOAD),
    "private jpeg": ("jpeg", secretive("jpeg")),
    "private png": ("png", secretive("png")),
    "private gif": ("gif", secretive("gif")),
}


@pytest.mark.timeout(120)  # eight pictures, each in every size and format
@pytest.mark.parametrize("keep_copyright", [True, False], ids=["kept", "dropped"])
async def test_what_is_hidden_in_a_picture_is_never_published(serve: Serve, keep_copyright: bool) -> None:
    """Scripts, trailers and private data are accepted with their picture, and in nothing that anybody can pull."""
    shop = await serve(run_worker=False, keep_copyright=keep_copyright)
    for name, (fmt, data) in POLYGLOTS.items():
        sent = await send(shop, data, fmt)
        assert sent.status == 200, name
        (listed,) = (await shop.call("GET", SPREE, headers={"X-Spree-Token": shop.api_key})).json()["images"]
        for answer in await public(shop, listed):
            assert answer.status == 200, name
            assert decoded(answer.body).size, name
            assert not [trace for trace in TRACES if trace in answer.body], name
            if not keep_copyright:
                assert NOTICE.encode() not in answer.body, name
        await destroy(shop, str(listed["id"]))


@pytest.mark.parametrize("fmt", ["jpeg", "png", "gif"])
async def test_a_cut_off_file_is_refused(serve: Serve, fmt: Format) -> None:
    """OpenMage refuses a file that is cut off anywhere; Spree too, but for JPEGs whose scan has begun."""
    whole = encoded(picture(120, 80), fmt.upper())
    shop = await serve(run_worker=False)
    cut = [whole[: len(whole) * tenth // 10] for tenth in range(1, 10)]
    for data in cut:
        refused = await send(shop, data, fmt)
        assert (refused.status, refused.json()) == (400, UNKNOWN)
    assert await nothing_kept(shop)
    for data in cut:
        await spree_takes_a_jpeg_whose_scan_has_begun(shop, fmt, whole, data)


async def spree_takes_a_jpeg_whose_scan_has_begun(shop: Shop, fmt: Format, whole: bytes, data: bytes) -> None:
    """Shown in its sizes then; all else is refused."""
    attached = await attach(shop, data, f"cut.{fmt}")
    scans = fmt == "jpeg" and whole.index(b"\xff\xda") + 14 <= len(data)
    assert attached.status == (201 if scans else 422)
    if scans:
        for style, width in (("mini", 48), ("large", 120)):
            shown = await shop.get(attached.json()[f"{style}_url"])
            assert decoded(shown.body).size == (width, width * 2 // 3)


FAULTS: Final = """
import os
from PIL import ImageFile

load = ImageFile.ImageFile.load

def faulty(image):
    match image.size:
        case (31, 13):
            while True:
                pass
        case (31, 14):
            os.abort()
        case (31, 15):
            bytearray(1 << 40)
        case (31, 16):
            raise SystemExit(3)
    return load(image)

ImageFile.ImageFile.load = faulty
"""
"""A decoder that hangs, crashes, swells or leaves, by the size of its picture, which only a JPEG's would have shrunk
before. Python runs it at every start."""


async def verdict(base: str, admin: IssuedToken, data: bytes) -> tuple[int, str]:
    """The answer to an upload, sent again while the machine is too busy to tell what hangs from what is slow."""
    while (answer := await post(base, admin, data))[0] == 503:  # noqa: ASYNC110, nobody else knows when it is quiet
        await asyncio.sleep(1)  # as `Retry-After` asks for
    return answer


@pytest.mark.timeout(120)  # a hang takes its time of each child that meets it
async def test_a_decoder_that_goes_wrong_takes_only_its_own_image_with_it(database: Database, tmp_path: Path) -> None:
    """A hang, a crash, a want of memory and an exit are each a refusal in time, and other uploads go on meanwhile."""
    (tmp_path / "sitecustomize.py").write_text(FAULTS)
    admin, _ = await provision(database)
    place = environment(database.dsn, tmp_path / "data") | {"PYTHONPATH": tmp_path, "CODEC_SECONDS": 1}
    async with serving(**place) as (base, _):
        hurt = [encoded(picture(31, height), "GIF") for height in range(13, 17)]
        bad = [asyncio.create_task(verdict(base, admin, data)) for data in hurt]
        good = [await post(base, admin, encoded(picture(60, 40, seed=seed))) for seed in range(10)]
        assert [status for status, _ in good] == [200] * 10
        assert [status for status, _ in await asyncio.gather(*bad)] == [400] * 4
        assert (await post(base, admin, encoded(picture(60, 40, seed=11))))[0] == 200
