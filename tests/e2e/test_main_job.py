"""The one thing the service exists for: a picture goes in as base64, an image set comes out, a CDN pulls the files."""

import base64
import hashlib
import json
from typing import Any

import pytest
from yarl import URL

from app.model import BlobHash
from app.store import blob_key, open_store
from app.wiring.parts import Parts
from tests.conftest import S3
from tests.e2e.conftest import Serve, Shop, eventually
from tests.pictures import decoded, encoded, picture
from tests.store.servers import PROGRAMS

IMAGES = "/api/rest/products/dress/images"
SETS = "/abstract-products/dress/abstract-product-image-sets"

PNG_AS_JPEG = """<?xml version="1.0"?>
<magento_api>
  <file_mime_type>image/jpeg</file_mime_type>
  <file_content>{content}</file_content>
</magento_api>
"""


def body(data: bytes, **fields: Any) -> str:
    return json.dumps({"file_mime_type": "image/jpeg", "file_content": base64.b64encode(data).decode(), **fields})


async def has_renditions(shop: Shop, data: bytes) -> bool:
    rows = await shop.database.fetch("renditions_of_blob", hashlib.sha256(data).digest())
    return bool(rows) and len(rows[0]["built"]) == len(shop.settings.recipes) + 1


@pytest.fixture(params=["files", "s3", *(one.name for one in PROGRAMS)], name="place")
def _place(request: pytest.FixtureRequest, s3: S3, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The settings that name a store."""
    if request.param == "files":
        return {}
    if request.param == "s3":
        return {"s3_bucket": s3.bucket, "s3_endpoint_url": s3.endpoint_url}
    server = request.getfixturevalue("others")(request.param)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return {"s3_bucket": server.fresh_bucket(), "s3_endpoint_url": server.url}


async def test_an_upload_becomes_an_image_set_that_a_cdn_can_pull(serve: Serve, place: dict[str, str]) -> None:
    """Signed uploads in JSON and XML are listed, rendered, read through Glue and pulled, whatever the store; what a
    purge erases is gone from it."""
    shop = await serve(**place)
    photo, drawing = encoded(picture(1800, 1200)), encoded(picture(500, 700, seed=2), "PNG")

    created = await shop.signed(
        "POST", IMAGES, data=body(photo, label="Front"), headers={"Content-Type": "application/json"}
    )
    assert (created.status, created.body) == (200, b"")
    assert created.headers["Location"].startswith(f"{IMAGES}/")
    xml = PNG_AS_JPEG.format(content=base64.encodebytes(drawing).decode())
    created = await shop.signed("POST", IMAGES, data=xml, headers={"Content-Type": "text/xml", "Accept": "text/xml"})
    assert created.status == 200

    listed = (await shop.signed("GET", IMAGES)).json()
    assert [image["url"].rpartition("/media/")[2] for image in listed] == [
        "catalog/product/i/m/image.jpg",
        "catalog/product/i/m/image_2.jpg",
    ]
    for data in (photo, drawing):
        await eventually(lambda data=data: has_renditions(shop, data))

    document = (await shop.get(SETS, Accept="*/*")).json()
    sets = document["data"][0]["attributes"]["imageSets"]
    assert [image_set["name"] for image_set in sets] == ["default"]
    sizes = []
    for image in sets[0]["images"]:
        for url in (image["externalUrlLarge"], image["externalUrlSmall"]):
            pulled = await shop.get(URL(url).raw_path)
            assert pulled.status == 200
            sizes.append((pulled.headers["Content-Type"], decoded(pulled.body).size))
    assert sizes == [
        ("image/jpeg", (1200, 800)),
        ("image/jpeg", (300, 200)),
        ("image/png", (500, 700)),
        ("image/png", (214, 300)),
    ]
    for url, data in zip((image["url"] for image in listed), (photo, drawing), strict=True):
        original = await shop.get(URL(url).raw_path)
        assert original.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert decoded(original.body).tobytes() == decoded(data).tobytes()
    async with open_store(shop.settings) as objects:
        for data in (photo, drawing):
            kept = await objects.read(blob_key(hashlib.sha256(data).hexdigest()), len(data))
            assert kept == data
        parts = Parts(shop.settings, shop.database.dsn)
        async with parts.opened():
            await parts.upkeep.purge.purge(BlobHash(hashlib.sha256(photo).hexdigest()))
        assert await objects.stat(blob_key(BlobHash(hashlib.sha256(photo).hexdigest()))) is None
        assert await objects.stat(blob_key(BlobHash(hashlib.sha256(drawing).hexdigest()))) is not None
