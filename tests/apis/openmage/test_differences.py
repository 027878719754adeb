"""The rows of the table of differences that both profiles answer alike, and what clients send in odd ways."""

import json
from typing import Any, Final

import pytest

from tests.apis.openmage.shop import BODIES, IMAGES, JPEG, MEDIA, PNG, Api, error_body, upload
from tests.pictures import encoded, picture

pytestmark = pytest.mark.asyncio(loop_scope="session")
KEYS: Final = {"id", "label", "position", "exclude", "url", "types"}


async def fetched(api: Api, url: str) -> tuple[int, bytes]:
    answer = await api.call("guest", "GET", url.removeprefix(MEDIA), accept="image/*")
    return answer.status, answer.body


async def test_row_f_new_bytes_get_a_new_url_and_the_old_one_keeps_its_own(api: Api) -> None:
    """Row F: a replacement has a new URL, all else follows the image, and the old URL keeps its bytes."""
    images = await api.product()
    image = await api.create(images, file_name="photo", label="A", position=4, types=["image"])
    before = await api.get(f"{images}/{image}")
    _, old = await fetched(api, before["url"])
    for data, name in [(encoded(picture(11, 7), "PNG"), "photo_1.png"), (JPEG, "photo_2.png")]:
        assert (await api.put(f"{images}/{image}", file_content=upload(data)["file_content"])).status == 200
        after = await api.get(f"{images}/{image}")
        assert after["url"].rpartition("/")[2] == name
        assert {**after, "url": ""} == {**before, "url": ""}
    status, new = await fetched(api, after["url"])
    assert (status, new[:3]) == (200, JPEG[:3])
    assert await fetched(api, before["url"]) == (200, old)


async def test_row_f_a_name_alone_renames(api: Api) -> None:
    """Row F: a file name alone gives the same bytes another URL; the old one goes on."""
    images = await api.product()
    image = await api.create(images, file_name="photo", file_mime_type="image/jpeg")
    before = await api.get(f"{images}/{image}")
    assert (await api.put(f"{images}/{image}", file_name="new name")).status == 200
    after = await api.get(f"{images}/{image}")
    assert after["url"].endswith("/n/e/new_name.jpg")
    assert await fetched(api, after["url"]) == await fetched(api, before["url"])


async def test_row_f_content_name_and_type_together(api: Api) -> None:
    """Row F: name and type of a replacement are taken as a create takes them; a type alone changes nothing."""
    images = await api.product()
    image = await api.create(images)
    fields = upload(JPEG, file_name="../x")
    assert (await api.put(f"{images}/{image}", **fields)).status == 400
    assert (await api.put(f"{images}/{image}", file_name="a/b")).status == 400
    before = await api.get(f"{images}/{image}")
    assert (await api.put(f"{images}/{image}", file_mime_type="image/gif")).status == 200
    assert await api.get(f"{images}/{image}") == before
    fields = upload(JPEG, file_name="ve2012", file_mime_type="image/jpeg", label="new")
    assert (await api.put(f"{images}/{image}", **fields)).status == 200
    after = await api.get(f"{images}/{image}")
    assert (after["label"], after["url"]) == ("new", f"{MEDIA}/media/catalog/product/v/e/ve2012.jpg")


async def test_a_bad_name_is_told_before_its_bytes_are_kept(api: Api) -> None:
    """A file name with a folder in it is refused, and nothing of the upload stays."""
    images = await api.product()
    image = await api.create(images)
    fields = upload(encoded(picture(9, 9, seed=9), "PNG"), file_name="../x")
    before = await api.sql("select count(*) from blob_claim")
    for answer in (await api.post(images, fields), await api.put(f"{images}/{image}", **fields)):
        assert (answer.status, answer.body) == (400, error_body("json", (400, "Resource unknown error")))
    assert await api.sql("select count(*) from blob_claim") == before


async def test_row_f_a_file_is_the_same_in_every_scope(api: Api) -> None:
    """Row F: bytes and URL that come by the store route are everybody's."""
    images = await api.product()
    image = await api.create(images)
    assert (await api.put(f"{images}/{image}/store/3", **upload(JPEG, file_name="everywhere"))).status == 200
    urls = {(await api.get(f"{images}/{image}{scope}"))["url"] for scope in ("", "/store/1", "/store/3")}
    assert len(urls) == 1
    assert urls.pop().endswith("/e/v/everywhere.png")


async def test_row_g_a_store_keeps_label_and_position(api: Api) -> None:
    """Row G: what is said to a store view is saved there, also while it is inherited."""
    images = await api.product()
    image = await api.create(images, label="A")
    assert (await api.put(f"{images}/{image}/store/2", label="B", position=9)).status == 200
    item = await api.get(f"{images}/{image}/store/2")
    assert (item["label"], item["position"]) == ("B", "9")


async def test_row_k_exclude_is_for_admins(api: Api) -> None:
    """Row K: only an admin sees whether an image is excluded."""
    images = await api.product()
    image = await api.create(images)
    assert set(await api.get(f"{images}/{image}")) == KEYS
    for user in ("customer", "guest"):
        assert set(await api.get(f"{images}/{image}", user)) == KEYS - {"exclude"}


