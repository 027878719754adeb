"""The one thing the service exists for: a picture goes in as base64, an image set comes out, a CDN pulls the files."""

import base64
import hashlib
import json
from typing import Any

import pytest
from yarl import URL

from app.store import blob_key, open_store
from tests.conftest import S3
from tests.e2e.conftest import Serve, Shop, eventually
from tests.pictures import decoded, encoded, picture

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


@pytest.mark.parametrize("store", ["files", "s3"])
async def test_an_upload_becomes_an_image_set_that_a_cdn_can_pull(serve: Serve, s3: S3, store: str) -> None:
    """Signed uploads in JSON and XML are listed, rendered, read through Glue and pulled, whatever the store."""
    place = {"s3_bucket": s3.bucket, "s3_endpoint_url": s3.endpoint_url} if store == "s3" else {}
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
