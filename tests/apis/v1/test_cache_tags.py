"""What caches in front find documents and files by: over real HTTP."""

import pytest

from app.db.connections.connect import Connection
from tests.apis.v1.conftest import Serve
from tests.apis.v1.gallery import ROWS


@pytest.mark.parametrize(("header", "between"), [("Surrogate-Key", " "), ("Cache-Tag", ",")])
async def test_documents_name_product_and_images(
    serve: Serve, connection: Connection, header: str, between: str
) -> None:
    """A variant's as its root; an event about one of them names the same tags. Off by default."""
    shop = await serve(cache_tags=header)
    await connection.execute(ROWS)
    await connection.execute(
        "insert into product_website select id, (select id from website) from product on conflict do nothing"
    )
    for path, tags in (
        ("/v1/images/705", ["product-8", "image-705"]),
        ("/v1/products/dress/images", ["product-8", "image-706", "image-705", "image-707"]),
        ("/abstract-products/dress/abstract-product-image-sets", ["product-8"]),
        ("/v1/media?sku=dress-red", ["product-8"]),
        ("/v1/media?sku=dress&sku=dress-red", ["product-8", "product-8"]),
    ):
        for _ in range(2):  # also from memory
            answer = await shop.get(path)
            assert (path, answer.status, answer.headers[header].split(between)) == (path, 200, tags)
    assert (await shop.call("PATCH", "/v1/images/705", json={"label": "New"})).status == 200
    [*_, event] = (await shop.get("/v1/events?after=0&types=product.images_changed")).json()["items"]
    assert event["data"]["tags"] == ["product-8", "image-705"]
    assert "/v1/media?sku=dress&store=german" in event["data"]["documents"]
    plain = await serve()
    assert header not in (await plain.get("/v1/images/705")).headers