async def test_row_l_nothing_is_pinned_by_a_store_save(api: Api) -> None:
    """Row L: saving one image in a store view copies no value of the others there."""
    images = await api.product()
    first = await api.create(images, label="A", types=["image"])
    second = await api.create(images, label="B")
    assert (await api.put(f"{images}/{second}/store/2", label="C")).status == 200
    assert (await api.put(f"{images}/{first}", label="D", exclude=1, types=[])).status == 200
    item = await api.get(f"{images}/{first}/store/2")
    assert (item["label"], item["exclude"], item["types"]) == ("D", "1", [])


async def test_row_k_what_is_hidden_stays_so_whoever_asked_before(api: Api) -> None:
    """Row K: the public does not get an admin's list or image, nor the admin the public's, where both ask alike."""
    images = await api.product()
    shown, hidden = await api.create(images), await api.create(images, exclude=1)
    await api.put(f"{images}/{shown}/store/1", label="in the default store view")
    for user, ids, labels in (
        ("admin", [shown, hidden], ["", ""]),
        ("guest", [shown], ["in the default store view"]),
        ("customer", [shown], ["in the default store view"]),
        ("admin", [shown, hidden], ["", ""]),
    ):
        listed = await api.get(f"{images}?attrs=id,label", user)  # type: ignore[arg-type]
        assert ([int(item["id"]) for item in listed], [item["label"] for item in listed]) == (ids, labels)
        answer = await api.call(user, "GET", f"{images}/{hidden}?attrs=id")  # type: ignore[arg-type]
        assert answer.status == (200 if user == "admin" else 404)


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("attrs=id,url", {"id", "url"}),
        ("attrs=%20url%20,,id", {"id", "url"}),
        ("attrs%5B%5D=id&attrs%5B%5D=types", {"id", "types"}),
        ("attrs=", KEYS),
        ("attrs%5B%5D=", KEYS),
        ("page=9&limit=-1&order=nonsense&dir=up&filter%5Bx%5D=1&type=rest", KEYS),
    ],
)
async def test_row_n_attrs_choose_the_keys(api: Api, query: str, keys: set[str]) -> None:
    """Row N: only `attrs` acts on a list; left empty it does not."""
    images = await api.product()
    image = await api.create(images)
    assert set((await api.get(f"{images}?{query}"))[0]) == keys
    assert set(await api.get(f"{images}/{image}?{query}")) == keys
    assert set((await api.get(f"{images}?{query}", "guest"))[0]) == keys - {"exclude"}


async def test_row_n_unknown_attrs_leave_nothing(api: Api) -> None:
    """Row N: names that nobody may see leave items without keys."""
    images = await api.product()
    await api.create(images)
    assert await api.get(f"{images}?attrs=colour") == [[]]
    assert await api.get(f"{images}?attrs=exclude", "guest") == [[]]


@pytest.mark.parametrize(
    ("sent", "reported"),
    [
        ('"text"', "The request data is invalid."),
        ("5", "The request data is invalid."),
        ('{"file_mime_type":"image/png","file_content":5}', "The image content must be valid base64 encoded data"),
        ('{"file_mime_type":"image/png","file_content":["a"]}', "The image content must be valid base64 encoded data"),
    ],
)
async def test_row_o_other_json_is_told(api: Api, sent: str, reported: str) -> None:
    """Row O: a body or an image that is no text of the right kind is a 400."""
    answer = await api.call("admin", "POST", IMAGES, body=sent, Content_Type="application/json")
    assert (answer.status, answer.body) == (400, error_body("json", (400, reported)))


@pytest.mark.parametrize(
    "header", ["Application/JSON", 'application/json; charset="UTF-8"', "application/json;charset=utf-8"]
)
async def test_row_p_content_types_are_read_as_http_has_them(api: Api, header: str) -> None:
    """Row P: the case of a content type, and quotes around its charset, do not matter."""
    answer = await api.call("admin", "PUT", f"{IMAGES}/999", body='{"label":"a"}', Content_Type=header)
    assert answer.status == 404


