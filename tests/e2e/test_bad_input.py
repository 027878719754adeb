"""Bad input gets a clear answer, leaves nothing behind and does no harm."""

import base64
import json
import struct
import zlib
from collections.abc import AsyncIterator
from typing import Any, Final

import asyncpg
import pytest

from tests.e2e.conftest import Answer, Serve, Shop, eventually
from tests.pictures import encoded, picture

IMAGES: Final = "/api/rest/products/dress/images"
JSON: Final = {"Content-Type": "application/json"}
UNKNOWN: Final = {"messages": {"error": [{"code": 400, "message": "Resource unknown error"}]}}


def upload(data: bytes, **fields: Any) -> str:
    return json.dumps({"file_mime_type": "image/png", "file_content": base64.b64encode(data).decode(), **fields})


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises many pixels and holds none."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def gif_of(frames: int, side: int) -> bytes:
    first, *rest = [picture(side, side, seed=seed).convert("P") for seed in range(frames)]
    return encoded(first, "GIF", save_all=True, append_images=rest)


async def nothing_kept(shop: Shop) -> bool:
    return (await shop.signed("GET", IMAGES)).json() == [] and not await referenced_blobs(shop)


async def referenced_blobs(shop: Shop) -> int:
    connection = await asyncpg.connect(shop.database.dsn)
    try:
        return await connection.fetchval("select count(*) from blob")
    finally:
        await connection.close()


HOSTILE: Final = {
    "text": b"hello, I am not a picture",
    "empty header": png_header(0, 10),
    "bomb": png_header(10_000, 5_001),
    "frame bomb": gif_of(5, 300),
    "truncated": encoded(picture(), "PNG")[:-500],
    "bmp": encoded(picture(20, 20), "BMP"),
    "tiff": encoded(picture(20, 20), "TIFF"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_bytes_that_are_no_good_image_are_refused(serve: Serve, name: str) -> None:
    """What is not a whole, decodable image of an accepted format and size is refused and leaves no trace."""
    shop = await serve(max_total_pixels=400_000 if name == "frame bomb" else 100_000_000)
    answer = await shop.signed("POST", IMAGES, data=upload(HOSTILE[name]), headers=JSON)
    assert (answer.status, answer.json()) == (400, UNKNOWN)
    assert await nothing_kept(shop)
    assert not list((shop.settings.data_dir / "objects").rglob("blobs/*/*/*"))
    assert not list(shop.settings.spool_dir.iterdir())
    good = await shop.signed("POST", IMAGES, data=upload(encoded(picture(20, 20), "PNG")), headers=JSON)
    assert good.status == 200


@pytest.mark.parametrize("accept", ["application/json", "text/xml"])
async def test_a_body_over_the_limit_is_refused_while_it_is_read(serve: Serve, accept: str) -> None:
    """A body over the limit gets 413 in the dialect's envelope, announced or not."""
    shop = await serve(max_body_bytes=100_000)

    async def endless() -> AsyncIterator[bytes]:
        yield b'{"file_mime_type": "image/png", "file_content": "'
        while True:
            yield b"A" * 65536

    headers = JSON | {"Accept": accept}
    for data in (upload(bytes(200_000)), endless()):
        answer = await shop.signed("POST", IMAGES, data=data, headers=headers)
        assert answer.status == 413
        if accept == "text/xml":
            assert b"<code>413</code>\n        <message>Request entity too large.</message>" in answer.body
        else:
            reported = {"code": 413, "message": "Request entity too large."}
            assert answer.json() == {"messages": {"error": [reported]}}
    assert await nothing_kept(shop)


async def test_what_is_not_base64_is_refused(serve: Serve) -> None:
    """Base64 outside the standard alphabet is refused in the dialect's words."""
    shop = await serve()
    data = json.dumps({"file_mime_type": "image/png", "file_content": "iVBO-_rw"})
    answer = await shop.signed("POST", IMAGES, data=data, headers=JSON)
    reported = {"code": 400, "message": "The image content must be valid base64 encoded data"}
    assert (answer.status, answer.json()) == (400, {"messages": {"error": [reported]}})


async def test_uploads_beyond_the_slots_are_told_to_wait(serve: Serve) -> None:
    """When all upload slots are taken the answer is 503 with Retry-After, and the next one succeeds."""
    shop = await serve(max_uploads=0)
    answer = await shop.signed("POST", IMAGES, data=upload(encoded(picture(20, 20), "PNG")), headers=JSON)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["messages"]["error"][0]["message"] == "Service temporarily unavailable."


def is_unavailable(answer: Answer) -> bool:
    return answer.status == 503 and int(answer.headers["Retry-After"]) > 0


async def test_a_store_that_is_away_is_told_and_recovered_from(serve: Serve) -> None:
    """With the store away uploads get 503, reads go on and readiness says degraded; when it is back all works."""
    shop = await serve()
    objects = shop.settings.data_dir / "objects"
    data = upload(encoded(picture(20, 20), "PNG"))
    hidden = objects.rename(objects.with_name("away"))
    objects.write_text("not a folder")
    assert is_unavailable(await shop.signed("POST", IMAGES, data=data, headers=JSON))
    assert (await shop.get("/abstract-products/dress/abstract-product-image-sets", Accept="*/*")).status == 200
    ready = await shop.get("/health/ready")
    assert (ready.status, ready.json()["status"]) == (200, "degraded")
    objects.unlink()
    hidden.rename(objects)
    assert (await shop.signed("POST", IMAGES, data=data, headers=JSON)).status == 200

    async def is_ready() -> bool:
        return bool((await shop.get("/health/ready")).json()["status"] == "ok")

    await eventually(is_ready)


async def test_a_path_that_no_file_can_have_is_not_found(serve: Serve) -> None:
    """A NUL in a media path is a 404 like any other unknown path."""
    shop = await serve(run_worker=False)
    answer = await shop.get("/media/catalog/product/a%00.jpg")
    assert (answer.status, answer.body) == (404, b"")


async def test_what_is_refused_is_no_defect(serve: Serve, capfd: pytest.CaptureFixture[str]) -> None:
    """A preflight that Glue answers with 501 is not logged as a failure of the service."""
    shop = await serve(run_worker=False)
    assert (await shop.call("OPTIONS", "/abstract-products/dress", headers={"Accept": "*/*"})).status == 501
    assert "request_failed" not in "".join(capfd.readouterr())
