"""What clients send that nobody wrote down, and what becomes of it."""

import pytest

from tests.apis.openmage.shop import Api, error_body

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("types", "kept"),
    [
        ("<types><type>image</type><type>thumbnail</type></types>", ["image", "thumbnail"]),
        ("<types><type>image</type></types>", ["image"]),
        ("<types><a>image</a><b>thumbnail</b><a>swatch</a></types>", ["image", "thumbnail", "swatch"]),
        ("<types>\n  </types>", ["small_image"]),
        ("<types></types>", ["small_image"]),
    ],
)
async def test_types_in_xml_are_the_texts_of_any_elements(api: Api, types: str, kept: list[str]) -> None:
    """An update takes its types from children of any names, repeated or not; where there are none, nothing changes."""
    images = await api.product()
    image = await api.create(images, types=["small_image"])
    body = f"<magento_api>\n  {types}\n</magento_api>"
    answer = await api.call("admin", "PUT", f"{images}/{image}", body=body, Content_Type="text/xml")
    assert (answer.status, answer.body) == (200, b"")
    assert (await api.get(f"{images}/{image}"))["types"] == kept


@pytest.mark.parametrize("product", ["dress%0A", "a%0D%0Ab", "%E2%80%A8"])
async def test_a_line_break_in_a_path_is_a_character_like_others(api: Api, product: str) -> None:
    """A SKU with a line break is looked for like any other, for whoever asks, in the format asked for."""
    path = f"/api/rest/products/{product}/images"
    answer = await api.call("guest", "GET", path)
    assert (answer.status, answer.body) == (404, error_body("json", (404, "Resource not found")))
    answer = await api.call("guest", "POST", path)
    assert (answer.status, answer.body) == (403, error_body("json", (403, "Access denied")))


async def test_a_job_that_empties_a_gallery_hears_200_until_the_store_view_lets_go(api: Api) -> None:
    """An image that a store view holds for a type outlives any number of global DELETEs; once it is deleted in that
    store view the next one ends it."""
    images = await api.product()
    image = await api.create(images, types=["image"])
    assert (await api.put(f"{images}/{image}/store/2", types=["image"])).status == 200
    for _ in range(3):
        assert (await api.delete(f"{images}/{image}")).status == 200
        assert [item["id"] for item in await api.get(images)] == [str(image)]
    assert (await api.delete(f"{images}/{image}/store/2")).status == 200
    assert (await api.delete(f"{images}/{image}")).status == 200
    assert await api.get(images) == []
    assert (await api.delete(f"{images}/{image}")).status == 404