@pytest.mark.parametrize("content_type", BODIES)
async def test_a_create_in_each_format_makes_the_same_image(api: Api, content_type: str) -> None:
    """A create is understood in each of the three formats."""
    images = await api.product()
    name = content_type.replace("/", "-")
    body = BODIES[content_type](upload(PNG, file_name=f"as {name}", label="Ä & <b>", position="3", types="image"))
    answer = await api.call("admin", "POST", images, body=body, Content_Type=content_type)
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "0")
    assert await api.get(f"{images}/{answer.id}") == {
        "id": str(answer.id),
        "label": "Ä & <b>",
        "position": "3",
        "exclude": "0",
        "url": f"{MEDIA}/media/catalog/product/a/s/as_{name}.png",
        "types": ["image"],
    }


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({"label": "x" * 300}, {"label": "x" * 255}),
        ({"label": " a\tb "}, {"label": " a\tb "}),
        ({"label": 5}, {"label": "5"}),
        ({"label": None, "position": None, "exclude": None, "types": None}, {"label": "A", "position": "4"}),
        ({"position": "2.7"}, {"position": "2"}),
        ({"position": "abc"}, {"position": "0"}),
        ({"position": ""}, {"position": "0"}),
        ({"position": -3}, {"position": "0"}),
        ({"position": 10**30}, {"position": "2147483647"}),
        ({"exclude": True}, {"exclude": "1"}),
        ({"exclude": "text"}, {"exclude": "0"}),
        ({"exclude": 7}, {"exclude": "1"}),
        ({"types": ["thumbnail", "image", "unknown"]}, {"types": ["image", "thumbnail"]}),
        ({"types": []}, {"types": []}),
        ({"id": 99, "url": "x", "disabled": 1, "label": "B"}, {"label": "B"}),
    ],
)  # fmt: skip
async def test_an_update_reads_values_as_php_does(api: Api, sent: dict[str, Any], read: dict[str, Any]) -> None:
    """Each field of an update is coerced as the server coerces it, and what is absent stays."""
    images = await api.product()
    image = await api.create(images, label="A", position=4, types=["image"])
    before = await api.get(f"{images}/{image}")
    answer = await api.put(f"{images}/{image}", **sent)
    assert (answer.status, answer.body, answer.headers.get("Location")) == (200, b"", None)
    assert await api.get(f"{images}/{image}") == before | read


async def test_heads_and_bodies_of_reads_and_deletes(api: Api) -> None:
    """HEAD is refused without a body; bodies and content types of a GET or a DELETE are ignored."""
    images = await api.product()
    image = await api.create(images)
    answer = await api.call("guest", "HEAD", images)
    assert (answer.status, answer.body) == (400, b"")
    body, form = "{not json", "application/octet-stream"
    assert (await api.call("admin", "GET", images, body=body, Content_Type=form)).status == 200
    assert (await api.call("admin", "DELETE", f"{images}/{image}", body=body, Content_Type=form)).status == 200


async def test_json_of_any_spelling_is_the_same_document(api: Api) -> None:
    """A trailing slash, the sku, the sku's blanks and the id with a sign all name the same gallery."""
    images = await api.product()
    number = images.split("/")[4]
    await api.create(images)
    listed = await api.get(images)
    for product in (number, f"product-{number}", f"+{number}", f"0{number}", f"{number}.0", f"%20{number}"):
        assert await api.get(f"/api/rest/products/{product}/images/") == listed, product
        answer = await api.post(f"/api/rest/products/{product}/images", upload())
        assert answer.headers["Location"].startswith(f"/api/rest/products/{product}/images/")
        assert (await api.delete(answer.headers["Location"])).status == 200
        listed = await api.get(images)


async def test_a_sku_comes_before_the_id_that_it_looks_like(api: Api) -> None:
    """A product whose sku is a number that is no plain id is found by it; a plain id is never a sku."""
    async with api.database.transaction() as tx:
        for sku, number in (("0008", 900), ("8def", 901), ("8", 902), ("ein Kleid/ä", 903)):
            statement = "insert into product (id, sku, sku_key, slug) values ($1, $2, $2, $3)"
            await tx.connection.execute(statement, number, sku, f"slug-{number}")
    for spelled, number in (("0008", 900), ("8def", 901), ("902", 902), ("ein%20Kleid%2F%C3%A4", 903)):
        image = await api.create(f"/api/rest/products/{spelled}/images")
        assert await api.sql("select product_id from image where id = $1", image) == number
        for path in (f"{image}abc", f"0{image}", f"{image}.9"):
            assert (await api.get(f"/api/rest/products/{spelled}/images/{path}"))["id"] == str(image)
    assert await api.sql("select product_id from image where id = $1", await api.create(IMAGES)) == 8


async def test_order_is_by_position_with_the_unset_first(api: Api) -> None:
    """A list is ordered by effective position, images without one first, ties by id."""
    images = await api.product()
    last = await api.create(images, position=9)
    tie, other_tie = [await api.create(images, position=5) for _ in range(2)]
    unset = await api.create(f"{images}/store/2", position=7)
    assert [int(item["id"]) for item in await api.get(images)] == [unset, tie, other_tie, last]
    assert [int(item["id"]) for item in await api.get(f"{images}/store/2")] == [tie, other_tie, unset, last]


async def test_an_image_of_another_product_is_not_found(api: Api) -> None:
    """An image is found only below its own product."""
    mine, other = await api.product(), await api.product()
    image = await api.create(mine)
    assert (await api.call("admin", "GET", f"{other}/{image}")).status == 404
    assert (await api.put(f"{other}/{image}", label="x")).status == 404
    assert (await api.delete(f"{other}/{image}")).status == 404
    assert json.loads((await api.call("admin", "GET", f"{mine}/{image}")).body)["label"] == ""
